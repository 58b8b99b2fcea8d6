package row_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/row"
	"pgregory.net/rapid"
)

// Scan accepts the written form and nothing similar, and says what is wrong.
func TestScanIsStrict(t *testing.T) {
	tests := []struct {
		name, old, new string // a part of a good row, and its replacement
		want           string // part of the error
	}{
		{"nothing", "", "", "found the end"},
		{"byte order mark", `{"Id"`, "\ufeff" + `{"Id"`, `want {"Id": at offset 0`},
		{"space before a key", `,"DeviceId"`, `, "DeviceId"`, `want ,"DeviceId":`},
		{"space before a value", `"CvssScore":7.0`, `"CvssScore": 7.0`, "CvssScore to be a number"},
		{"camelCase", `"DeviceId"`, `"deviceId"`, `want ,"DeviceId":`},
		{"unknown key", `,"CvssScore"`, `,"Extra":1,"CvssScore"`, `want ,"CvssScore":`},
		{"missing key", `"OSArchitecture":"x64",`, ``, `want ,"OSArchitecture":`},
		{"missing CVE", `"CveId":"CVE-2024-50264",`, ``, `want ,"CveId":`},
		{"null", `"CveMitigationStatus":"Mitigated"`, `"CveMitigationStatus":null`, "CveMitigationStatus to be a string"},
		{"null paths", `"DiskPaths":[]`, `"DiskPaths":null`, "DiskPaths to be an array of strings"},
		{"swapped keys", `"DiskPaths":[],"RegistryPaths":[]`, `"RegistryPaths":[],"DiskPaths":[]`, `want ,"DiskPaths":`},
		{"open array", `"DiskPaths":[]`, `"DiskPaths":["a"`, "DiskPaths to be an array of strings"},
		{"trailing comma", `"DiskPaths":[]`, `"DiskPaths":["a",]`, "DiskPaths to be an array of strings"},
		{"number in an array", `"DiskPaths":[]`, `"DiskPaths":[1]`, "DiskPaths to be an array of strings"},
		{"control character", "host.ex", "host\x01ex", `DeviceName to be a string at offset`},
		{"newline in a string", "host.ex", "host\nex", "DeviceName to be a string"},
		{"not UTF-8", "host.ex", "host\xffex", "DeviceName to be a string"},
		{"bare line separator", "host.ex", "host\u2028ex", "DeviceName to be a string"},
		{"needless escape", "host.ex", `host\/ex`, "DeviceName to be a string"},
		{"needless unicode escape", "host.ex", `host\u0041ex`, "DeviceName to be a string"},
		{"long form of a short escape", "host.ex", `host\u000aex`, "DeviceName to be a string"},
		{"upper-case escape", "host.ex", `host\u001Fex`, "DeviceName to be a string"},
		{"half an escape", "host.ex", `host\u00`, "DeviceName to be a string"},
		{"leading zero", `"RbacGroupId":0`, `"RbacGroupId":00`, "RbacGroupId to be a whole number"},
		{"minus zero", `"RbacGroupId":0`, `"RbacGroupId":-0`, "RbacGroupId to be a whole number"},
		{"fraction", `"RbacGroupId":0`, `"RbacGroupId":0.5`, `want ,"RbacGroupName":`},
		{"65 bits", `"RbacGroupId":0`, `"RbacGroupId":9223372036854775808`, "RbacGroupId to be a whole number"},
		{"no digits", `"RbacGroupId":0`, `"RbacGroupId":-`, "RbacGroupId to be a whole number"},
		{"trailing zeros", `"CvssScore":7.0`, `"CvssScore":7.00`, "CvssScore to be a number"},
		{"too large a number", `"CvssScore":7.0`, `"CvssScore":1e999`, "CvssScore to be a number"},
		{"word for a boolean", `"IsOnboarded":true`, `"IsOnboarded":yes`, "IsOnboarded to be true or false"},
		{"day that is not", "2025-09-17 14", "2025-09-31 14", "LastSeenTimestamp to be a time"},
		{"hour that is not", "2025-09-17 14", "2025-09-17 24", "LastSeenTimestamp to be a time"},
		{"RFC 3339", "2025-09-17 14", "2025-09-17T14", "LastSeenTimestamp to be a time"},
		{"zero at the end of a fraction", "11:18:18", "11:18:18.8470", "FirstSeenTimestamp to be a time"},
		{"eight digits of fraction", "11:18:18", "11:18:18.84769812", "FirstSeenTimestamp to be a time"},
		{"empty fraction", "11:18:18", "11:18:18.", "FirstSeenTimestamp to be a time"},
		{"carriage return", "}\n", "}\r\n", "the end of the row"},
		{"no newline", "}\n", "}", "the end of the row"},
		{"too long", "host.ex", strings.Repeat("x", row.MaxRow), "longer than 16777216 bytes"},
	}
	rows := bytes.SplitAfter(sample(defender.Vulnerabilities), []byte("\n"))
	good := string(rows[2])
	good = strings.Replace(good, good[strings.Index(good, `"DiskPaths"`):strings.Index(good, `,"LastSeen`)],
		`"DiskPaths":[],"RegistryPaths":[]`, 1)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			line := strings.Replace(good, test.old, test.new, 1)
			if test.old == "" {
				line = ""
			} else if line == good {
				t.Fatalf("row has no %q", test.old)
			}
			var scanned row.Row
			rest, err := row.ShapeOf(defender.Vulnerabilities, false).Scan(&scanned, []byte(line))
			if !errors.Is(err, row.ErrRow) || !strings.Contains(err.Error(), test.want) || len(err.Error()) > 400 {
				t.Errorf("error %v, want ErrRow with %q", err, test.want)
			}
			if rest != nil || scanned.Line() != nil || scanned.Value(defender.FieldDeviceID) != nil {
				t.Errorf("row %q and rest %q are left", scanned.Line(), rest)
			}
		})
	}
}

