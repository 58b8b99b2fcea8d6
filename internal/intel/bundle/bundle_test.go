package bundle_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/bundle"
)

var made = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// keyOf returns the key of a number.
func keyOf(n byte) bundle.Key {
	key, err := bundle.NewKey(rand.NewChaCha8([32]byte{n}))
	if err != nil {
		panic(err)
	}
	return key
}

// describe returns the manifest of feeds, whose files have their contents by name.
func describe(files ...[][2]string) (m bundle.Manifest) {
	m.Made = made
	for i, feed := range files {
		f := bundle.Feed{Kind: intel.KEV, Name: fmt.Sprintf("feed-%d", i), Imported: made.Add(-time.Hour), AsOf: made.Add(-time.Hour)}
		for _, file := range feed {
			sum := sha256.Sum256([]byte(file[1]))
			f.Files = append(f.Files, bundle.File{Name: file[0], Bytes: int64(len(file[1])), SHA256: hex.EncodeToString(sum[:])})
			f.Bytes += int64(len(file[1]))
		}
		m.Feeds = append(m.Feeds, f)
	}
	return m
}

// write writes a bundle.
func write(m bundle.Manifest, key *bundle.Key, files ...[][2]string) ([]byte, error) {
	var out bytes.Buffer
	err := bundle.Write(&out, m, key, func(feed, file int) (io.ReadCloser, error) {
		return io.NopCloser(strings.NewReader(files[feed][file][1])), nil
	})
	return out.Bytes(), err
}

// read reads a bundle to its end.
func read(in io.Reader, trusted ...bundle.PublicKey) (m bundle.Manifest, contents []string, err error) {
	r, err := bundle.Open(in, trusted)
	if err != nil {
		return m, nil, err
	}
	for {
		_, _, content, err := r.Next()
		if err == io.EOF {
			return r.Manifest, contents, nil
		}
		if err != nil {
			return m, nil, err
		}
		text, err := io.ReadAll(content)
		if err != nil {
			return m, nil, err
		}
		contents = append(contents, string(text))
	}
}

// refusals are the reasons of which each error has exactly one.
var refusals = []error{bundle.ErrInvalid, bundle.ErrUnsigned, bundle.ErrUnknown, bundle.ErrTampered,
	bundle.ErrTruncated, bundle.ErrTooLarge, bundle.ErrDuplicate, bundle.ErrName, bundle.ErrNewer}

