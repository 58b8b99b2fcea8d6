package api_test

import (
	"archive/tar"
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/bundle"
)

// signer returns the key of a number.
func (l *lab) signer(n byte) bundle.Key {
	l.Helper()
	key, err := bundle.NewKey(rand.NewChaCha8([32]byte{n}))
	if err != nil {
		l.Fatal(err)
	}
	return key
}

// bundleOf makes a bundle of one feed with one file, after a change of its manifest. Without a key it is not signed.
func (l *lab) bundleOf(key *bundle.Key, text string, change func(*bundle.Manifest)) []byte {
	l.Helper()
	hash := sha256.Sum256([]byte(text))
	sum := hex.EncodeToString(hash[:])
	asOf := l.now.Add(-time.Hour)
	m := bundle.Manifest{Made: l.now, Feeds: []bundle.Feed{{Kind: intel.KEV, Name: "kev", Imported: asOf, AsOf: asOf,
		Bytes: int64(len(text)), SHA256: sum, Files: []bundle.File{{Name: "kev.json", Bytes: int64(len(text)), SHA256: sum}}}}}
	if change != nil {
		change(&m)
	}
	var out bytes.Buffer
	if err := bundle.Write(&out, m, key, func(int, int) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(text)), nil
	}); err != nil {
		l.Fatal(err)
	}
	return out.Bytes()
}

// signedByHand returns a bundle's manifest with other words, as only another program would sign it, and no files.
func (l *lab) signedByHand(key bundle.Key, good []byte, change func([]byte) []byte) []byte {
	l.Helper()
	in := tar.NewReader(bytes.NewReader(good))
	first, err := in.Next()
	if err != nil {
		l.Fatal(err)
	}
	manifest, err := io.ReadAll(in)
	if err != nil {
		l.Fatal(err)
	}
	manifest = change(manifest)
	text, err := key.PEM()
	if err != nil {
		l.Fatal(err)
	}
	block, _ := pem.Decode(text)
	private, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		l.Fatal(err)
	}
	signature := ed25519.Sign(private.(ed25519.PrivateKey), append([]byte("muster feed bundle 1\n"), manifest...))
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range [][2]string{{first.Name, string(manifest)},
		{"muster-bundle.sig", base64.StdEncoding.EncodeToString(signature) + "\n"}} {
		_ = w.WriteHeader(&tar.Header{Name: e[0], Size: int64(len(e[1])), Mode: 0o600, Typeflag: tar.TypeReg})
		_, _ = io.WriteString(w, e[1])
	}
	_ = w.Close()
	return out.Bytes()
}

func (l *lab) sendBundle(query string, text []byte) reply {
	l.Helper()
	return l.do(http.MethodPost, "/v1/bundle"+query, bytes.NewReader(text))
}

