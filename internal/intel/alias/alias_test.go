package alias_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel/alias"
)

// parse reads a table with one product, whose pattern and version line are given.
func parse(t testing.TB, pattern, transform string) *alias.Table {
	t.Helper()
	text := "product acme/tower\n\tcpe a:acme:tower\n\tvendor Acme\n\tpattern " + pattern + "\n"
	if transform != "" {
		text += "\tversion " + transform + "\n"
	}
	table, err := alias.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// TestMarkedVersion says that the version that a pattern marks is taken, unless the field has more
// parts of the same.
func TestMarkedVersion(t *testing.T) {
	table := parse(t, `tower (\d[\d.]*)(?:-i\d+)?`, "")
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.IntRange(0, 40)
		titled := fmt.Sprintf("%d.%d.%d", part.Draw(t, "1"), part.Draw(t, "2"), part.Draw(t, "3"))
		field := rapid.SampledFrom([]string{titled, titled + ".77", titled + "01", "4.111.9807", "",
			titled[:strings.LastIndexByte(titled, '.')]}).Draw(t, "field")
		p, ok := table.Find(alias.Entry{Kind: "windows", Vendor: "acme", Name: "tower " + titled + "-i001"})
		if !ok || p.Titled != titled || p.By != alias.ByPattern {
			t.Fatalf("%q: %+v", titled, p)
		}
		want := titled
		if field == titled+".77" {
			want = field
		}
		if got := p.Transform.Apply(field, p.Titled); got != want {
			t.Errorf("%q with the field %q is %q, want %q", titled, field, got, want)
		}
	})
}

