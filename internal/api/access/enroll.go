package access

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/inventory"
	stored "github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/enrollment"
)

var enrolls = edge.Description{
	Summary: "Exchanges the secret of an enrolment for a device's own credential",
	Takes:   []edge.Payload{edge.JSONOf[control.Enrolling](0, "the secret, and the device that asks")},
	Gives:   []edge.Payload{edge.JSONOf[control.Enrolled](http.StatusCreated, "the device's credential")},
	Fails:   []int{http.StatusUnauthorized, http.StatusConflict},
}

// enroll is POST /v1/enroll: it exchanges the secret of an enrolment for a credential that can only
// send the reports of one device. It needs no token: the secret is the credential.
func (n *enrollments) enroll(w *edge.Response, r *edge.Request) error {
	var asked control.Enrolling
	if err := edge.ReadObject(w, r, &asked); err != nil {
		return err
	}
	if asked.Secret == "" {
		return edge.Invalid("secret: is missing")
	}
	device, err := identify(&asked, n.clock())
	if err != nil {
		return err
	}
	secret, proof, err := proofOf(&asked, n.clock())
	if err != nil {
		return err
	}
	client := stored.Client{ID: uuid.NewString(), Name: device.Name, Device: device.ID, Created: proof.Created,
		Permissions: []string{string(auth.WriteOwnReports)}, Groups: []int64{}}
	client, err = n.store.Enroll(r.Context(), auth.HashSecret(asked.Secret), client, proof, n.clock())
	if err != nil {
		return explainEnrolling(err)
	}
	w.Note(slog.String("device", client.Device), slog.String("client", client.ID),
		slog.String("tenant", client.Organization))
	return w.JSON(http.StatusCreated, control.Enrolled{TenantID: client.Organization, ClientID: client.ID,
		ClientSecret: secret, DeviceID: client.Device})
}

// identify returns the device that asks, in the form of its reports.
func identify(e *control.Enrolling, now time.Time) (inventory.Device, error) {
	report := inventory.Report{Device: inventory.Device{ID: e.Device.ID, Name: e.Device.Name}}
	if err := report.Normalize(now); err != nil {
		return inventory.Device{}, err
	}
	report.Device.ID = cmp.Or(report.Device.ID, inventory.DeriveID("", report.Device.Name))
	return report.Device, nil
}

// proofOf makes the client's secret. It does not expire; a manager can revoke it.
func proofOf(e *control.Enrolling, now time.Time) (secret string, proof stored.Credential, err error) {
	random := io.Reader(rand.Reader)
	if e.Random != "" {
		bits, err := base64.RawURLEncoding.DecodeString(e.Random)
		if err != nil || len(bits) != 32 {
			return "", stored.Credential{}, edge.Invalid("random: must be 32 bytes in base64url, without padding")
		}
		random = io.MultiReader(bytes.NewReader(bits), rand.Reader)
	}
	return auth.NewSecret(random, now, time.Time{})
}

// explainEnrolling returns the error of a device that may not enrol. It does not tell what is wrong
// with a secret.
func explainEnrolling(err error) error {
	switch {
	case errors.Is(err, enrollment.ErrNotEnrolling):
		return edge.Refuse(http.StatusUnauthorized, "", "%v", enrollment.ErrNotEnrolling)
	case errors.Is(err, enrollment.ErrEnrolled):
		return edge.Refuse(http.StatusConflict, "",
			"%v: a manager must allow it (muster enroll accept, muster enroll reset)", enrollment.ErrEnrolled)
	}
	return err
}
