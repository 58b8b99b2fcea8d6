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

// enrollVariable has the secret of an enrolment.
const enrollVariable = "MUSTER_ENROLL_SECRET"

// maxSecret bounds a file that holds a secret, in bytes.
const maxSecret = 4 << 10

// link is the way of a device to its server.
type link struct {
	session *control.Session
	home    *home
	// once asks a busy server once, and not as often as it needs.
	once bool
	// secret gives the secret of an enrolment, empty if there is none.
	secret func() (string, error)
	// credential is nil until the device is enrolled, as this device.
	credential *credential
	device     inventory.Device
	// ignored tells of what the server did not count of the machine's identity.
	ignored func(members []string)
}

// openLink reaches the server, as the device if it is enrolled. Nothing is sent.
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

// sendLimit is how long a server may take for one report, tries of a busy one
// included.
const sendLimit = 10 * time.Minute

// ask sends one request, which may take sendLimit and no longer: a server that
// takes a request and never replies is as one that is not there.
func (l *link) ask(ctx context.Context, c control.Call, into any) error {
	limited, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	if l.once {
		return console.Explain(l.session.Once(limited, c, into), l.session)
	}
	return console.Explain(l.session.Do(limited, c, into), l.session)
}

// admit makes a device the one that reports. Where there is a credential it
// must be the one of the credential: two machines that share one would
// overwrite each other's reports. A device that cannot read what its id is made
// of is taken for the credential's, and is not enrolled: the id would be another
// once it can.
func (l *link) admit(device *inventory.Device) error {
	if device.ID == "" && l.credential == nil {
		return plain.Hinted(fmt.Errorf("%w: this machine's id could not be read", control.ErrInput), "the warnings before this one say why; a device is enrolled by its id")
	}
	if device.ID == "" {
		device.ID = l.credential.DeviceID
	}
	if l.credential != nil && device.ID != l.credential.DeviceID {
		return plain.Hinted(fmt.Errorf("%w: the credential in %q is of device %s, and this machine is %s",
			control.ErrInput, l.home.path, l.credential.DeviceID, device.ID), "if it is a copy of the other, remove that folder and enrol this one")
	}
	l.device = *device
	return nil
}

// secret reads the secret of an enrolment from where the command line says.
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
		return "", fmt.Errorf("reading the enrolment's secret: %w", err)
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
			"muster enroll create NAME makes a secret, --enroll SECRET trades it for a credential")
	}
	random, err := l.home.random()
	if err != nil {
		return err
	}
	return l.trade(ctx, secret, random)
}

// trade gets the device its credential, and keeps it.
func (l *link) trade(ctx context.Context, secret, random string) error {
	wanted := control.Enrolling{Secret: secret, Random: random}
	wanted.Device.ID, wanted.Device.Name = l.device.ID, l.device.Name
	fresh := credential{DeviceName: l.device.Name}
	l.session = l.session.As(control.LoginByToken("")) // whoever it was, the secret counts
	if err := l.ask(ctx, control.Enroll(wanted).Call, &fresh); err != nil {
		return enrolError(l.device.ID, err)
	}
	if err := l.home.keep(&fresh); err != nil {
		return err
	}
	l.credential, l.session = &fresh, l.session.As(fresh.login())
	return nil
}

// enrolError adds advice to an error of enrolling. Those that the server's
// people must mend are ErrShutOut.
func enrolError(device string, err error) error {
	err = fmt.Errorf("enrolling: %w", err)
	var reply *control.Error
	switch {
	case !errors.As(err, &reply) || reply.Busy():
	case reply.Status == http.StatusUnauthorized:
		return plain.Hinted(fmt.Errorf("%w: %w", ErrShutOut, err), "muster enroll create NAME makes a new secret")
	case reply.Status == http.StatusConflict:
		return plain.Hinted(fmt.Errorf("%w: %w", ErrShutOut, err), "on the server, muster enroll accept DEVICE lets a known device in, and muster enroll reset DEVICE one whose folder was lost; device %s", device)
	}
	return err
}

// send takes a report to the server, as Config's Send. A device that the
// server does not know any more is enrolled once more, if there is a secret.
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
		return plain.Hinted(fmt.Errorf("%w: %w", ErrShutOut, err), "was its credential taken away? --enroll SECRET enrols it again")
	}
	l.credential = nil
	if err = l.enrol(ctx); err == nil {
		err = l.deliver(ctx, report)
	}
	return outcome(err)
}

// deliver sends a report, and tells what of it did not count.
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

// outcome tells the agent what an error of sending is worth.
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
