package quality

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf16"
)

// testCase is one story: feeds and inputs as a user has them, and what the exports must have. A
// case is a folder with case.json and the files that it names, or one text file of testdata/case,
// in which a line "-- NAME --" begins each file.
type testCase struct {
	// Feeds are kind, path and name.
	Feeds [][3]string `json:"feeds"`
	// Inputs are folders to collect and files to report, with flags.
	Inputs []struct {
		Collect, Report string
		Args            []string
	} `json:"inputs"`
	// Links are symbolic links to make, with their targets.
	Links [][2]string `json:"links"`
	// Encode names files that are written in another encoding than UTF-8: utf-16le, utf-16be,
	// utf-8-bom, or gzip in base64.
	Encode map[string]string `json:"encode"`
	Expect *expectation      `json:"expect"`
}

// expectation is what must hold. What is not named is free.
type expectation struct {
	// Findings, Software and Configurations are rows that the exports must have, and NoFindings rows
	// that they must not have. A row is some of its columns; a list is any of its values.
	Findings       []row `json:"findings"`
	NoFindings     []row `json:"noFindings"`
	Software       []row `json:"software"`
	Configurations []row `json:"configurations"`
	// NoOtherFindings says that Findings is complete.
	NoOtherFindings bool `json:"noOtherFindings"`
	// Reports are parts of collected reports by folder: null must be absent, and a list is complete.
	Reports map[string]any `json:"reports"`
	// Messages are texts that importing a feed or collecting must say.
	Messages map[string][]string `json:"messages"`
	// Refused names feeds and inputs that must be refused.
	Refused []string `json:"refused"`
	// AnyOf are alternatives, one of which must hold beside the rest.
	AnyOf []expectation `json:"anyOf"`
}

// outcome is what came of a case.
type outcome struct {
	rows    map[string][]row
	reports map[string]any
	said    map[string]string
	refused map[string]error
}

