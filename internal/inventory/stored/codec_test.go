package stored_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/inventorytest"
	"github.com/muster-project/muster/internal/inventory/stored"
)

// texts draws strings as devices send them: plain words, and everything that can be wrong with
// them.
var texts = rapid.OneOf(
	rapid.SampledFrom([]string{"", " ", "a", "b", "KB1", "Google Chrome", " x ", "e\u0301", "\u00e9", "\u2000", "a\x00b",
		"\xff", "two\nlines", "\u212b"}),
	rapid.String(),
)

// reports draws reports that Normalize accepts.
var reports = rapid.Custom(func(t *rapid.T) *inventory.Report {
	r := &inventory.Report{
		Device: inventory.Device{
			Name:       rapid.StringMatching(`[a-z][a-z0-9.-]{0,20}`).Draw(t, "name"),
			OSPlatform: rapid.SampledFrom([]string{"", "windows11", "LINUX", "macOS", "Plan9"}).Draw(t, "platform"),
			Tags:       optional(rapid.SliceOfN(texts, 0, 3)).Draw(t, "tags"),
		},
		Time:     time.Unix(rapid.Int64Range(-1e9, 3e9).Draw(t, "time"), 0),
		Source:   rapid.SampledFrom([]string{"", " ", "collect", "sbom"}).Draw(t, "source"),
		Hotfixes: optional(rapid.SliceOfN(texts, 0, 4)).Draw(t, "hotfixes"),
	}
	if rapid.Bool().Draw(t, "collected") {
		r.Collector = inventory.Collector{
			Name:    rapid.SampledFrom([]string{"", " ", "muster", "e\u0301"}).Draw(t, "collector"),
			Version: rapid.SampledFrom([]string{"", "v1.2.3", " 1\x00"}).Draw(t, "collector's version"),
		}
	}
	r.Software = optional(rapid.SliceOfN(software, 0, 6)).Draw(t, "software")
	r.Configurations = optional(rapid.SliceOfN(configurations, 0, 6)).Draw(t, "configurations")
	if rapid.Bool().Draw(t, "facts") {
		r.Facts = families.Draw(t, "families")
	}
	if rapid.Bool().Draw(t, "traced") {
		r.Origins, r.Unread = families.Draw(t, "origins"), families.Draw(t, "unread")
	}
	return r
})

var families = rapid.MapOfN(texts, rapid.MapOfN(texts, texts, 0, 3), 0, 3)

var software = rapid.Custom(func(t *rapid.T) inventory.Software {
	return inventory.Software{
		Kind: texts.Draw(t, "kind"), Vendor: texts.Draw(t, "vendor"), Name: texts.Draw(t, "name"),
		Version:   texts.Draw(t, "version"),
		PURL:      texts.Draw(t, "purl"),
		DiskPaths: optional(rapid.SliceOfN(texts, 0, 3)).Draw(t, "paths"),
		PathsCut:  rapid.IntRange(0, 2).Draw(t, "cut"),
	}
})

var configurations = rapid.Custom(func(t *rapid.T) inventory.Configuration {
	return inventory.Configuration{
		ConfigurationID: texts.Draw(t, "id"), Category: texts.Draw(t, "category"),
		Impact:     rapid.Float64Range(0, 10).Draw(t, "impact"),
		UserImpact: rapid.Bool().Draw(t, "userImpact"), Applicable: rapid.Bool().Draw(t, "applicable"),
		Compliant: rapid.Bool().Draw(t, "compliant"),
	}
})

// optional draws a list, possibly empty, or nil.
func optional[T any](list *rapid.Generator[[]T]) *rapid.Generator[[]T] {
	return rapid.Custom(func(t *rapid.T) []T {
		if rapid.Bool().Draw(t, "absent") {
			return nil
		}
		return append([]T{}, list.Draw(t, "list")...)
	})
}

func TestRoundTripLaw(t *testing.T) {
	codec := inventorytest.Codec(t)
	rapid.Check(t, func(t *rapid.T) { inventorytest.CheckRoundTrip(t, codec, reports.Draw(t, "report")) })
}

