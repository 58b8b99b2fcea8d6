package words_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/words"
)

var format = column.Format{Magic: "words\n", Version: 1}

// file writes texts, reads them back and returns both forms.
func file(t interface{ Fatal(...any) }, texts *words.Texts) ([]byte, *words.Texts) {
	var out bytes.Buffer
	if err := format.Write(&out, texts.Visit); err != nil {
		t.Fatal(err)
	}
	read := &words.Texts{}
	if _, err := format.Read(out.Bytes(), read.Visit); err != nil || !read.Check() {
		t.Fatal(err, read.Check())
	}
	return out.Bytes(), read
}

type said struct {
	key uint32
	intel.Words
}

var drawText = rapid.OneOf(rapid.StringN(0, 40, 60), rapid.Map(rapid.IntRange(0, 6000), func(n int) string {
	return strings.Repeat("lorem ipsum ", n/12+1)[:n]
}))

var drawSaid = rapid.Custom(func(t *rapid.T) said {
	return said{uint32(rapid.IntRange(0, 30).Draw(t, "key")), intel.Words{
		By: rapid.SampledFrom([]intel.Authority{intel.ByNVD, intel.ByCNA, intel.ByADP, intel.ByDistribution,
			intel.ByOther}).Draw(t, "by"),
		Title: drawText.Draw(t, "title"), Description: drawText.Draw(t, "description"),
		ExploitURLs: rapid.SliceOfN(rapid.SampledFrom([]string{"https://a", "https://b", "https://c"}), 0, 3).Draw(t, "urls"),
	}}
})

// collect lays out what was said, with keys for places.
func collect(t interface{ Fatal(...any) }, list []said) ([]uint32, *words.Texts) {
	var c words.Collector
	for _, s := range list {
		if err := c.Add(s.key, &s.Words); err != nil {
			t.Fatal(err)
		}
	}
	places, texts, err := c.Texts(func(key uint32) uint32 { return key })
	if err != nil {
		t.Fatal(err)
	}
	return places, texts
}

// TestOrderDoesNotMatter: the same words in any order give the same bytes, and each entry is what the
// most trusted said.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		list := rapid.SliceOfN(drawSaid, 1, 60).Draw(rt, "said")
		places, texts := collect(rt, list)
		shuffledPlaces, shuffled := collect(rt, rapid.Permutation(list).Draw(rt, "order"))
		a, read := file(rt, texts)
		b, _ := file(rt, shuffled)
		if !slices.Equal(places, shuffledPlaces) || !bytes.Equal(a, b) {
			rt.Fatal("the order of records is seen in the bytes")
		}
		for i, key := range places {
			want := words.Entry{}
			for _, s := range list {
				if s.key == key {
					want = want.With(words.EntryOf(&s.Words))
				}
			}
			got, err := read.At(i)
			if err != nil {
				rt.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(words.Entry{}), cmpopts.EquateEmpty()); diff != "" {
				rt.Fatalf("entry %d (-want +got):\n%s", i, diff)
			}
		}
	})
}

// TestTrust says whose words are shown.
func TestTrust(t *testing.T) {
	by := func(by intel.Authority, title, description string) intel.Words {
		return intel.Words{By: by, Title: title, Description: description}
	}
	tests := []struct {
		what               string
		all                []intel.Words
		title, description string
	}{
		{"the CNA before NVD", []intel.Words{by(intel.ByNVD, "n", "longer"), by(intel.ByCNA, "c", "short")}, "c", "short"},
		{"NVD before a distribution", []intel.Words{by(intel.ByDistribution, "d", "dd"), by(intel.ByNVD, "", "nn")}, "d", "nn"},
		{"a distribution before KEV", []intel.Words{by(intel.ByOther, "k", "kk"), by(intel.ByDistribution, "", "dd")}, "k", "dd"},
		{"of equals the longer", []intel.Words{by(intel.ByCNA, "aa", "x"), by(intel.ByCNA, "b", "yyy")}, "aa", "yyy"},
		{"blanks are nothing", []intel.Words{by(intel.ByCNA, " ", "\n"), by(intel.ByOther, "k", "kk")}, "k", "kk"},
	}
	for _, tt := range tests {
		var got words.Entry
		for _, w := range tt.all {
			got = got.With(words.EntryOf(&w))
		}
		if got.Title != tt.title || got.Description != tt.description {
			t.Errorf("%s: %q, %q, want %q, %q", tt.what, got.Title, got.Description, tt.title, tt.description)
		}
	}
}

// TestLimits: what is too long is cut off at a character, and a cut description says so.
func TestLimits(t *testing.T) {
	var urls []string
	for i := range 100 {
		urls = append(urls, fmt.Sprintf("https://%03d.example", i))
	}
	urls = append(urls, "https://a.example/"+strings.Repeat("x", 4000))
	e := words.EntryOf(&intel.Words{Title: strings.Repeat("ä", 2000), Description: strings.Repeat("ö", 4000), ExploitURLs: urls})
	if len(e.Title) > words.MaxTitle || len(e.Description) > words.MaxDescription ||
		len(e.ExploitURLs) != words.MaxURLs || !e.Cut {
		t.Errorf("%d, %d bytes, %d addresses, cut %v", len(e.Title), len(e.Description), len(e.ExploitURLs), e.Cut)
	}
	if !utf8.ValidString(e.Title) || !utf8.ValidString(e.Description) || !strings.HasSuffix(e.Description, "ö…") {
		t.Error("a text is cut within a character")
	}
	whole := words.EntryOf(&intel.Words{Description: strings.Repeat("x", words.MaxDescription)})
	if len(whole.Description) != words.MaxDescription || whole.Cut {
		t.Errorf("%d bytes, cut %v", len(whole.Description), whole.Cut)
	}
}

// TestDamage: blocks that are not what the columns say are an error, and no other text.
func TestDamage(t *testing.T) {
	var list []said
	for i := range uint32(2000) {
		list = append(list, said{i, intel.Words{Title: fmt.Sprint("title ", i), Description: strings.Repeat("text ", int(i)%50)}})
	}
	_, texts := collect(t, list)
	data, read := file(t, texts)
	if got, err := read.At(1999); err != nil || got.Title != "title 1999" {
		t.Fatal(got, err)
	}
	// The data of blocks begins after header and length.
	start := len(format.Magic) + 4 + 32 + 4
	for at := start; at < start+texts.Bytes(); at += texts.Bytes() / 200 {
		damaged := bytes.Clone(data)
		damaged[at] ^= 0x55
		broken := &words.Texts{}
		if _, err := format.Read(sealed(damaged), broken.Visit); err != nil {
			t.Fatal(err)
		}
		for i := range broken.Len() {
			if _, err := broken.At(i); err != nil && !errors.Is(err, column.ErrDamaged) {
				t.Fatalf("byte %d, entry %d: %v", at, i, err)
			}
		}
	}
}