// Every truncated row is an error, never a panic.
func TestScanOfCutRows(t *testing.T) {
	eachShape(t, func(t *testing.T, s *row.Shape, rows []byte) {
		line, _, _ := bytes.Cut(rows, []byte("\n"))
		for i := range len(line) + 1 {
			if _, err := s.Scan(new(row.Row), line[:i:i]); !errors.Is(err, row.ErrRow) {
				t.Fatalf("scanning the first %d bytes: error %v", i, err)
			}
		}
	})
}

func TestValue(t *testing.T) {
	rows := scanAll(t, row.ShapeOf(defender.Vulnerabilities, false), sample(defender.Vulnerabilities))
	tests := []struct {
		field defender.Field
		want  string
	}{
		{defender.FieldDeviceID, `"00044f68765bbaf712342dbe6db733b6a9c59ab4"`},
		{defender.FieldRBACGroupID, `12`},
		{defender.FieldCVEID, `"CVE-2024-9143"`},
		{defender.FieldDiskPaths, `[]`},
		{defender.FieldCVSSScore, `0.0`},
		{defender.FieldVulnerabilitySeverityLevel, ``}, // null
		{defender.FieldConfigurationID, ``},            // of another shape
		{defender.Field(255), ``},
	}
	for _, test := range tests {
		got := rows[1].Value(test.field)
		if string(got) != test.want || (got == nil) != (test.want == "") {
			t.Errorf("%v is %q, want %q", test.field, got, test.want)
		}
	}
}

func TestSeenTimes(t *testing.T) {
	tests := []struct {
		dataset     defender.Dataset
		first, last string // of the first sample row; "" if rows have none
	}{
		{defender.Configurations, "", "2025-09-17 14:52:23"},
		{defender.Software, "2025-09-10 11:18:18", ""},
		{defender.Vulnerabilities, "2025-09-10 11:18:18", "2025-09-17 14:52:23"},
		{defender.CleanSoftware, "2025-09-10 11:18:18", "2025-09-17 14:52:23"},
		{defender.NoProductCode, "", "2025-09-17 14:52:23"},
		{defender.NonCVEAdvisories, "2025-09-10 11:18:18", "2025-09-17 14:52:23"},
	}
	for _, test := range tests {
		row := scanAll(t, row.ShapeOf(test.dataset, false), sample(test.dataset))[0]
		first, hasFirst := row.FirstSeen()
		last, hasLast := row.LastSeen()
		if first.String() != test.first || last.String() != test.last || hasFirst != (test.first != "") ||
			hasLast != (test.last != "") {
			t.Errorf("%v: first seen %v (%v), last seen %v (%v)", test.dataset, first, hasFirst, last, hasLast)
		}
	}
}

// A last-seen time is not a change; anything else is.
func TestEqualButLastSeen(t *testing.T) {
	later := row.NewTimestamp(time.Date(2026, 1, 2, 3, 4, 5, 600_000_000, time.UTC))
	eachShape(t, func(t *testing.T, s *row.Shape, lines []byte) {
		rows := scanAll(t, s, lines)
		for i, scanned := range rows {
			again := scanAll(t, s, s.AppendLastSeen(nil, scanned, later))[0]
			if !row.EqualButLastSeen(scanned, again) {
				t.Errorf("row changed with its last-seen time:\n%s%s", scanned.Line(), again.Line())
			}
			if got, ok := again.LastSeen(); ok && got.Time().Truncate(time.Second) != later.Time().Truncate(time.Second) {
				t.Errorf("last seen %v, want %v", got, later)
			}
			if other := rows[(i+1)%len(rows)]; row.EqualButLastSeen(scanned, other) {
				t.Errorf("rows differ, and yet not:\n%s%s", scanned.Line(), other.Line())
			}
		}
	})
}

