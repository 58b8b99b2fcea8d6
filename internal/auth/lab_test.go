package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/storetest"
)

const (
	org      = organization.Default
	otherOrg = "11111111-2222-4333-8444-555555555555"
	origin   = "https://muster.example.com"
	resource = "https://api.securitycenter.microsoft.com"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// lab is an authority over its own store, with a clock that only moves when it is told to.
type lab struct {
	testing.TB
	store  *store.Store
	keys   *auth.Keyring
	config auth.Config
	*auth.Authority

	mu  sync.Mutex
	now time.Time
}

func newLab(t testing.TB, change ...func(*auth.Config)) *lab {
	t.Helper()
	l := &lab{TB: t, now: noon, store: storetest.Open(t, store.Config{})}
	l.must(l.store.Organizations.Ensure(t.Context(), otherOrg, "other"))
	for _, k := range sealedKeys(t) {
		l.must(l.store.Access.AddSigningKey(t.Context(), k))
	}
	l.keys = l.keyring()
	l.config = auth.Config{Clients: l.store.Access, Organizations: l.store.Organizations, Keys: l.keys, Clock: l.clock}
	for _, c := range change {
		c(&l.config)
	}
	l.Authority = l.authority(l.config)
	return l
}

var sealed struct {
	sync.Once
	keys []access.SigningKey
}

// sealedKeys are the first keys of every lab, because making them takes long.
func sealedKeys(t testing.TB) []access.SigningKey {
	t.Helper()
	sealed.Do(func() {
		l := &lab{TB: t, now: noon, store: storetest.Open(t, store.Config{})}
		l.keyring()
		var err error
		sealed.keys, err = l.store.Access.SigningKeys(t.Context())
		l.must(err)
	})
	return sealed.keys
}

// in returns the lab for a subtest.
func (l *lab) in(t testing.TB) *lab {
	return &lab{TB: t, store: l.store, keys: l.keys, config: l.config, Authority: l.Authority, now: l.clock()}
}

func (l *lab) keyring() *auth.Keyring {
	l.Helper()
	k, err := auth.NewKeyring(l.Context(),
		auth.KeyringConfig{Keys: l.store.Access, Clocks: l.store.Clock, Folder: [32]byte{1},
			Clock: l.clock, Random: rand.Reader})
	l.must(err)
	return k
}

func (l *lab) authority(c auth.Config) *auth.Authority {
	l.Helper()
	a, err := auth.New(l.Context(), c)
	l.must(err)
	return a
}

func (l *lab) clock() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.now
}

// sleep moves the clock.
func (l *lab) sleep(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.now = l.now.Add(d)
}

// eventually waits until another goroutine makes a condition true.
func (l *lab) eventually(what string, done func() bool) {
	l.Helper()
	for range 5000 {
		if done() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	l.Fatalf("in vain: %s", what)
}

func (l *lab) must(err error) {
	l.Helper()
	if err != nil {
		l.Fatal(err)
	}
}

func (l *lab) equal(what string, got, want any) {
	l.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		l.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// client is a client with a secret.
type client struct {
	access.Client
	secret string
}

// client adds a client that reads vulnerabilities and sees groups 0 and 3.
func (l *lab) client(change ...func(*access.Client)) client {
	l.Helper()
	c := client{Client: access.Client{ID: uuid.NewString(), Organization: org,
		Permissions: []string{string(auth.ReadVulnerabilities)},
		Groups:      []int64{0, 3}, Created: noon}}
	c.Name = "client " + c.ID
	for _, f := range change {
		f(&c.Client)
	}
	var credential access.Credential
	var err error
	c.secret, credential, err = auth.NewSecret(rand.Reader, noon, noon.AddDate(1, 0, 0))
	l.must(err)
	l.must(l.store.Access.AddClient(l.Context(), c.Client, credential))
	return c
}

// form is a token call as most clients send it.
func (c client) form() url.Values {
	return url.Values{"client_id": {c.ID}, "client_secret": {c.secret}, "grant_type": {"client_credentials"},
		"scope": {resource + "/.default"}}
}

// request is a token call of the newer kind, with changes to its form: "" leaves a parameter out.
func (c client) request(changes ...string) auth.TokenRequest {
	form := c.form()
	for i := 0; i < len(changes); i += 2 {
		form.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			form.Del(changes[i])
		}
	}
	return auth.TokenRequest{Tenant: c.Organization, Form: form, Origin: origin}
}

// token gets a token that must be issued.
func (l *lab) token(r auth.TokenRequest) string {
	l.Helper()
	reply, err := l.Token(l.Context(), r)
	l.must(err)
	return reply.AccessToken
}

// refused asks for a token that must not be issued, and returns why.
func (l *lab) refused(r auth.TokenRequest, status, number int, name string) *auth.Refusal {
	l.Helper()
	_, err := l.Token(l.Context(), r)
	var refusal *auth.Refusal
	if !errors.As(err, &refusal) || refusal.Status != status || refusal.Number != number || refusal.Name != name {
		l.Errorf("error %v (%+v), want %d %s AADSTS%d", err, refusal, status, name, number)
		return &auth.Refusal{}
	}
	return refusal
}

// check returns the caller of a token, which must be accepted.
func (l *lab) check(token string) auth.Caller {
	l.Helper()
	caller, err := l.Check(l.Context(), "Bearer "+token)
	l.must(err)
	return caller
}

// rejected checks a token that must not be accepted, for a reason.
func (l *lab) rejected(token, why string) {
	l.Helper()
	caller, err := l.Check(l.Context(), "Bearer "+token)
	if !errors.Is(err, auth.ErrToken) || !strings.Contains(err.Error(), why) {
		l.Errorf("caller %+v, error %v; want %v: %s", caller, err, auth.ErrToken, why)
	}
	if len(caller.Permissions) > 0 || caller.Organization != "" {
		l.Errorf("a rejected token has the caller %+v", caller)
	}
}

// parts decodes header and payload of a token.
func (l *lab) parts(token string) (header, payload map[string]any) {
	l.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		l.Fatalf("token %q has %d parts", token, len(parts))
	}
	for i, into := range []*map[string]any{&header, &payload} {
		text, err := base64.RawURLEncoding.DecodeString(parts[i])
		l.must(err)
		l.must(json.Unmarshal(text, into))
	}
	return header, payload
}