func TestTransforms(t *testing.T) {
	for _, test := range []struct{ transform, field, want string }{
		{"title", "1.2", "9.9"},
		{"parts 2", "8.0.8.33916", "8.0"},
		{"parts 3", "1.2", "1.2"},
		{"number", "ad 8.0.11", "8.0.11"},
		{"number", "8.0.11", "8.0.11"},
		{"number", "none", "none"},
		{"upstream", "15.7-1", "15.7"},
		{"upstream", "15.7", "15.7"},
		{"year", "24.5.238.0", "2024.5.238.0"},
		{"year", "2024.5", "2024.5"},
		{"year", "5.0", "5.0"},
		{"after-chromium", "126.1.67.123", "1.67.123"},
		{"after-chromium", "1.67.123", "1.67.123"},
		{"python", "3.12.4150.0", "3.12.4"},
		{"python", "3.13.0a6", "3.13.0a6"},
		{"java", "8.0.4110.9", "1.8.0_411"},
		{"java", "17.0.11.0", "17.0.11.0"},
		{"zoom", "5.12.3 (9638)", "5.12.3.9638"},
		{"zoom", "6.0.10", "6.0.10"},
		{"zoom", "7.2.48358", ""},
		{"citrix", "24.2.0.172", "2402.0.172"},
		{"synology", "7.5.0.16084", "3.5.0-16084"},
		{"synology", "3.5.0.16084", "3.5.0.16084"},
		{"release", "17.14.25 (January 2026)", "17.14.25"},
		{"release", "17.8.34330.188", ""},
		{"release", "17.8.3", "17.8.3"},
		{"month", "1.5.2306.14001", "2306.14001"},
		{"month", "2.4.2.1", "2.4.2.1"},
		{"none", "4.8.03761", ""},
	} {
		table := parse(t, `tower (\d[\d.]*)`, test.transform)
		p, _ := table.Find(alias.Entry{Kind: "windows", Vendor: "acme", Name: "tower 9.9"})
		if got := p.Transform.Apply(test.field, p.Titled); got != test.want {
			t.Errorf("%s of %q is %q, want %q", test.transform, test.field, got, test.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, text := range []string{
		"product acme", "product acme/tower\n", "thing acme/tower\n\tcpe a:acme:tower\n", "product a/b\n\tcpe acme:tower\n",
		"product a/b\n\tcpe a:b:c\n\tversion backwards\n", "product a/b\n\tcpe a:b:c\n\tversion parts none\n",
		"product a/b\n\tcpe a:b:c\n\tpattern (\n", "product a/b\n\tcpe a:b:c\n\tcolour red\n",
		"product a/b\n\tcpe a:b:c\n\tvendor A\n\ttitle B\nproduct c/d\n\tcpe a:c:d\n\tvendor A\n\ttitle B\n",
		"product a/b\n\tcpe a:b:c\n\tbundle a.b\nnone\n\tbundle A.B\n", "titles 2\n", "titles x\n", "titles 1\n\tcpe a:b:c\n",
		"product a/b\n\tcpe a:b:c\n\tfamily Some.App\n", "product a/b\n\tcpe a:b:c\n\tupgrade {1-2}\n",
		"product a/b\n\tcpe a:b:c\n\tplatform amiga\n", "product a/b\n\tcpe a:b:c\n\tseen A | 1\n", "none\n\tvendor\n",
		"product a/b\n\tcpe a:b:c\n\tpattern " + strings.Repeat("a", 400) + "\n", "none\n\tpattern ((a{900}){900}){900}\n",
		"none\n\tvendor " + strings.Repeat("a|", 70_000) + "\n",
		"none\n\tvendor " + strings.Repeat("a|", 2_000) + "\n\ttitle " + strings.Repeat("b|", 2_000) + "\n",
	} {
		var at *alias.LineError
		if _, err := alias.Parse(text); !errors.Is(err, alias.ErrFormat) || !errors.As(err, &at) || at.Line < 1 {
			t.Errorf("%.200q: %v", text, err)
		}
	}
}

// TestFind says which key counts, in which order, and what ids mean.
func TestFind(t *testing.T) {
	table, err := alias.Parse(`titles 1
product acme/rocket
	cpe     a:acme:rocket
	vendor  Acme
	signer  Acme Certificates
	title   Rocket | Rocket \| Update
	yearly  Rocket Studio
	bundle  com.acme.rocket com.acme.apps.*
	family  Acme.Rocket_8wekyb3d8bbwe
	upgrade {B681CB20-107E-428A-9B14-2D3C1AFED244}
	winget  Acme.Rocket
	brew    rocket
product acme/rocket_mac
	cpe      a:acme:rocket:mac
	platform macos
	vendor   Acme
	title    Rocket Home
none
	vendor  Acme
	title   Rocket Deutsch
`)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		entry alias.Entry
		want  string
		by    alias.By
	}{
		{alias.Entry{Kind: "macos", ID: "com.acme.Rocket"}, "acme/rocket", alias.ByID},
		{alias.Entry{Kind: "macos", ID: "com.acme.apps.one"}, "acme/rocket", alias.ByID},
		{alias.Entry{Kind: "macos", ID: "com.acme.rocket.helper"}, "no product", alias.ByID},
		{alias.Entry{Kind: "macos", ID: "com.acme.rocket.helper.GPU", Vendor: "Acme", Name: "Rocket"}, "no product", alias.ByID},
		{alias.Entry{Kind: "macos", ID: "com.acme.other", Vendor: "Acme", Name: "Rocket"}, "acme/rocket", alias.ByTitle},
		{alias.Entry{Kind: "windows", ID: "acme.rocket_8WEKYB3D8BBWE"}, "acme/rocket", alias.ByID},
		{alias.Entry{Kind: "windows", ID: "{b681cb20-107e-428a-9b14-2d3c1afed244}"}, "acme/rocket", alias.ByID},
		{alias.Entry{Kind: "windows", PURL: "pkg:winget/Acme.Rocket@1.0"}, "acme/rocket", alias.ByID},
		{alias.Entry{Kind: "macos", PURL: "pkg:brew/rocket@1.0"}, "acme/rocket", alias.ByID},
		{alias.Entry{Kind: "windows", Vendor: "Acme Certificates Inc.", Name: "Rocket for Windows"}, "acme/rocket", alias.ByTitle},
		{alias.Entry{Kind: "windows", Vendor: "Acme", Name: "Rocket | Update"}, "acme/rocket", alias.ByTitle},
		{alias.Entry{Kind: "windows", Vendor: "Acme", Name: "Rocket - Deutsch"}, "acme/rocket", alias.ByTitle},
		{alias.Entry{Kind: "windows", Vendor: "Acme", Name: "Rocket Deutsch"}, "no product", alias.ByTitle},
		{alias.Entry{Kind: "macos", Vendor: "Acme", Name: "Rocket Home"}, "acme/rocket_mac", alias.ByTitle},
		{alias.Entry{Kind: "windows", Vendor: "Acme", Name: "Rocket Home"}, "", 0},
		{alias.Entry{Kind: "windows", Vendor: "Other", Name: "Rocket"}, "", 0},
		{alias.Entry{Kind: "windows", Vendor: "Acme", Name: "Rocket Studio"}, "acme/rocket", alias.ByTitle},
		{alias.Entry{Kind: "windows", Vendor: "Acme", Name: "Acme Rocket Studio 2024 - en-us"}, "acme/rocket", alias.ByTitle},
		{alias.Entry{Kind: "windows", Vendor: "Acme", Name: "Rocket 2024"}, "", 0},
		{alias.Entry{Kind: "windows", Vendor: "Acme", Name: "Rocket Studio 1924"}, "", 0},
	} {
		found, ok := table.Find(test.entry)
		if got := name(found); ok != (test.want != "") || got != test.want || found.By != test.by {
			t.Errorf("%+v: %s by %d, want %s by %d", test.entry, got, found.By, test.want, test.by)
		}
	}
}

func name(m alias.Match) string {
	if m.Product == nil {
		return ""
	}
	return m.Product.String()
}

// TestCheck says what is wrong with a data set that can be read: which line, and why.
func TestCheck(t *testing.T) {
	table, err := alias.Parse(`product acme/tower
	cpe     a:acme:tower
	vendor  Acme
	pattern tower .*
	source  a
	seen    Tower 9.1 | 9.1 | 9.1
product acme/tower_plus
	cpe     a:acme:tower_plus
	vendor  Acme
	pattern tower plus (\d[\d.]*)
	seen    Tower Plus 8.2 | 8.2 | 8.2
	seen    Acme Hut | 1 | 1
none
	vendor  Acme
	title   Shed
	source  a
	seen    Shed | 1 | -
`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, err := range table.Check(true) {
		got = append(got, err.Error())
	}
	want := []string{
		`alias table: line 7: the block names no source`,
		`alias table: line 11: "Tower Plus 8.2" of "acme" leads to acme/tower`,
		`alias table: line 12: "Acme Hut" of "acme" leads to no product`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