// A bundle is made, signed and imported at another server. Whoever may not be believed is refused, each by its code,
// and the audit log has who did what.
func TestBundles(t *testing.T) {
	l, log := audited(t)
	key := l.signer(1)
	l.refused(l.get("/v1/bundle"), 404, defender.CodeNotFound)
	good := l.bundleOf(&key, kevOf(5), nil)
	l.refused(l.sendBundle("", good), 409, control.CodeBundleKeyUnknown)
	bad := l.do(http.MethodPost, "/v1/bundle/keys", strings.NewReader(`{"key":"muster-bundle:AAAA"}`))
	l.refused(bad, 400, defender.CodeInvalidInput)
	var trusted control.BundleKey
	for range 2 {
		l.change(http.MethodPost, "/v1/bundle/keys", `{"key":"`+key.Public().String()+`","name":"site"}`, &trusted)
	}
	var keys control.BundleKeyList
	l.decode(l.get("/v1/bundle/keys"), 200, &keys)
	if len(keys.Keys) != 1 || keys.Keys[0] != trusted || trusted.ID != key.Public().ID() || trusted.Name != "site" {
		t.Errorf("keys %+v", keys)
	}
	at := func(change func(*bundle.Manifest)) []byte { return l.bundleOf(&key, kevOf(5), change) }
	old := func(m *bundle.Manifest) {
		m.Made = l.now.AddDate(0, 0, -31)
		m.Feeds[0].AsOf, m.Feeds[0].Imported = m.Made, m.Made
	}
	feed := func(change func(*bundle.Feed)) []byte {
		return at(func(m *bundle.Manifest) { change(&m.Feeds[0]) })
	}
	twice := func(manifest []byte) []byte {
		return regexp.MustCompile(`(?s)"feeds":\s*\[(.*)\]`).ReplaceAll(manifest, []byte(`"feeds":[$1,$1]`))
	}
	huge := func(manifest []byte) []byte {
		return bytes.ReplaceAll(manifest, []byte(`"bytes":`), []byte(`"bytes":999999999`))
	}
	for name, c := range map[string]struct {
		text   []byte
		status int
		code   string
	}{
		"not signed":           {l.bundleOf(nil, kevOf(5), nil), 409, control.CodeBundleUnsigned},
		"changed":              {bytes.Replace(good, []byte("CVE-2024-0001"), []byte("CVE-2024-0009"), 1), 400, control.CodeBundleTampered},
		"cut off":              {good[:len(good)/2], 400, control.CodeBundleTruncated},
		"another file":         {[]byte(kev), 400, control.CodeBundleInvalid},
		"a newer format":       {bytes.Replace(good, []byte(`"format":1`), []byte(`"format":2`), 1), 409, control.CodeBundleNewer},
		"a kind of the future": {feed(func(f *bundle.Feed) { f.Kind = "tarot" }), 409, control.CodeBundleNewer},
		"a name like a path":   {feed(func(f *bundle.Feed) { f.Name = "../kev" }), 400, control.CodeBundleName},
		"another whole hash":   {feed(func(f *bundle.Feed) { f.SHA256 = strings.Repeat("0", 64) }), 400, control.CodeBundleInvalid},
		"old":                  {at(old), 409, control.CodeBundleOld},
		"a feed twice":         {l.signedByHand(key, good, twice), 400, control.CodeBundleDuplicate},
		"a huge file":          {l.signedByHand(key, good, huge), 413, control.CodeBundleTooLarge},
		"no feed of its kind":  {l.bundleOf(&key, "{}", nil), 400, defender.CodeInvalidInput},
	} {
		if told := l.refused(l.sendBundle("", c.text), c.status, c.code); told == "" {
			t.Errorf("%s: no message", name)
		}
		var list control.FeedList
		l.decode(l.get("/v1/feeds"), 200, &list)
		if len(list.Feeds) != 0 {
			t.Errorf("%s: feeds %+v", name, list.Feeds)
		}
	}
	var done control.FeedsReply
	l.decode(l.sendBundle("", good), 200, &done)
	if len(done.Feeds) != 1 || done.Feeds[0].Records != 5 || done.Bundle == nil || done.Bundle.Key != trusted.ID ||
		!done.Bundle.MadeTime.Equal(l.now) {
		t.Errorf("imported %+v", done)
	}
	var list control.FeedList
	l.decode(l.get("/v1/feeds"), 200, &list)
	if f := list.Feeds[0]; f.Bundle == nil || *f.Bundle != *done.Bundle || f.AsOfTime == nil || f.OldTime == nil ||
		f.OldTime.Sub(*f.AsOfTime) != 30*24*time.Hour {
		t.Errorf("listed %+v", f)
	}
	l.refused(l.sendBundle("", l.bundleOf(&key, kevOf(2), nil)), 409, control.CodeFeedShrinks)
	var signed bytes.Buffer
	if _, err := bundle.Sign(&signed, bytes.NewReader(l.get("/v1/bundle").body), key); err != nil {
		t.Fatal(err)
	}
	l.decode(l.sendBundle("?allowOld=true", signed.Bytes()), 200, &done)
	if len(done.Feeds) != 1 || !done.Feeds[0].Unchanged {
		t.Errorf("its own bundle changes %+v", done)
	}
	l.equal("removing", l.do(http.MethodDelete, "/v1/bundle/keys/"+trusted.ID, nil).StatusCode, 204)
	l.refused(l.do(http.MethodDelete, "/v1/bundle/keys/"+trusted.ID, nil), 404, defender.CodeResourceNotFound)
	l.refused(l.sendBundle("", signed.Bytes()), 409, control.CodeBundleKeyUnknown)
	told := map[any]int{}
	for _, line := range log.lines(l, l.get("/v1/bundle/keys")) {
		if line["outcome"] == "done" && (line["key"] == trusted.ID || line["event"] == "make bundle") {
			told[line["event"]]++
		}
	}
	for event, n := range map[string]int{"trust bundle key": 2, "distrust bundle key": 1, "make bundle": 1, "import bundle": 2} {
		if told[event] != n {
			t.Errorf("the audit log has %q %d times, want %d", event, told[event], n)
		}
	}
}
