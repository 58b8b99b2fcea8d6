package agent

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
)

// TestDeviceWhoseIDCannotBeRead: it is the device of its credential, and without one it cannot
// enrol.
func TestDeviceWhoseIDCannotBeRead(t *testing.T) {
	enrolled := &link{credential: &credential{DeviceID: "0123"}, home: &home{}}
	device := inventory.Device{Name: "h"}
	if err := enrolled.admit(&device); err != nil || device.ID != "0123" || enrolled.device.ID != "0123" {
		t.Errorf("device %+v, error %v", device, err)
	}
	other := inventory.Device{Name: "h", ID: "4567"}
	if err := enrolled.admit(&other); !errors.Is(err, control.ErrInput) {
		t.Errorf("another device: %v", err)
	}
	if err := (&link{}).admit(&inventory.Device{Name: "h"}); !errors.Is(err, control.ErrInput) {
		t.Errorf("not enrolled: %v", err)
	}
}

// What a reply means to the agent.
func TestOutcomesOfSending(t *testing.T) {
	const later = 50 * time.Minute
	for _, test := range []struct {
		status int
		after  string
		want   error
		wait   time.Duration
	}{
		{http.StatusBadRequest, "", ErrRefused, 0},
		{http.StatusForbidden, "", ErrRefused, 0},
		{http.StatusRequestEntityTooLarge, "", ErrRefused, 0},
		{http.StatusNotFound, "", nil, 0},
		{http.StatusInternalServerError, "", nil, 0},
		{http.StatusTooManyRequests, "3000", nil, later},
		{http.StatusServiceUnavailable, "3000", nil, later},
		{http.StatusServiceUnavailable, "soon", nil, 0},
		{http.StatusMovedPermanently, "", nil, 0},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/v1/reports" {
				fmt.Fprint(w, `{"access_token":"a","expires_in":3599}`)
				return
			}
			w.Header().Set("Retry-After", test.after)
			w.WriteHeader(test.status)
		}))
		reached, err := console.Reach(server.URL, server.Client())
		if err != nil {
			t.Fatal(err)
		}
		held := &credential{TenantID: "t", ClientID: "c", ClientSecret: "s", DeviceID: "d"}
		l := &link{session: reached.As(held.login()), once: true, ignored: func([]string) {},
			secret: func() (string, error) { return "", nil }, credential: held}
		err = l.send(t.Context(), Report{Source: "collect", Body: []byte("x")})
		var told *LaterError
		if err == nil || errors.Is(err, ErrRefused) != (test.want == ErrRefused) || errors.Is(err, ErrShutOut) ||
			errors.As(err, &told) != (test.wait > 0) || told != nil && told.After != test.wait {
			t.Errorf("%d: %v", test.status, err)
		}
		server.Close()
	}
}
