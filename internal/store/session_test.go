package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/storetest"
)

// A code begins one session, and none after it has expired; a session ends after its life, and for want of use.
func TestSessions(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		kept := s.Access.Sessions()
		const idle = time.Hour
		at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
		code := func(n byte, client string) {
			t.Helper()
			must(t, kept.AddSignIn(t.Context(), access.Session{Hash: [32]byte{n}, Organization: org, Client: client, Name: "me",
				Permissions: []string{"a", "b"}, Expires: at(1)}, noon))
		}
		signIn := func(n, secret byte, now time.Time) error {
			_, err := kept.SignIn(t.Context(), [32]byte{n}, [32]byte{secret}, now, now.Add(12*idle), now.Add(-idle))
			return err
		}
		session := func(secret byte, now time.Time) (access.Session, error) {
			return kept.Session(t.Context(), [32]byte{secret}, now, now.Add(-idle))
		}
		gone := func(what string, err error) {
			t.Helper()
			if !errors.Is(err, database.ErrNotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		code(1, "c")
		gone("an unknown code", signIn(9, 1, noon))
		must(t, signIn(1, 1, noon))
		gone("a code that was used", signIn(1, 2, noon))
		code(2, "c")
		gone("an expired code", signIn(2, 2, at(1)))
		gone("an expired code is removed", signIn(2, 2, noon))
		found, err := session(1, at(59))
		must(t, err)
		equal(t, "session", found, access.Session{Hash: [32]byte{1}, Organization: org, Client: "c", Name: "me",
			Permissions: []string{"a", "b"}, Begun: noon, Used: noon, Expires: at(12 * 60)})
		_, err = session(1, at(59+59)) // it was used
		must(t, err)
		_, err = session(1, at(59+59+60))
		gone("a session that was not used", err)
		code(3, "c")
		must(t, signIn(3, 3, noon))
		for m := 30; m < 12*60; m += 30 {
			_, err = session(3, at(m))
			must(t, err)
		}
		_, err = session(3, at(12*60))
		gone("after its life", err)

		code(4, "d")
		must(t, signIn(4, 4, noon))
		code(5, "c")
		must(t, signIn(5, 5, noon))
		code(6, "c")
		listed := func(client string, now time.Time) (all []byte) {
			found, err := kept.List(t.Context(), org, client, now, now.Add(-idle))
			must(t, err)
			for _, one := range found {
				all = append(all, one.Hash[0])
			}
			return all
		}
		code(7, "d")
		must(t, signIn(7, 7, at(1).Add(-1)))
		_, err = session(5, at(2))
		must(t, err)
		equal(t, "used last first", listed("", at(2)), []byte{3, 1, 5, 7, 4})
		equal(t, "of one client", listed("d", at(2)), []byte{7, 4})
		equal(t, "without those that have ended", listed("", at(60)), []byte{3, 1, 5, 7})
		seven := access.Session{Hash: [32]byte{7}}
		gone("another client's", kept.EndOne(t.Context(), org, "c", seven.ID()))
		gone("no id", kept.EndOne(t.Context(), org, "", "17"))
		must(t, kept.EndOne(t.Context(), org, "d", seven.ID()))
		gone("ended already", kept.EndOne(t.Context(), org, "", seven.ID()))
		equal(t, "one ended", listed("", at(2)), []byte{3, 1, 5, 4})

		ended, err := kept.EndSessions(t.Context(), org, "c")
		must(t, err)
		equal(t, "ended", ended, int64(3)) // 1 and 3 have ended, and are kept until they are ended or removed
		gone("a code of the client", signIn(6, 6, noon))
		_, err = session(5, noon)
		gone("of the client", err)
		_, err = session(4, noon)
		must(t, err)
		must(t, kept.EndSession(t.Context(), [32]byte{4}))
		_, err = session(4, noon)
		gone("signed out", err)
	})
}
