package auth_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/storetest"
)

func TestKeysSurviveARestart(t *testing.T) {
	l := newLab(t)
	again := l.keyring()
	for _, p := range []auth.Purpose{auth.Links, auth.Pages} {
		newest, all := l.keys.Secrets(p)
		if newest == [32]byte{} || len(all) != 1 || all[0] != newest {
			t.Errorf("%s: newest %x, all %x", p, newest, all)
		}
		if same, _ := again.Secrets(p); same != newest {
			t.Errorf("%s: another key after a restart", p)
		}
	}
	token := l.token(l.client().request())
	l.config.Keys = again
	if _, err := l.authority(l.config).Check(t.Context(), "Bearer "+token); err != nil {
		t.Error(err)
	}
}

func TestPurposesHaveKeysOfTheirOwn(t *testing.T) {
	l := newLab(t)
	link, _ := l.keys.Secrets(auth.Links)
	page, _ := l.keys.Secrets(auth.Pages)
	if link == page {
		t.Error("links and pages share a key")
	}
	if _, all := l.keys.Secrets(auth.Tokens); all != nil {
		t.Error("keys of tokens are handed out")
	}
}

// Old keys check as long as anything that they signed is valid, then they are removed.
func TestRotationLeavesWhatWasSignedGood(t *testing.T) {
	for _, p := range []auth.Purpose{auth.Links, auth.Pages} {
		t.Run(string(p), func(t *testing.T) {
			l := newLab(t)
			old, _ := l.keys.Secrets(p)
			if _, err := l.keys.Rotate(t.Context(), p); err != nil {
				t.Fatal(err)
			}
			newest, all := l.keys.Secrets(p)
			if newest == old || len(all) != 2 || all[0] != newest || all[1] != old {
				t.Fatalf("old %x, newest %x, all %x", old, newest, all)
			}
			life := map[auth.Purpose]time.Duration{auth.Links: 24 * time.Hour, auth.Pages: 30 * 24 * time.Hour}[p]
			l.sleep(life)
			l.must(l.keys.Maintain(t.Context()))
			if _, all := l.keys.Secrets(p); len(all) != 2 {
				t.Errorf("%d keys after %v", len(all), life)
			}
			l.sleep(time.Hour)
			l.must(l.keys.Maintain(t.Context()))
			if _, all := l.keys.Secrets(p); len(all) != 1 {
				t.Errorf("%d keys an hour later", len(all))
			}
		})
	}
}

func TestTokensOutliveTheRotationOfTheirKey(t *testing.T) {
	l := newLab(t)
	c := l.client()
	token := l.token(c.request())
	if _, err := l.keys.Rotate(t.Context(), auth.Tokens); err != nil {
		t.Fatal(err)
	}
	l.sleep(59 * time.Minute)
	l.must(l.keys.Maintain(t.Context()))
	l.check(token)
	before, _ := l.parts(token)
	after, _ := l.parts(l.token(c.request()))
	if before["kid"] == after["kid"] {
		t.Error("the old key still signs")
	}
	l.sleep(time.Hour)
	l.must(l.keys.Maintain(t.Context()))
	l.rejected(token, "its signing key is unknown or was replaced")
}

func TestOldKeysAreReplaced(t *testing.T) {
	l := newLab(t)
	id, _ := l.keys.Signer()
	l.sleep(auth.KeyLife - time.Second)
	l.must(l.keys.Maintain(t.Context()))
	if now, _ := l.keys.Signer(); now != id {
		t.Error("replaced too early")
	}
	l.sleep(time.Second)
	l.must(l.keys.Maintain(t.Context()))
	if now, _ := l.keys.Signer(); now == id {
		t.Error("not replaced")
	}
}

// Another process may rotate keys of the same store.
func TestKeysOfAnotherProcessAreFound(t *testing.T) {
	l := newLab(t)
	c := l.client()
	if _, err := l.keyring().Rotate(t.Context(), auth.Tokens); err != nil {
		t.Fatal(err)
	}
	config := l.config
	config.Keys = l.keyring()
	reply, err := l.authority(config).Token(t.Context(), c.request())
	l.must(err)
	l.check(reply.AccessToken)
}

func TestRotateRefusesOtherPurposes(t *testing.T) {
	l := newLab(t)
	if _, err := l.keys.Rotate(t.Context(), "cookie"); !errors.Is(err, auth.ErrPurpose) ||
		!strings.Contains(err.Error(), `"cookie"`) {
		t.Errorf("error %v", err)
	}
}

// Keys are useless without the key of their data folder, under the id of another key, or changed.
func TestSealedKeysAreBound(t *testing.T) {
	l := newLab(t)
	stored, err := l.store.Access.SigningKeys(t.Context())
	l.must(err)
	open := func(folder byte, keys ...access.SigningKey) error {
		other := storetest.Open(t, store.Config{})
		for _, k := range keys {
			l.must(other.Access.AddSigningKey(t.Context(), k))
		}
		_, err := auth.NewKeyring(t.Context(),
			auth.KeyringConfig{Keys: other.Access, Clocks: other.Clock, Folder: [32]byte{folder},
				Clock: l.clock, Random: rand.Reader})
		return err
	}
	l.must(open(1, stored...))
	for name, test := range map[string]struct {
		folder byte
		change func(*access.SigningKey)
	}{
		"another folder": {2, func(*access.SigningKey) {}},
		"another id":     {1, func(k *access.SigningKey) { k.ID = "x" }},
		"another purpose": {1, func(k *access.SigningKey) {
			k.Purpose = map[string]string{"link": "page", "page": "link", "token": "page"}[k.Purpose]
		}},
		"a changed bit": {1, func(k *access.SigningKey) { k.Sealed = append([]byte{}, k.Sealed...); k.Sealed[20] ^= 1 }},
		"nothing":       {1, func(k *access.SigningKey) { k.Sealed = []byte{} }},
	} {
		for _, k := range stored {
			test.change(&k)
			if err := open(test.folder, k); err == nil || !strings.Contains(err.Error(), k.ID) {
				t.Errorf("%s, %s: error %v", name, k.Purpose, err)
			}
		}
	}
}
