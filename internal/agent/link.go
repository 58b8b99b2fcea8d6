package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/plain"
)

// enrollVariable may hold the secret of an enrolment.
const enrollVariable = "MUSTER_ENROLL_SECRET"

// maxSecret is the largest size of a file with a secret, in bytes.
const maxSecret = 4 << 10

// link connects a device to its server.
type link struct {
	session *control.Session
	home    *home
	// once makes one attempt only at a busy server.
	once bool
	// secret returns the secret of an enrolment, "" if there is none.
	secret func() (string, error)
	// credential is nil until the device is enrolled, as this device.
	credential *credential
	device     inventory.Device
	// ignored is called with the members of the machine's identity that the server ignored.
	ignored func(members []string)
}

// openLink prepares the link, with the device's credential if it has one. It sends nothing.
func (c *Command) openLink() (*link, error) {
	client, err := c.Client()
	if err != nil {
		return nil, err
	}
	reached, err := console.Reach(c.Server, client)
	if err == nil {
		err = c.Secrecy.Check(reached.Base)
	}
	if err != nil {
		return nil, err
	}
	home, err := openHome(c.State)
	if err != nil {
		return nil, err
	}
	l := &link{session: reached, home: home, secret: c.secret, ignored: func([]string) {}}
	if l.credential, err = home.credential(); err == nil && l.credential != nil {
		l.session = reached.As(l.credential.login())
		l.device = inventory.Device{ID: l.credential.DeviceID, Name: l.credential.DeviceName}
	}
	return l, err
}

// sendLimit is the time limit for sending one report, retries at a busy server included.
const sendLimit = 10 * time.Minute

// ask sends one request and waits for at most sendLimit: a server that never replies counts
// as one that cannot be reached.
func (l *link) ask(ctx context.Context, c control.Call, into any) error {
	limited, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	if l.once {
		return console.Explain(l.session.Once(limited, c, into), l.session)
	}
	return console.Explain(l.session.Do(limited, c, into), l.session)
}

// admit sets the device that reports. If there is a credential it must be of this device:
// two machines that share a credential would overwrite each other's reports. If the parts
// of the device's id cannot be read, it is taken to be the credential's device, and is not
// enrolled, because its id would change once they can be read.
func (l *link) admit(device *inventory.Device) error {
	if device.ID == "" && l.credential == nil {
		return plain.Hinted(fmt.Errorf("%w: the parts of this machine's id cannot be read", control.ErrInput),
			"see the warnings above; a device is enrolled by its id")
	}
	if device.ID == "" {
		device.ID = l.credential.DeviceID
	}
	if l.credential != nil && device.ID != l.credential.DeviceID {
		return plain.Hinted(fmt.Errorf("%w: the credential in %q belongs to device %s, but this machine is %s",
			control.ErrInput, l.home.path, l.credential.DeviceID, device.ID),
			"if this machine is a copy of the other, remove that folder and enrol this machine")
	}
	l.device = *device
	return nil
}

// secret reads the secret of an enrolment from the flag, file or variable.
func (c *Command) secret() (string, error) {
	if c.Enroll == "" {
		return strings.TrimSpace(os.Getenv(enrollVariable)), nil
	}
	name, isFile := strings.CutPrefix(c.Enroll, "@")
	if !isFile {
		return c.Enroll, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return "", console.AsNamed(fmt.Errorf("reading the enrolment's secret: %w", err))
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSecret))
	if err != nil {
		return "", fmt.Errorf("reading the enrolment's secret: %w", err)
	}
	return strings.TrimSpace(string(text)), nil
}

// enrol makes sure that the device has a credential.
func (l *link) enrol(ctx context.Context) error {
	if l.credential != nil {
		return nil
	}
	secret, err := l.secret()
	if err != nil {
		return err
	}
	if secret == "" {
		return plain.Hinted(fmt.Errorf("%w: this device is not enrolled at %s", control.ErrInput, l.session.Base),
			"muster enroll create NAME makes a secret; pass it with --enroll SECRET")
	}
	random, err := l.home.random()
	if err != nil {
		return err
	}
	return l.trade(ctx, secret, random)
}

// trade exchanges the secret for a credential and stores it.
func (l *link) trade(ctx context.Context, secret, random string) error {
	wanted := control.Enrolling{Secret: secret, Random: random}
	wanted.Device.ID, wanted.Device.Name = l.device.ID, l.device.Name
	fresh := credential{DeviceName: l.device.Name}
	l.session = l.session.As(control.LoginByToken("")) // without the old credential: the secret is sent instead
	if err := l.ask(ctx, control.Enroll(wanted).Call, &fresh); err != nil {
		return enrolError(l.device.ID, err)
	}
	if err := l.home.keep(&fresh); err != nil {
		return err
	}
	l.credential, l.session = &fresh, l.session.As(fresh.login())
	return nil
}

// enrolError adds a hint to an error of enrolling. Errors that a manager of the server must
// resolve are ErrShutOut.
func enrolError(device string, err error) error {
	err = fmt.Errorf("enrolling: %w", err)
	var reply *control.Error
	switch {
	case !errors.As(err, &reply) || reply.Busy():
	case reply.Status == http.StatusUnauthorized:
		return plain.Hinted(fmt.Errorf("%w: %w", ErrShutOut, err), "muster enroll create NAME makes a new secret")
	case reply.Status == http.StatusConflict:
		return plain.Hinted(fmt.Errorf("%w: %w", ErrShutOut, err),
			"on the server, run muster enroll accept %[1]s for a known device, or muster enroll reset %[1]s if the agent's folder was lost", device)
	}
	return err
}

// send sends a report, as Config.Send. A device that the server no longer knows is enrolled
// again, if there is a secret.
func (l *link) send(ctx context.Context, r Report) error {
	report := control.SendReports(control.Reports{Format: inventory.FormatReport, Gzipped: true,
		Body: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Body)), nil }}).Call
	err := l.enrol(ctx)
	if err == nil {
		err = l.deliver(ctx, report)
	}
	if !control.IsShutOut(err) {
		return outcome(err)
	}
	if secret, unreadable := l.secret(); secret == "" || unreadable != nil {
		return plain.Hinted(fmt.Errorf("%w: %w", ErrShutOut, err),
			"if the credential was revoked, enrol again with --enroll SECRET")
	}
	l.credential = nil
	if err = l.enrol(ctx); err == nil {
		err = l.deliver(ctx, report)
	}
	return outcome(err)
}

// deliver sends a report, and passes on what of it the server ignored.
func (l *link) deliver(ctx context.Context, report control.Call) error {
	var reply control.Received
	err := l.ask(ctx, report, &reply)
	for _, one := range reply.Reports {
		if len(one.NotCounted) > 0 {
			l.ignored(one.NotCounted)
		}
	}
	return err
}

// outcome classifies an error of sending for the agent.
func outcome(err error) error {
	var reply *control.Error
	switch {
	case !errors.As(err, &reply), errors.Is(err, ErrShutOut), errors.Is(err, control.ErrLogin):
		return err
	case reply.RetryAfter > 0:
		return &LaterError{Err: err, After: reply.RetryAfter}
	}
	switch reply.Status {
	case http.StatusBadRequest, http.StatusForbidden, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType:
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return err
}
