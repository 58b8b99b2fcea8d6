package confirm_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/confirm"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/titles"
)

var at = time.Date(2026, 11, 29, 21, 0, 0, 0, time.UTC)

func title(vendor, name, product string) confirm.Title {
	return confirm.Title{Vendor: vendor, Name: name, Product: product, By: "admin", At: at}
}

// TestConfirmed says that a confirmed title is found, replaced and removed again.
func TestConfirmed(t *testing.T) {
	text, err := confirm.Add("", title("Acme GmbH", "Rocket Builder", "acme:rocket"))
	if err == nil {
		text, err = confirm.Add(text, title("", "a|b # c", ""))
	}
	if err == nil {
		text, err = confirm.Add(text, title("acme", "rocket builder", "acme:rocket_builder"))
	}
	if err != nil {
		t.Fatal(err)
	}
	list, err := confirm.Parse(text)
	want := []confirm.Title{title("", "a|b # c", ""), title("acme", "rocket builder", "acme:rocket_builder")}
	if err != nil || !slices.Equal(list, want) {
		t.Errorf("%+v, %v; want %+v", list, err, want)
	}
	table, err := titles.Check([]titles.File{{Name: confirm.File, Text: text}})
	if err != nil {
		t.Fatal(err)
	}
	found, ok := table.Find(alias.Entry{Kind: "windows", Vendor: "Acme GmbH & Co. KG", Name: "Acme Rocket Builder™ 3.1 (x64)", Version: "3.1"})
	if !ok || found.Name != "rocket_builder" {
		t.Errorf("found %+v", found)
	}
	if found, ok := table.Find(alias.Entry{Kind: "macos", Name: "a|b # c.app"}); !ok || !found.Excluded {
		t.Errorf("found %+v", found)
	}
	text, removed, err := confirm.Remove(text, title("ACME", "Rocket Builder", ""))
	if err != nil || removed.Product != "acme:rocket_builder" {
		t.Errorf("removed %+v, %v", removed, err)
	}
	if _, _, err := confirm.Remove(text, removed); !errors.Is(err, confirm.ErrUnknown) {
		t.Errorf("removing again: %v", err)
	}
	if text, _, err = confirm.Remove(text, title("", "a|b # c", "")); text != "" || err != nil {
		t.Errorf("after the last: %q, %v", text, err)
	}
}

// TestRefused lists what is no title, and texts that are not this package's.
func TestRefused(t *testing.T) {
	for _, bad := range []confirm.Title{
		title("a", "", "a:b"), title("a", "b\nproduct x/y", "a:b"), title("a", "b", "b"), title("a", "b", "a:b:c"),
		title("a", "b", "A:b"), title("a", "b", "a:b c"), title("a", strings.Repeat("x", 301), "a:b"), title("a", "\xff", ""),
	} {
		if text, err := confirm.Add("", bad); !errors.Is(err, confirm.ErrInvalid) {
			t.Errorf("%+v: %q, %v", bad, text, err)
		}
	}
	foreign := "titles 1\nproduct a/b\n\tcpe a:a:b\n\tvendor a\n\ttitle b\n\tsource c\n"
	if _, err := confirm.Add(foreign, title("a", "c", "a:c")); !errors.Is(err, confirm.ErrForeign) {
		t.Errorf("a text of somebody else: %v", err)
	}
}

// TestAmend says that the operator's own table holds, and that a fault adds nothing.
func TestAmend(t *testing.T) {
	const own = "product acme/own\n\tcpe a:acme:own\n\tvendor acme\n\ttitle rocket"
	text, err := confirm.Add("", title("acme", "rocket", "acme:other"))
	if err == nil {
		text, err = confirm.Add(text, title("acme", "builder", "google:chrome"))
	}
	if err != nil {
		t.Fatal(err)
	}
	table, err := alias.Parse(confirm.Amend(own, text))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"rocket": "own", "builder": "chrome"} {
		if found, _ := table.Find(alias.Entry{Kind: "windows", Vendor: "acme", Name: name}); found.Product == nil || found.Name != want {
			t.Errorf("%s is %+v", name, found)
		}
	}
	if got := confirm.Amend(own, "titles 1\nproduct"); got != own {
		t.Errorf("with a fault: %q", got)
	}
}

// TestAnyTitleIsReadBack says that what was added is read back, and found, whatever its texts are.
func TestAnyTitleIsReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := ""
		var last confirm.Title
		for range rapid.IntRange(1, 4).Draw(t, "titles") {
			one := title(rapid.StringN(0, 10, 40).Draw(t, "vendor"), rapid.StringN(0, 10, 40).Draw(t, "name"),
				rapid.SampledFrom([]string{"", "a:b", "google:chrome"}).Draw(t, "product"))
			if more, err := confirm.Add(text, one); err == nil {
				text, last = more, one
			} else if !errors.Is(err, confirm.ErrInvalid) {
				t.Fatal(err)
			}
		}
		list, err := confirm.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			return
		}
		if list[len(list)-1] != last {
			t.Fatalf("%+v was read back as %+v", last, list)
		}
		table, err := alias.Parse(confirm.Amend("", text))
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := table.Find(alias.Entry{Kind: "windows", Vendor: last.Vendor, Name: last.Name}); !ok {
			t.Fatalf("%+v is not found in %q", last, text)
		}
	})
}

// TestShown says that the title that a row shows is one of the readings of what was reported.
func TestShown(t *testing.T) {
	for _, c := range []struct{ vendor, name, version, shown, padded, want string }{
		{"Acme GmbH & Co. KG", "Acme Rocket Builder™ 3.1 (x64)", "3.1", "rocket_builder_3.1_x64", "3.1.0.0", "rocket builder"},
		{"Acme", "Rocket (fr)", "1", "rocket_fr", "1.0.0.0", "rocket fr"},
		{"Acme", "Rocket 7.0.1", "7.0.1", "rocket_7.0.1", "7.0.1.0", "rocket"},
		{"Acme", "Rocket", "2", "rocket", "2.0.0.0", "rocket"},
	} {
		vendor := subject.CleanVendor(c.vendor)
		if shown := subject.DisplayName(vendor, c.name); shown != c.shown {
			t.Errorf("%q is shown as %q, want %q", c.name, shown, c.shown)
		}
		got := confirm.Shown(subject.JoinWords(vendor), c.shown, c.padded)
		if got != (subject.Title{Vendor: vendor, Name: c.want}) {
			t.Errorf("%q: %q, want %q", c.name, got, c.want)
		}
		if !slices.Contains(subject.Readings(c.vendor, c.name, c.version), got) {
			t.Errorf("%q is none of the readings of %q", got, c.name)
		}
	}
}

// TestCandidates says that products with common words come, the best first.
func TestCandidates(t *testing.T) {
	pairs := []string{"acme:rocket_builder", "acme:rocket", "other:rocket_builder", "acme:anvil", "acme:rocketbuilder", "acme:rocket"}
	var got []string
	for _, n := range confirm.Candidates(subject.Title{Vendor: "acme", Name: "rocket builder 3"}, "", slices.Values(pairs)) {
		got = append(got, n.Product)
	}
	want := []string{"acme:rocket_builder", "acme:rocketbuilder", "other:rocket_builder", "acme:rocket"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	best := confirm.Candidates(subject.Title{Vendor: "wile e. coyote", Name: "rocket builder"}, "other", slices.Values(pairs))
	if len(best) == 0 || best[0].Product != "other:rocket_builder" {
		t.Errorf("%v, want other:rocket_builder first: records name its vendor beside this maker", best)
	}
}