func TestOrderLaw(t *testing.T) {
	codec := inventorytest.Codec(t)
	rapid.Check(t, func(t *rapid.T) {
		r := reports.Draw(t, "report")
		data, err := json.Marshal(r)
		if err != nil {
			t.Fatalf("writing a report: %v", err)
		}
		hashes := make([][]inventory.Document, 2)
		for i := range hashes {
			shuffled, err := inventory.DecodeReport(data, inventory.Given{})
			if err != nil {
				t.Fatalf("reading %s: %v", data, err)
			}
			if i == 1 {
				shuffled.Software = shuffle(t, shuffled.Software)
				shuffled.Hotfixes = shuffle(t, shuffled.Hotfixes)
				shuffled.Configurations = shuffle(t, shuffled.Configurations)
			}
			if err := shuffled.Normalize(received); err != nil {
				t.Fatalf("normalizing: %v", err)
			}
			if hashes[i], err = codec.Documents(shuffled); err != nil {
				t.Fatalf("making documents: %v", err)
			}
		}
		if diff := cmp.Diff(hashes[0], hashes[1]); diff != "" {
			t.Errorf("another order gives other documents:\n%s", diff)
		}
	})
}

// shuffle puts a list into another order, with its first entry twice.
func shuffle[T any](t *rapid.T, list []T) []T {
	if len(list) == 0 {
		return list
	}
	return rapid.Permutation(append(slices.Clone(list), list[0])).Draw(t, "order")
}

func TestDocuments(t *testing.T) {
	codec := inventorytest.Codec(t)
	r := inventorytest.Normalized(t, &inventory.Report{
		Device:   inventory.Device{Name: "h"},
		Software: []inventory.Software{{Name: "curl"}},
		Facts:    inventory.Facts{},
	})
	docs, err := codec.Documents(r)
	if err != nil {
		t.Fatal(err)
	}
	var sections []string
	for _, doc := range docs {
		sections = append(sections, doc.Section.String())
	}
	if want := []string{"software", "facts"}; !slices.Equal(sections, want) {
		t.Errorf("sections %q, want %q", sections, want)
	}
	// The stored form is a promise: if a hash changes here, every device of every installation
	// becomes stale.
	if got, want := fmt.Sprintf("%x", docs[0].Hash[:8]), softwareHash; got != want {
		t.Errorf("the canonical bytes of software have the hash %s…, want %s…", got, want)
	}
}

// softwareHash is the hash of the CBOR [{1: "generic", 3: "curl"}].
const softwareHash = "9dda9c4dfc0cbb84"