// unsigned returns what a signature signs.
func unsigned(header, payload map[string]any) string {
	part := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			panic(err) // of a literal in a test
		}
		return base64.RawURLEncoding.EncodeToString(text)
	}
	return part(header) + "." + part(payload)
}

// with returns a copy of m with changed members; nil removes one.
func with(m map[string]any, changes ...any) map[string]any {
	m = maps.Clone(m)
	for i := 0; i < len(changes); i += 2 {
		m[changes[i].(string)] = changes[i+1]
		if changes[i+1] == nil {
			delete(m, changes[i].(string))
		}
	}
	return m
}

// sign signs with the algorithm of the header, without a JWT library.
func (l *lab) sign(header, payload map[string]any, key crypto.Signer) string {
	l.Helper()
	text := unsigned(header, payload)
	digest := sha256.Sum256([]byte(text))
	var signature []byte
	var err error
	switch header["alg"] {
	case "RS256":
		signature, err = rsa.SignPKCS1v15(rand.Reader, key.(*rsa.PrivateKey), crypto.SHA256, digest[:])
	case "PS256":
		signature, err = rsa.SignPSS(rand.Reader, key.(*rsa.PrivateKey), crypto.SHA256, digest[:],
			&rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
	case "ES256":
		var r, s *big.Int
		r, s, err = ecdsa.Sign(rand.Reader, key.(*ecdsa.PrivateKey), digest[:])
		signature = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	case "ES384":
		long := sha512.Sum384([]byte(text))
		var r, s *big.Int
		r, s, err = ecdsa.Sign(rand.Reader, key.(*ecdsa.PrivateKey), long[:])
		signature = append(r.FillBytes(make([]byte, 48)), s.FillBytes(make([]byte, 48))...)
	}
	l.must(err)
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

// Keys that tests share, because making them takes long.
var (
	rsaKey   = sync.OnceValue(func() *rsa.PrivateKey { return newRSA(2048) })
	otherKey = sync.OnceValue(func() *rsa.PrivateKey { return newRSA(2048) })
)

func newRSA(bits int) *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		panic(err) // without randomness no test is meaningful
	}
	return key
}

func newEC(l *lab, curve elliptic.Curve) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	l.must(err)
	return key
}

// certificate makes a certificate of a key, valid for a year around noon.
func (l *lab) certificate(key crypto.Signer, change ...func(*x509.Certificate)) (der, text []byte) {
	l.Helper()
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "siem"},
		NotBefore: noon.AddDate(0, 0, -10), NotAfter: noon.AddDate(1, 0, 0)}
	for _, f := range change {
		f(template)
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	l.must(err)
	return der, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}