// A bundle brings what was put into it, whatever that is. Cut off anywhere or changed anywhere it is refused, or, if
// the change is in what says nothing, brings the same.
func TestBundleBringsWhatItHas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z][a-z0-9._-]{0,12}`), 1, 4, rapid.ID)
		var files [][][2]string
		var want []string
		for range rapid.IntRange(1, 3).Draw(t, "feeds") {
			var feed [][2]string
			for _, name := range names.Draw(t, "names") {
				text := strings.Repeat(rapid.String().Draw(t, "text"), rapid.SampledFrom([]int{0, 1, 700}).Draw(t, "times"))
				feed, want = append(feed, [2]string{name, text}), append(want, text)
			}
			files = append(files, feed)
		}
		key := keyOf(1)
		unsigned, err := write(describe(files...), nil, files...)
		if err != nil {
			t.Fatal(err)
		}
		var signed bytes.Buffer
		if _, err := bundle.Sign(&signed, bytes.NewReader(unsigned), key); err != nil {
			t.Fatal(err)
		}
		text := signed.Bytes()
		manifest, got, err := read(iotest.OneByteReader(bytes.NewReader(text)), keyOf(2).Public(), key.Public())
		if err != nil || !cmp.Equal(got, want) {
			t.Fatalf("a bundle of %q brings %q: %v", want, got, err)
		}
		cut := rapid.IntRange(0, len(text)-1).Draw(t, "cut")
		_, got, err = read(bytes.NewReader(text[:cut]), key.Public())
		isCut := errors.Is(err, bundle.ErrTruncated) || errors.Is(err, bundle.ErrUnsigned)
		if err == nil && !cmp.Equal(got, want) || err != nil && !isCut {
			t.Errorf("cut to %d of %d bytes: %q, %v", cut, len(text), got, err)
		}
		changed := bytes.Clone(text)
		at := rapid.IntRange(0, len(text)-1).Draw(t, "at")
		changed[at] ^= byte(rapid.IntRange(1, 255).Draw(t, "change"))
		again, got, err := read(bytes.NewReader(changed), key.Public())
		if err == nil && !(cmp.Equal(got, want) && cmp.Equal(again, manifest)) {
			t.Errorf("changed at %d it brings %q", at, got)
		}
		if err != nil && reasons(err) != 1 {
			t.Errorf("changed at %d: %v, which is not one of the reasons", at, err)
		}
	})
}

// reasons counts the reasons that an error has.
func reasons(err error) (n int) {
	for _, reason := range refusals {
		if errors.Is(err, reason) {
			n++
		}
	}
	return n
}

// archive makes an archive of entries, whatever they are.
func archive(entries ...[2]string) []byte {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, e := range entries {
		_ = w.WriteHeader(&tar.Header{Name: e[0], Size: int64(len(e[1])), Mode: 0o600, Typeflag: tar.TypeReg})
		_, _ = io.WriteString(w, e[1])
	}
	_ = w.Close()
	return out.Bytes()
}

// entries reads the entries of an archive.
func entries(t *testing.T, text []byte) (all [][2]string) {
	t.Helper()
	for r := tar.NewReader(bytes.NewReader(text)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return all
		}
		content, readErr := io.ReadAll(r)
		if err != nil || readErr != nil {
			t.Fatal(err, readErr)
		}
		all = append(all, [2]string{h.Name, string(content)})
	}
}

// signedOf is a bundle with a manifest that this program would not write, signed by key 1.
func signedOf(t *testing.T, manifest string, rest ...[2]string) []byte {
	t.Helper()
	signature, err := keyOf(1).Sign([]byte(manifest))
	if err != nil {
		t.Fatal(err)
	}
	return archive(append([][2]string{{"muster-bundle.json", manifest}, {"muster-bundle.sig", string(signature)}}, rest...)...)
}

// Each bundle that may not be imported is refused for its reason.
func TestBundlesAreRefused(t *testing.T) {
	key := keyOf(1)
	files := [][2]string{{"a.json", "one"}, {"b.json", "two"}}
	good, err := write(describe(files), &key, files)
	if err != nil {
		t.Fatal(err)
	}
	unsigned, err := write(describe(files), nil, files)
	if err != nil {
		t.Fatal(err)
	}
	all := entries(t, good)
	manifest := all[0][1]
	others := strings.Replace(manifest, key.Public().ID(), keyOf(2).Public().ID(), 1)
	swap := func(old, new string) []byte {
		if !strings.Contains(manifest, old) {
			t.Fatalf("the manifest %s has no %s", manifest, old)
		}
		return signedOf(t, strings.ReplaceAll(manifest, old, new), all[2:]...)
	}
	for name, c := range map[string]struct {
		text []byte
		want error
	}{
		"good":                  {good, nil},
		"good, padded":          {append(bytes.Clone(good), make([]byte, 8<<10)...), nil},
		"empty":                 {nil, bundle.ErrTruncated},
		"a text":                {[]byte(strings.Repeat("hello ", 500)), bundle.ErrInvalid},
		"another archive":       {archive([2]string{"all.json", "{}"}), bundle.ErrInvalid},
		"no JSON":               {signedOf(t, "{"), bundle.ErrInvalid},
		"no format":             {signedOf(t, "{}"), bundle.ErrInvalid},
		"another shape":         {signedOf(t, `{"format":1,"feeds":7}`), bundle.ErrInvalid},
		"a newer format":        {archive([2]string{"muster-bundle.json", `{"format":2,"feeds":7}`}), bundle.ErrNewer},
		"not signed":            {unsigned, bundle.ErrUnsigned},
		"signature taken out":   {archive(append(all[:1:1], all[2:]...)...), bundle.ErrUnsigned},
		"signed by another":     {archive([2]string{"muster-bundle.json", others}, all[1]), bundle.ErrUnknown},
		"changed manifest":      {archive([2]string{"muster-bundle.json", strings.Replace(manifest, "feed-0", "feed-1", 1)}, all[1], all[2], all[3]), bundle.ErrTampered},
		"no signature in it":    {archive(all[0], [2]string{"muster-bundle.sig", "x"}), bundle.ErrTampered},
		"changed file":          {archive(all[0], all[1], [2]string{"feed/0/0", "onE"}, all[3]), bundle.ErrTampered},
		"longer file":           {archive(all[0], all[1], [2]string{"feed/0/0", "ones"}, all[3]), bundle.ErrTampered},
		"files the other way":   {archive(all[0], all[1], all[3], all[2]), bundle.ErrTampered},
		"a file more":           {archive(append(all[:4:4], [2]string{"feed/0/2", "x"})...), bundle.ErrTampered},
		"an entry twice":        {archive(all[0], all[1], all[2], all[2], all[3]), bundle.ErrTampered},
		"something behind it":   {append(bytes.Clone(good), "x"...), bundle.ErrTampered},
		"endless zeros":         {append(bytes.Clone(good), make([]byte, 2<<20)...), bundle.ErrTampered},
		"a file less":           {archive(all[:3]...), bundle.ErrTruncated},
		"cut off in a file":     {good[:len(good)-5*512+1], bundle.ErrTruncated},
		"cut off in its first":  {good[:600], bundle.ErrTruncated},
		"a huge manifest":       {archive([2]string{"muster-bundle.json", strings.Repeat(" ", 17<<20)}), bundle.ErrTooLarge},
		"a huge signature":      {archive(all[0], [2]string{"muster-bundle.sig", strings.Repeat(" ", 2<<10)}), bundle.ErrTooLarge},
		"a huge file":           {swap(`"bytes":3,"sha256":"7692`, `"bytes":17179869185,"sha256":"7692`), bundle.ErrTooLarge},
		"a negative size":       {swap(`"bytes":3,"sha256":"7692`, `"bytes":-3,"sha256":"7692`), bundle.ErrTooLarge},
		"many feeds":            {signedOf(t, `{"format":1,"key":"`+key.Public().ID()+`","feeds":[`+strings.Repeat("{},", 5000)+`{}]}`), bundle.ErrTooLarge},
		"no feeds":              {signedOf(t, `{"format":1,"key":"`+key.Public().ID()+`","feeds":[]}`), bundle.ErrInvalid},
		"a feed without a name": {swap(`"feed-0"`, `""`), bundle.ErrInvalid},
		"other sums":            {swap(`"bytes":6`, `"bytes":7`), bundle.ErrInvalid},
		"short hash":            {swap(`"sha256":"7692c3ad`, `"sha256":"7692c3`), bundle.ErrInvalid},
		"a time of tomorrow":    {swap(`"asOfTime":"2026-11-29T11`, `"asOfTime":"2026-11-30T11`), bundle.ErrInvalid},
		"a file twice":          {swap(`"b.json"`, `"a.json"`), bundle.ErrDuplicate},
		"a file above":          {swap(`"b.json"`, `"../b.json"`), bundle.ErrName},
		"a file on Windows":     {swap(`"b.json"`, `"c:b.json"`), bundle.ErrName},
		"a folder above":        {swap(`"b.json"`, `".."`), bundle.ErrName},
		"a line in a name":      {swap(`"b.json"`, `"b\n.json"`), bundle.ErrName},
	} {
		t.Run(name, func(t *testing.T) {
			_, got, err := read(bytes.NewReader(c.text), key.Public())
			if c.want == nil && (err != nil || !cmp.Equal(got, []string{"one", "two"})) {
				t.Fatalf("it brings %q: %v", got, err)
			}
			if !errors.Is(err, c.want) || c.want != nil && reasons(err) != 1 {
				t.Errorf("refused for %v, want %v", err, c.want)
			}
		})
	}
	twice := describe(files, files)
	twice.Feeds[1].Name = twice.Feeds[0].Name
	if _, err := write(twice, &key, files, files); !errors.Is(err, bundle.ErrDuplicate) {
		t.Errorf("two feeds of one name: %v", err)
	}
	if _, err := write(describe(files), &key, [][2]string{{"a.json", "onE"}, {"b.json", "two"}}); !errors.Is(err, bundle.ErrChanged) {
		t.Errorf("a file that changed meanwhile: %v", err)
	}
	broken := errors.New("the disk")
	failing := io.MultiReader(bytes.NewReader(good[:2000]), iotest.ErrReader(broken))
	if _, _, err := read(failing, key.Public()); !errors.Is(err, broken) {
		t.Errorf("a source that fails: %v", err)
	}
}

// Keys are read as they are written, and those of openssl are, too.
func TestKeys(t *testing.T) {
	key := keyOf(7)
	text, err := key.PEM()
	if err != nil {
		t.Fatal(err)
	}
	again, err := bundle.ParseKey(text)
	if err != nil || again.Public().String() != key.Public().String() || !strings.HasPrefix(string(text), "-----BEGIN PRIVATE KEY-----\n") {
		t.Errorf("%s is read as %v: %v", text, again.Public(), err)
	}
	// openssl genpkey -algorithm ed25519
	const openssl = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n"
	if of, err := bundle.ParseKey([]byte(openssl)); err != nil || of.Public().String() != "muster-bundle:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=" {
		t.Errorf("a key of RFC 8032, test 1: %v, %v", of.Public(), err)
	}
	public, err := bundle.ParsePublicKey(" " + key.Public().String() + "\n")
	if err != nil || public.ID() != key.Public().ID() || len(public.ID()) != 16 {
		t.Errorf("public key %v: %v", public, err)
	}
	for _, bad := range []string{"", "muster-bundle:", "muster-bundle:AAAA", "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=", string(text)} {
		if _, err := bundle.ParsePublicKey(bad); !errors.Is(err, bundle.ErrKey) {
			t.Errorf("public key %q: %v", bad, err)
		}
	}
	for _, bad := range []string{"", "x", public.String(), strings.ReplaceAll(openssl, "MC4", "MC5")} {
		if _, err := bundle.ParseKey([]byte(bad)); !errors.Is(err, bundle.ErrKey) {
			t.Errorf("private key %q: %v", bad, err)
		}
	}
}

// FuzzBundle: whatever the bytes are, reading ends, and for one of the reasons.
func FuzzBundle(f *testing.F) {
	key := keyOf(1)
	files := [][2]string{{"a.json", "one"}, {"b.json", ""}}
	good, err := write(describe(files), &key, files)
	if err != nil {
		f.Fatal(err)
	}
	unsigned, err := write(describe(files), nil, files)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range [][]byte{good, unsigned, good[:1500], archive([2]string{"muster-bundle.json", `{"format":2}`}), nil} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		_, contents, err := read(bytes.NewReader(text), key.Public())
		if err == nil && !cmp.Equal(contents, []string{"one", ""}) {
			t.Errorf("it brings %q, which was never signed", contents)
		}
		if err != nil && reasons(err) != 1 {
			t.Errorf("%v is not one of the reasons", err)
		}
		_, _ = bundle.Sign(io.Discard, bytes.NewReader(text), key)
	})
}
