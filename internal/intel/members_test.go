package intel_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
)

// TestMembersAreThoseOfTheObject: the members two objects deep are those that decoding the whole text gives, each
// with the keys that lead to it.
func TestMembersAreThoseOfTheObject(t *testing.T) {
	value := rapid.SampledFrom([]any{nil, true, 1.5, "x", "", []any{}, []any{"a"}, map[string]any{"k": "{\"}"}})
	key := rapid.SampledFrom([]string{"a", "b", "c/d", "", "\"", "é"})
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.MapOf(key, rapid.MapOf(key, value)).Draw(t, "whole")
		text, err := json.Marshal(whole)
		if err != nil {
			t.Fatal(err)
		}
		var want, got []string
		for a, members := range whole {
			for b, v := range members {
				one, err := json.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				want = append(want, fmt.Sprintf("%q %q %s", a, b, one))
			}
		}
		for doc, err := range intel.Members(inteltest.File("a.json", string(text)), 2, 1<<20) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, fmt.Sprintf("%q %q %s", doc.Keys[0], doc.Keys[1], doc.Data))
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(want, got) {
			t.Fatalf("%s: %q, want %q", text, got, want)
		}
	})
}

// TestUnmarshalList: a list is decoded item by item, and what is no list is left out.
func TestUnmarshalList(t *testing.T) {
	for text, want := range map[string]string{
		`[{"a":1},{"a":2}]`: "12", ` [] `: "", `[{"a":1},{"a":"x"}]`: "1!", `[{"a":1}`: "1!", `[{"a":1}] 2`: "1!", `{"a":1}`: "!",
		``: "!", "[\"\xff\"]": "!",
	} {
		var got strings.Builder
		err := intel.UnmarshalList(intel.Document{Name: "a.json", Data: []byte(text)}, func(at int, v *struct{ A int }) error {
			fmt.Fprint(&got, v.A)
			return nil
		})
		if err != nil {
			got.WriteString("!")
		}
		if got.String() != want {
			t.Errorf("%q: %s (%v), want %s", text, got.String(), err, want)
		}
	}
}
