package maker_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel/maker"
	"github.com/muster-project/muster/internal/intel/subject"
)

// told is what records tell: a title of a maker beside a vendor, or a CVE.
type told struct {
	text, vendor string
	records      int
	cve          bool
}

func listOf(known []string, all ...told) []maker.Spelling {
	var s maker.Spellings
	for _, t := range all {
		if t.cve {
			for range t.records {
				s.AddCVE(t.text, t.vendor)
			}
			continue
		}
		s.AddTitle(t.text, t.vendor, t.records)
	}
	return s.List(func(vendor string) bool { return slices.Contains(known, vendor) })
}

// TestSpellings says what is enough evidence, and what contradicts.
func TestSpellings(t *testing.T) {
	for _, test := range []struct {
		what  string
		known []string
		told  []told
		want  string
	}{
		{"three records", nil, []told{{"acme rockets", "acme", 3, false}}, "[{acme rockets acme true}]"},
		{"three CVEs of two sources", nil, []told{{"acme rockets", "acme", 3, true}}, "[{acme rockets acme true}]"},
		{"two records are a hint", nil, []told{{"acme rockets", "acme", 2, false}}, "[{acme rockets acme false}]"},
		{"one is nothing", nil, []told{{"acme rockets", "acme", 1, false}}, "[]"},
		{"three titles may be of one record", nil, []told{{"acme rockets", "acme", 1, false}, {"acme rockets", "acme", 1, false},
			{"acme rockets", "acme", 1, false}}, "[]"},
		{"names that differ are a hint", nil, []told{{"wile e. coyote", "acme", 30, false}}, "[{wile e. coyote acme false}]"},
		{"two vendors", nil, []told{{"acme rockets", "acme", 9, false}, {"acme rockets", "acme_rocket", 1, false}}, "[]"},
		{"two vendors, by CVEs", nil, []told{{"acme rockets", "acme", 9, false}, {"acme rockets", "other", 1, true}}, "[]"},
		{"one stray record of many", nil, []told{{"acme rockets", "acme", 50, false}, {"acme rockets", "other", 1, false}},
			"[{acme rockets acme true}]"},
		{"two stray records", nil, []told{{"acme rockets", "acme", 50, false}, {"acme rockets", "other", 2, false}}, "[]"},
		{"a CPE made of the text", []string{"acme_rockets"}, []told{{"acme rockets", "acme", 3, false},
			{"acme rockets", "acme_rockets", 3, false}}, "[{acme rockets acme true}]"},
		{"nothing but that", []string{"acme_rockets"}, []told{{"acme rockets", "acme_rockets", 9, false}}, "[]"},
		{"a word that is a vendor", []string{"sun"}, []told{{"sun", "sun_oracle", 9, false}}, "[]"},
		{"a word that is none", nil, []told{{"sun", "sun_oracle", 9, false}}, "[{sun sun_oracle true}]"},
	} {
		if got := fmt.Sprint(listOf(test.known, test.told...)); got != test.want {
			t.Errorf("%s: %s, want %s", test.what, got, test.want)
		}
	}
}

// TestSpellingsAreUnambiguous says of any evidence: its order does not matter; each text is there once; what entries
// are found by has three records that agree, fifty for each that does not, and two names that are alike.
func TestSpellingsAreUnambiguous(t *testing.T) {
	texts := rapid.SampledFrom([]string{"acme", "acme rockets", "acme labs", "the coyote group", "coyote", "acme soft"})
	vendors := rapid.SampledFrom([]string{"acme", "acme_rockets", "acmelabs", "coyote", "tcg", "other"})
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) told {
			return told{texts.Draw(t, "text"), vendors.Draw(t, "vendor"), rapid.IntRange(1, 120).Draw(t, "records"),
				rapid.Bool().Draw(t, "cve")}
		}), 0, 12).Draw(t, "told")
		known := rapid.SliceOfDistinct(vendors, rapid.ID[string]).Draw(t, "known")
		list := listOf(known, all...)
		if other := listOf(known, rapid.Permutation(all).Draw(t, "order")...); !slices.Equal(list, other) {
			t.Fatalf("%v, in another order %v", list, other)
		}
		seen := map[string]bool{}
		for _, s := range list {
			if seen[s.Text] || s.Maker == subject.JoinWords(s.Text) {
				t.Fatalf("%v", list)
			}
			seen[s.Text] = true
			agree, against := 0, 0
			for _, x := range all {
				switch {
				case x.text != s.Text:
				case x.vendor == s.Maker:
					agree += x.records
				case x.vendor != subject.JoinWords(s.Text):
					against += x.records
				}
			}
			if s.Akin && (agree < 3 || !maker.Akin(s.Text, s.Maker)) || against*50 > agree {
				t.Fatalf("%+v with %d for and %d against: %+v", s, agree, against, all)
			}
		}
	})
}
