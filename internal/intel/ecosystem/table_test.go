package ecosystem_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/version"
)

var update = flag.Bool("update", false, "write the tables into doc/matching.md")

const document = "../../../doc/matching.md"

// TestTablesAreTold holds the tables in doc/matching.md, section 2.3, to those of the code. With
// -update it writes them.
func TestTablesAreTold(t *testing.T) {
	text, err := os.ReadFile(document)
	if err != nil {
		t.Fatal(err)
	}
	told := string(text)
	for _, table := range []struct{ begin, rows string }{
		{"| ecosystem | after the colon |", ecosystemRows()}, {"| distribution | judged by |", distributionRows()},
	} {
		before, rest, ok := strings.Cut(told, table.begin)
		if !ok {
			t.Fatalf("%s has no table that begins with %q", document, table.begin)
		}
		head := strings.Join(strings.SplitAfterN(rest, "\n", 3)[:2], "")
		rest = rest[len(head):]
		old, after, _ := strings.Cut(rest, "\n\n")
		if old+"\n" != table.rows {
			if !*update {
				t.Errorf("the table %q differs from the code's: run this test with -update", table.begin)
			}
			told = before + table.begin + head + table.rows + "\n" + after
		}
	}
	if *update && told != string(text) {
		if err := os.WriteFile(document, []byte(told), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The words for values in the tables.
var (
	kinds   = [...]string{ecosystem.Linux: "Linux", ecosystem.Language: "language", ecosystem.Other: "other"}
	namings = [...]string{ecosystem.ByName: "name", ecosystem.BySource: "source", ecosystem.ByBinary: "binary",
		ecosystem.ByEither: "either"}
	parts = [...]string{ecosystem.Whole: "whole", ecosystem.Major: "major", ecosystem.Rolling: "none"}
)

func ecosystemRows() string {
	var rows strings.Builder
	for _, e := range ecosystem.All() {
		order, named, purl := e.Scheme.String(), namings[e.Named], "`pkg:"+e.PURL+"`"
		if e.Scheme == version.Generic {
			order = "not known"
		}
		if e.PURL == "" {
			purl, named = "", ""
		}
		fmt.Fprintf(&rows, "| %s | %s | %s | %s | %s | %s |\n", e.Name, e.Suffix, kinds[e.Kind], purl, order, named)
	}
	return rows.String()
}

func distributionRows() string {
	var rows strings.Builder
	for _, d := range ecosystem.Distributions() {
		var channels []string
		for _, c := range d.Channels {
			channels = append(channels, "`"+c+"`")
		}
		for _, c := range d.Paid {
			channels = append(channels, "paid `"+c+"`")
		}
		for _, b := range d.Bases {
			text := "packages of `" + b.ID + "` " + cmp.Or(b.Release, "of the same release")
			if b.Of != "" {
				text += " for " + b.Of
			}
			channels = append(channels, text)
		}
		for _, c := range d.Instead {
			channels = append(channels, "else `"+c+"`")
		}
		fmt.Fprintf(&rows, "| `%s` | %s | %s | %s |\n", d.ID, cmp.Or(strings.Join(channels, ", "), "nothing"), parts[d.Counts],
			d.Lifecycle)
	}
	return rows.String()
}

// TestTablesAreSorted: rows are found by eye.
func TestTablesAreSorted(t *testing.T) {
	all, lines := ecosystem.All(), ecosystem.Distributions()
	byName := func(a, b ecosystem.Ecosystem) int {
		return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
	}
	if !slices.IsSortedFunc(all, byName) {
		t.Error("ecosystems are not sorted")
	}
	byID := func(a, b ecosystem.Distribution) int { return strings.Compare(a.ID, b.ID) }
	if !slices.IsSortedFunc(lines, byID) {
		t.Error("distributions are not sorted")
	}
}
