package move

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"testing"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/notice/deliver"
	"github.com/muster-project/muster/internal/store/organization"
)

// do asks for something that must be done.
func do[T any](t *testing.T, session *control.Session, request control.Request[T]) T {
	t.Helper()
	told, err := control.Do(t.Context(), session, request)
	if err != nil {
		t.Fatal(err)
	}
	return told.Value
}

// Rules of notices move with their secrets, whether the places have another key or that of the folder: what is sent
// there is signed as before.
func TestMoveKeepsTheSecretsOfNotices(t *testing.T) {
	const secret = "sixteen characters and more"
	came := make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body) // what is cut off has another signature
		var at int64
		if _, err := fmt.Sscanf(r.Header.Get(deliver.SignatureHeader), "t=%d,", &at); err != nil ||
			r.Header.Get(deliver.SignatureHeader) != deliver.Signature(secret, at, body) {
			t.Errorf("the signature %q is not by the secret", r.Header.Get(deliver.SignatureHeader))
		}
		came <- r.URL.Path + " " + r.Header.Get("Authorization")
	}))
	defer receiver.Close()
	here := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	for name, other := range map[string]bool{"the folder's key": false, "another key": true} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			session, end, err := l.open().Here(t.Context(), organization.Default)
			if err != nil {
				t.Fatal(err)
			}
			do(t, session, notices.SetRule("on-call", notices.Set{Rule: notice.Rule{Events: notice.Events()},
				Destination: &notice.Destination{Kind: notice.Webhook, URL: receiver.URL + "/hidden", Secret: secret, Authorization: "Bearer x"}}))
			before := do(t, session, notices.ListRules())
			if err := end(); err != nil {
				t.Fatal(err)
			}
			if other {
				bits := make([]byte, 32)
				rand.Read(bits)
				l.places.KeyText = hex.EncodeToString(bits)
			}
			if _, _, last, err := l.move(-1); err != nil {
				t.Fatalf("%q: %v", last, err)
			}
			n, err := node.Open(t.Context(), node.Config{Places: l.places, Command: "test", Log: l.folder.Log, NotifyNetworks: here})
			if err != nil {
				t.Fatal(err)
			}
			session, end, err = n.Here(t.Context(), organization.Default)
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := end(); err != nil {
					t.Error(err)
				}
			}()
			after := do(t, session, notices.ListRules())
			if fmt.Sprintf("%+v", after.Rules[0].Rule) != fmt.Sprintf("%+v", before.Rules[0].Rule) || after.Snapshot != before.Snapshot ||
				after.Rules[0].Since != before.Rules[0].Since {
				t.Errorf("the rules were %+v, and are %+v", before, after)
			}
			if told := do(t, session, notices.TestRule("on-call")); !told.Sent {
				t.Fatalf("the receiver did not get it: %s", told.Error)
			}
			if got := <-came; got != "/hidden Bearer x" {
				t.Errorf("it got %q", got)
			}
		})
	}
}