// documentsOf makes the documents from a report of one source.
func documentsOf(t *testing.T, codec *stored.Codec, r inventory.Report) []inventory.Document {
	t.Helper()
	r.Device.Name = "h"
	docs, err := codec.Documents(inventorytest.Normalized(t, &r))
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

// What is known of facts follows their families: the origins, and what could not be read.
func TestOpenJoinsTraces(t *testing.T) {
	codec := inventorytest.Codec(t)
	as := func(facts, origins, unread inventory.Facts) []inventory.Document {
		return documentsOf(t, codec, inventory.Report{Facts: facts, Origins: origins, Unread: unread})
	}
	root := as(inventory.Facts{"sshd": {"Port": "22"}, "sysctl": {"a": "1"}, "pam": {}},
		inventory.Facts{"sshd": {"Port": "/etc/ssh/sshd_config:1", "UsePAM": "nowhere"}, "sysctl": {"a": "/etc/sysctl.d/a:1"}},
		inventory.Facts{"sshd": {"Port": "known", "UsePAM": "denied"}})
	user := as(inventory.Facts{"sshd": {"Port": "2222"}}, nil,
		inventory.Facts{"sysctl": {inventory.AnyFact: "denied"}, "ufw": {inventory.AnyFact: "denied"}})
	device := inventory.Device{ID: inventory.DeriveID("", "h"), Name: "h"}
	got, err := codec.Open(device, append(root, user...))
	if err != nil {
		t.Fatal(err)
	}
	want := &inventory.Report{
		Device:  device,
		Facts:   inventory.Facts{"sshd": {"Port": "2222"}, "sysctl": {"a": "1"}, "pam": {}},
		Origins: inventory.Facts{"sysctl": {"a": "/etc/sysctl.d/a:1"}},
		Unread:  inventory.Facts{"ufw": {inventory.AnyFact: "denied"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Open (-want +got):\n%s", diff)
	}
	plain := as(inventory.Facts{"sshd": {"Port": "22"}}, nil, nil)
	if traced := as(inventory.Facts{"sshd": {"Port": "22"}}, inventory.Facts{"sshd": {"UsePAM": "x"}}, nil); plain[0].Hash != traced[0].Hash {
		t.Error("an origin of nothing changes the document")
	}
}

func TestOpenJoinsSources(t *testing.T) {
	codec := inventorytest.Codec(t)
	collected := documentsOf(t, codec, inventory.Report{
		Software: []inventory.Software{{Name: "curl", Version: "8"}, {Name: "bash", Version: "5"}},
		Hotfixes: []string{"KB2", "KB1"},
		Facts:    inventory.Facts{"sshd": {"Port": "22", "UsePAM": "yes"}, "sysctl": {"a": "1"}},
		Configurations: []inventory.Configuration{
			{ConfigurationID: "a", Applicable: true}, {ConfigurationID: "b", Applicable: true},
		},
	})
	scanned := documentsOf(t, codec, inventory.Report{
		Software:       []inventory.Software{{Name: "curl", Version: "8"}, {Name: "log4j", Version: "2.14"}},
		Hotfixes:       []string{},
		Facts:          inventory.Facts{"sshd": {"Port": "2222"}},
		Configurations: []inventory.Configuration{{ConfigurationID: "b", Applicable: true, Compliant: true}},
	})
	device := inventory.Device{ID: inventory.DeriveID("", "h"), Name: "h"}
	got, err := codec.Open(device, append(collected, scanned...))
	if err != nil {
		t.Fatal(err)
	}
	want := &inventory.Report{
		Device: device,
		Software: []inventory.Software{
			{Kind: "generic", Name: "bash", Version: "5"}, {Kind: "generic", Name: "curl", Version: "8"},
			{Kind: "generic", Name: "log4j", Version: "2.14"},
		},
		Hotfixes: []string{"KB1", "KB2"},
		Facts:    inventory.Facts{"sshd": {"Port": "2222"}, "sysctl": {"a": "1"}},
		Configurations: []inventory.Configuration{
			{ConfigurationID: "a", Applicable: true}, {ConfigurationID: "b", Applicable: true, Compliant: true},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Open (-want +got):\n%s", diff)
	}
}

func TestCodecConcurrently(t *testing.T) {
	codec := inventorytest.Codec(t)
	var workers sync.WaitGroup
	for i := range 8 {
		workers.Go(func() {
			r := typicalReport(50 + i)
			if err := r.Normalize(received); err != nil {
				t.Errorf("normalizing: %v", err)
			}
			docs, err := codec.Documents(r)
			if err != nil {
				t.Errorf("making documents: %v", err)
			}
			opened, err := codec.Open(r.Device, docs)
			if err != nil || !cmp.Equal(r.Software, opened.Software) {
				t.Errorf("worker %d: error %v, or not the software that was stored", i, err)
			}
		})
	}
	workers.Wait()
}

func TestOpenRefuses(t *testing.T) {
	codec := inventorytest.Codec(t)
	whole := documentsOf(t, codec, inventory.Report{Software: []inventory.Software{{Name: "curl"}}})[0]
	other := documentsOf(t, codec, inventory.Report{Hotfixes: []string{"KB1"}})[0]
	for _, test := range []struct {
		name   string
		damage func(*inventory.Document)
		kind   error
		want   string
	}{
		{"empty", func(d *inventory.Document) { d.Data = nil }, inventory.ErrDamaged, "it is empty"},
		{"cut", func(d *inventory.Document) { d.Data = d.Data[:len(d.Data)-1] }, inventory.ErrDamaged, "damaged document"},
		{"bit", func(d *inventory.Document) { d.Data[len(d.Data)-8] ^= 1 }, inventory.ErrDamaged, "damaged document"},
		{"hash", func(d *inventory.Document) { d.Hash[0] ^= 1 }, inventory.ErrDamaged, "does not match its hash"},
		{"section", func(d *inventory.Document) { d.Section = 9 }, inventory.ErrDamaged, "opening section 9 of device"},
		{"content", func(d *inventory.Document) { d.Data, d.Hash = other.Data, other.Hash },
			inventory.ErrDamaged, "cannot unmarshal"},
		{"newer", func(d *inventory.Document) { d.Data[0]++ }, inventory.ErrTooNew,
			"its format is 2, this program reads up to 1"},
		{"never", func(d *inventory.Document) { d.Data[0] = 0 }, inventory.ErrDamaged, "its format 0 is unknown"},
	} {
		doc := whole
		doc.Data = slices.Clone(whole.Data)
		test.damage(&doc)
		_, err := codec.Open(inventory.Device{Name: "h"}, []inventory.Document{doc})
		if !errors.Is(err, test.kind) || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: error %v, want %v and %q", test.name, err, test.kind, test.want)
		}
	}
}

// FuzzOpen gives the codec documents that were never written: arbitrary documents, and documents
// with arbitrary canonical bytes, so that decoding is reached.
func FuzzOpen(f *testing.F) {
	codec := inventorytest.Codec(f)
	compressor, err := zstd.NewWriter(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint8(inventory.SectionSoftware), []byte("\x81\xa2\x01\x67generic\x03\x64curl"))
	f.Add(uint8(inventory.SectionHotfixes), []byte("\x81\x63KB1"))
	f.Add(uint8(inventory.SectionFacts), []byte("\xa1\x64sshd\xa1\x64Port\x6222"))
	f.Add(uint8(inventory.SectionConfigurations), []byte("\x81\xa2\x01\x61a\x07\xf5"))
	f.Add(uint8(inventory.SectionHotfixes), []byte("\x01\x28\xb5\x2f\xfd\x04\x00\x29\x00\x00\x81\x63KB1"))
	f.Fuzz(func(t *testing.T, section uint8, data []byte) {
		wrapped := inventory.Document{
			Section: inventory.Section(section),
			Hash:    sha256.Sum256(data),
			Data:    compressor.EncodeAll(data, []byte{1}),
		}
		raw := inventory.Document{Section: inventory.Section(section), Data: data}
		for _, doc := range []inventory.Document{raw, wrapped} {
			_, err := codec.Open(inventory.Device{Name: "h"}, []inventory.Document{doc})
			if err != nil && !errors.Is(err, inventory.ErrDamaged) && !errors.Is(err, inventory.ErrTooNew) {
				t.Errorf("error %v tells neither damage nor a newer program", err)
			}
		}
	})
}

// TestHotfixesNotCollected: a device whose updates are not known is told from one that has none, from the report's JSON
// to the joined report of all its sources.
func TestHotfixesNotCollected(t *testing.T) {
	codec := inventorytest.Codec(t)
	for _, test := range []struct {
		reports []string // the member of each source's report
		want    []string
	}{
		{[]string{``}, nil}, {[]string{`,"hotfixes":null`}, nil}, {[]string{`,"hotfixes":[]`}, []string{}},
		{[]string{``, `,"hotfixes":[]`}, []string{}}, {[]string{`,"hotfixes":[]`, ``}, []string{}},
		{[]string{`,"hotfixes":[]`, `,"hotfixes":[]`}, []string{}},
		{[]string{`,"hotfixes":[]`, `,"hotfixes":["KB1"]`}, []string{"KB1"}}, {[]string{``, ``}, nil},
	} {
		var docs []inventory.Document
		for _, member := range test.reports {
			r, err := inventory.DecodeReport([]byte(`{"device":{"name":"h"},"software":[]`+member+`}`), inventory.Given{})
			if err != nil {
				t.Fatal(err)
			}
			again, err := json.Marshal(inventorytest.Normalized(t, r))
			if err != nil {
				t.Fatal(err)
			}
			if r, err = inventory.DecodeReport(again, inventory.Given{}); err != nil {
				t.Fatal(err)
			}
			docs = append(docs, documentsOf(t, codec, *r)...)
		}
		got, err := codec.Open(inventory.Device{Name: "h"}, docs)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.Hotfixes, test.want) || (got.Hotfixes == nil) != (test.want == nil) {
			t.Errorf("%q: hotfixes %#v, want %#v", test.reports, got.Hotfixes, test.want)
		}
	}
}
