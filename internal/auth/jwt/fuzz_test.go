package jwt_test

import (
	"crypto/rand"
	"crypto/rsa"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/muster-project/muster/internal/auth/jwt"
)

// FuzzParse: whatever a text is, reading it ends, and no key that signed nothing verifies it.
func FuzzParse(f *testing.F) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("e30.e30.", "a.b")
	f.Add("eyJhbGciOiJub25lIn0.eyJhdWQiOlsiYSIsMV0sImV4cCI6MWUzMDAsImEiOnsiYiI6WyJjIl19fQ.", "a.b")
	f.Add("eyJhbGciOiJSUzI1NiIsImp3ayI6e319.e30.AAAA", "")
	f.Fuzz(func(t *testing.T, text, name string) {
		token, err := jwt.Parse(text)
		if err != nil {
			return
		}
		token.Claims.Texts(name)
		token.Claims.Audience()
		_, _ = token.CheckTimes(time.Unix(0, 0))
		if token.Verify(&key.PublicKey, jose.RS256, jose.PS256) == nil {
			t.Errorf("%q was accepted", text)
		}
	})
}
