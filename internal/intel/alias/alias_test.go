package alias_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel/alias"
)

// TestCuratedTable says that the curated table can be read. Each title, bundle and pattern is of one
// product.
func TestCuratedTable(t *testing.T) {
	table, err := alias.Parse(alias.Curated())
	if err != nil {
		t.Fatal(err)
	}
	if table.IsEmpty() {
		t.Error("the curated table is empty")
	}
}

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
		p, marked := table.ByPattern("windows", "acme", "tower "+titled+"-i001")
		if p == nil || marked != titled {
			t.Fatalf("%q: %+v, %q is marked", titled, p, marked)
		}
		want := titled
		if field == titled+".77" {
			want = field
		}
		if got := p.Transform.Apply(field, marked); got != want {
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
		{"citrix", "24.2.0.172", "2402.0.172"},
		{"release", "17.14.25 (January 2026)", "17.14.25"},
		{"release", "17.8.34330.188", ""},
		{"release", "17.8.3", "17.8.3"},
		{"month", "1.5.2306.14001", "2306.14001"},
		{"month", "2.4.2.1", "2.4.2.1"},
		{"none", "4.8.03761", ""},
	} {
		table := parse(t, `tower (\d[\d.]*)`, test.transform)
		p, marked := table.ByPattern("windows", "acme", "tower 9.9")
		if got := p.Transform.Apply(test.field, marked); got != test.want {
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
	} {
		if _, err := alias.Parse(text); !errors.Is(err, alias.ErrFormat) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