// Rows are in the order of their keys, and of their pieces' keys.
func TestCompareKeys(t *testing.T) {
	device, evidence := windows.Piece(), row.Evidence(nil, nil)
	rapid.Check(t, func(t *rapid.T) {
		var rows [2]*row.Row
		var keys [2][]byte
		word := rapid.SampledFrom([]string{"", "a", "a ", "a!", `a"`, "a#", "a\x00", "aa", "b", "ä"})
		for i := range rows {
			v := row.Vulnerability{CVE: "CVE" + word.Draw(t, "cve")}
			v.Vendor, v.Name, v.Version = word.Draw(t, "vendor"), word.Draw(t, "name"), word.Draw(t, "version")
			piece := v.Piece()
			rows[i], keys[i] = new(row.Row), piece.Key()
			line := row.AppendVulnerability(nil, &device, &piece, &evidence, seen, firstSeen)
			if _, err := row.ShapeOf(defender.Vulnerabilities, false).Scan(rows[i], line); err != nil {
				t.Fatal(err)
			}
		}
		if got, want := row.CompareKeys(rows[0], rows[1]), bytes.Compare(keys[0], keys[1]); got != want {
			t.Errorf("rows compare %d, keys %q and %q compare %d", got, keys[0], keys[1], want)
		}
	})
}

// Rows that Scan accepts could have been written by the Append functions, or were in an earlier
// version: their values, encoded by encoding/json, make the present form of the file row, and the
// same page.
func FuzzScan(f *testing.F) {
	for d := range defender.Dataset(defender.DatasetCount) {
		for _, scanned := range scanAll(f, row.ShapeOf(d, false), sample(d)) {
			f.Add(uint8(d), false, scanned.Line())
			f.Add(uint8(d), true, row.ShapeOf(d, false).AppendDelta(nil, scanned, defender.New, happened))
		}
	}
	f.Fuzz(func(t *testing.T, number uint8, delta bool, lines []byte) {
		checkScan(t, row.ShapeOf(defender.Dataset(number)%defender.DatasetCount, delta), lines)
	})
}

// The same law for rows with a small edit, which are often valid rows.
func TestScanOfEditedRows(t *testing.T) {
	snippets := []string{"", "0", "7", "9.8", "-", ".", "e+30", "true", "false", "null", `"`, `","`, `\"`, `\\`,
		`\n`, `\u001f`, `\u2028`,
		" ", "\x00", "é", "\xff", "😀", "[", "]", "{", "}", ",", "\n", `"CveBatchUrl":"",`}
	rapid.Check(t, func(t *rapid.T) {
		d := defender.Dataset(rapid.IntRange(0, defender.DatasetCount-1).Draw(t, "dataset"))
		rows := sample(d)
		start := rapid.IntRange(0, len(rows)).Draw(t, "start")
		end := min(len(rows), start+rapid.IntRange(0, 3).Draw(t, "length"))
		snippet := rapid.SampledFrom(snippets).Draw(t, "snippet")
		edited := slices.Concat(rows[:start], []byte(snippet), rows[end:])
		for line := range bytes.Lines(edited) {
			checkScan(t, row.ShapeOf(d, false), line)
		}
	})
}

// checkScan scans lines. If they are accepted, it decodes them and their page into the documented
// struct, and compares both with the result of encoding/json.
func checkScan(t fataler, s *row.Shape, lines []byte) {
	var scanned row.Row
	rest, err := s.Scan(&scanned, lines)
	if err != nil {
		if !errors.Is(err, row.ErrRow) {
			t.Fatalf("error %v is no ErrRow", err)
		}
		return
	}
	line, page := scanned.Line(), s.AppendPage(nil, &scanned)
	if len(line)+len(rest) != len(lines) {
		t.Fatalf("%d bytes scanned, %d left, of %d", len(line), len(rest), len(lines))
	}
	file, shown := documented(s), documented(s)
	current := s.AppendCurrent(nil, &scanned)
	decode(t, current, file)
	decode(t, page, shown)
	if bytes.Contains(line, []byte(`\ufffd`)) { // decodes to a character that needs no escape
		return
	}
	if want := encode(t, fileForm(deref(file))); string(current) != want {
		t.Fatalf("file row:\n got %s\nwant %s", current, want)
	}
	var again row.Row
	if _, err := s.Scan(&again, current); err != nil || !row.EqualButLastSeen(&scanned, &again) {
		t.Fatalf("the present form has other values:\n%s%s", line, current)
	}
	if want := encode(t, shown); string(page)+"\n" != want {
		t.Fatalf("page:\n got %s\nwant %s", page, want)
	}
}
