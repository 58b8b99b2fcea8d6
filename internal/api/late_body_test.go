package api_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/muster-project/muster/defender"
)

// lateBody is a body that does something before its first byte. With Expect: 100-continue the
// server has identified the sender by then.
type lateBody struct {
	before func()
	once   sync.Once
	io.Reader
}

func (b *lateBody) Read(p []byte) (int, error) {
	b.once.Do(b.before)
	return b.Reader.Read(p)
}

// If access is removed while a request is open, a slowly sent body could otherwise use the old
// permissions for hours.
func TestABodyThatComesAfterAccessWasTakenAwayIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		take   func(l *lab, id string) error
		status int
		code   string
	}{
		"client removed": {func(l *lab, id string) error {
			return l.store.Access.RemoveClient(l.Context(), org, id)
		}, http.StatusUnauthorized, defender.CodeUnauthorized},
		"client limited to a group": {func(l *lab, id string) error {
			c, err := l.store.Access.Client(l.Context(), id)
			c.AllGroups, c.Groups = false, []int64{0}
			return errors.Join(err, l.store.Access.SetClient(l.Context(), c))
		}, http.StatusServiceUnavailable, defender.CodeServiceUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			app := l.addClient(`{"name":"pipeline","permissions":["Reports.Write.All"]}`)
			l.config.Trusted = nil
			l.start()
			var token tokenReply
			l.decode(l.askToken(newer(app), formOf(app)), http.StatusOK, &token)
			bearer := "Authorization: Bearer " + token.AccessToken
			l.accept(report("before.example.com", "1"), jsonBody, bearer)
			body := &lateBody{Reader: strings.NewReader(report("after.example.com", "1")), before: func() {
				if err := test.take(l, app.ClientID); err != nil {
					t.Error(err)
				}
			}}
			r := l.do(http.MethodPost, "/v1/reports", io.Reader(body), jsonBody, bearer, "Expect: 100-continue")
			l.refused(r, test.status, test.code)
			l.equal("devices", l.storedDevices(), int64(1))
		})
	}
}