// unpackCase writes the files of a text case to a folder.
func unpackCase(text, folder string) error {
	name := ""
	files := map[string]*strings.Builder{}
	for line := range strings.Lines(text) {
		if inner, ok := strings.CutPrefix(strings.TrimSpace(line), "-- "); ok && strings.HasSuffix(inner, " --") {
			name = strings.TrimSuffix(inner, " --")
			files[name] = &strings.Builder{}
		} else if name != "" {
			files[name].WriteString(line)
		}
	}
	var c testCase
	if files["case.json"] == nil {
		return fmt.Errorf("no case.json")
	}
	if err := json.Unmarshal([]byte(files["case.json"].String()), &c); err != nil {
		return err
	}
	for name, content := range files {
		data, err := encoded(content.String(), c.Encode[name])
		if err == nil {
			err = os.MkdirAll(filepath.Join(folder, filepath.Dir(name)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), data, 0o644)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// encoded writes a text in an encoding.
func encoded(text, encoding string) ([]byte, error) {
	var b bytes.Buffer
	switch encoding {
	case "":
		return []byte(text), nil
	case "utf-8-bom":
		return []byte("\ufeff" + text), nil
	case "utf-16le", "utf-16be":
		for _, unit := range utf16.Encode([]rune("\ufeff" + text)) {
			pair := []byte{byte(unit), byte(unit >> 8)}
			if encoding == "utf-16be" {
				slices.Reverse(pair)
			}
			b.Write(pair)
		}
		return b.Bytes(), nil
	case "gzip":
		packed, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
		if err != nil {
			return nil, err
		}
		plain, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			return nil, err
		}
		return io.ReadAll(plain)
	}
	return nil, fmt.Errorf("unknown encoding %q", encoding)
}

// runCase runs the case in a folder, which may be changed. shared is the folder of the shared data.
func runCase(t *tally, name, folder, shared string) {
	t.Helper()
	var c testCase
	text, err := os.ReadFile(filepath.Join(folder, "case.json"))
	if err == nil {
		err = json.Unmarshal(text, &c)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if c.Expect == nil {
		return
	}
	got := c.run(t, folder, shared)
	if len(c.Expect.AnyOf) == 0 {
		c.Expect.judge(t, name, got)
		return
	}
	var nearest map[string]judgement
	for _, alternative := range c.Expect.AnyOf {
		try := &tally{TB: t.TB, rows: map[string]judgement{}}
		c.Expect.judge(try, name, got)
		alternative.judge(try, name, got)
		if nearest == nil || wrongRows(try.rows) < wrongRows(nearest) {
			nearest = try.rows
		}
	}
	for row, j := range nearest {
		t.judge(row, j.wanted, j.given)
	}
}

func wrongRows(rows map[string]judgement) (n int) {
	for _, j := range rows {
		if j.wanted != j.given {
			n++
		}
	}
	return n
}

// run feeds a case to the program.
func (c *testCase) run(t *tally, folder, shared string) outcome {
	t.Helper()
	for _, link := range c.Links {
		path := filepath.Join(folder, link[0])
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(link[1], path); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
	}
	p := newProgram(t.TB)
	got := outcome{reports: map[string]any{}, said: map[string]string{}, refused: map[string]error{}}
	for _, feed := range c.Feeds {
		path, inShared := strings.CutPrefix(feed[1], "shared:")
		if inShared {
			path = filepath.Join(shared, path)
		} else {
			path = filepath.Join(folder, path)
		}
		got.said[feed[2]], got.refused[feed[2]] = p.importFeed(feed[0], path, feed[2])
	}
	for _, in := range c.Inputs {
		if in.Collect != "" {
			got.reports[in.Collect], got.said[in.Collect], got.refused[in.Collect] =
				p.collect(filepath.Join(folder, in.Collect), argumentsOf(in.Args))
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, in.Report))
		if err != nil {
			t.Fatal(err)
		}
		got.refused[in.Report] = p.report(text, argumentsOf(in.Args))
	}
	got.rows = p.publish()
	return got
}

// judge judges a row for each thing that must hold or must not.
func (e *expectation) judge(t *tally, name string, got outcome) {
	t.Helper()
	for _, call := range slices.Sorted(maps.Keys(exportCalls())) {
		wanted := map[string][]row{"findings": e.Findings, "software": e.Software, "configurations": e.Configurations}[call]
		for _, w := range wanted {
			t.judge(fmt.Sprintf("%s: %s %s", name, call, w), true, slices.ContainsFunc(got.rows[call], w.matches))
		}
	}
	for _, w := range e.NoFindings {
		t.judge(fmt.Sprintf("%s: findings %s", name, w), false, slices.ContainsFunc(got.rows["findings"], w.matches))
	}
	if e.NoOtherFindings {
		for _, r := range got.rows["findings"] {
			if !slices.ContainsFunc(e.Findings, func(w row) bool { return w.matches(r) }) {
				t.judge(fmt.Sprintf("%s: findings %v %v %v %v", name, r["deviceName"], r["softwareName"],
					r["softwareVersion"], r["cveId"]), false, true)
			}
		}
		t.judge(name+": no other findings", false, false)
	}
	for root, wanted := range e.Reports {
		difference := differs(got.reports[root], wanted, root)
		t.judge(fmt.Sprintf("%s: report of %s", name, root), true, difference == "")
		if difference != "" {
			t.Logf("%s: %s", name, difference)
		}
	}
	for from, texts := range e.Messages {
		for _, text := range texts {
			t.judge(fmt.Sprintf("%s: %s says %q", name, from, text), true, strings.Contains(got.said[from], text))
		}
	}
	for from, err := range got.refused {
		if wanted := slices.Contains(e.Refused, from); wanted || err != nil {
			t.judge(fmt.Sprintf("%s: %s is refused", name, from), wanted, err != nil)
		}
		if err != nil && !slices.Contains(e.Refused, from) {
			t.Logf("%s: %s: %v", name, from, err)
		}
	}
}

// matches reports whether a row of an export has the columns of w.
func (w row) matches(r row) bool {
	short := map[string]string{"device": "deviceName", "software": "softwareName", "version": "softwareVersion",
		"cve": "cveId"}
	for name, value := range w {
		if long := short[name]; long != "" {
			name = long
		}
		allowed, isList := value.([]any)
		if !isList {
			allowed = []any{value}
		}
		if !slices.Contains(allowed, r[name]) {
			return false
		}
	}
	return true
}

// String names a row by its columns.
func (w row) String() string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(w)) {
		words = append(words, fmt.Sprintf("%s=%v", name, w[name]))
	}
	return strings.Join(words, " ")
}

// differs returns the first place where a part of a report is not as wanted; "" if there is none.
func differs(got, wanted any, where string) string {
	switch wanted := wanted.(type) {
	case map[string]any:
		have, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v", where, got)
		}
		for _, name := range slices.Sorted(maps.Keys(wanted)) {
			if difference := differs(have[name], wanted[name], where+"."+name); difference != "" {
				return difference
			}
		}
		return ""
	case []any:
		left, _ := got.([]any)
		left = slices.Clone(left)
		for _, item := range wanted {
			at := slices.IndexFunc(left, func(x any) bool { return differs(x, item, "") == "" })
			if at < 0 {
				return fmt.Sprintf("%s lacks %v", where, item)
			}
			left = slices.Delete(left, at, at+1)
		}
		if len(left) > 0 {
			return fmt.Sprintf("%s also has %v", where, left[0])
		}
		return ""
	}
	if got != wanted {
		return fmt.Sprintf("%s is %v, not %v", where, got, wanted)
	}
	return ""
}
