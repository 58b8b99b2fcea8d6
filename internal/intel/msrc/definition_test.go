package msrc_test

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/msrc"
)

const header = `"DatePosted","CVE","BulletinKB","Title","AffectedProduct","AffectedComponent","Severity","Impact","Supersedes","Exploits"` + "\r\n"

func day(year, month, of int) time.Time {
	return time.Date(year, time.Month(month), of, 0, 0, 0, 0, time.UTC)
}

const catalog = "https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB"

// byName returns records by their names.
func byName(records []intel.Record) map[string]intel.Record {
	named := map[string]intel.Record{}
	for _, r := range records {
		named[r.Source] = r
	}
	return named
}

// short writes what an update says beside its CVE.
func short(u intel.Update) string {
	return strings.Join([]string{u.Product, u.ID, u.Title, strings.Join(u.Supersedes, " ")}, "|")
}

func shorts(updates []intel.Update) (list []string) {
	for _, u := range updates {
		list = append(list, short(u))
	}
	return list
}

// TestDefinitions reads rows of every sort that is in the real list.
func TestDefinitions(t *testing.T) {
	records, odd := inteltest.Parse(t, msrc.Feed{}, os.DirFS("testdata"))
	if len(odd) != 1 || !strings.Contains(odd[0].Error(), `CVE "CVE"`) {
		t.Errorf("left out: %v", odd)
	}
	named := byName(records)
	hyperV := intel.Update{CVE: "CVE-2025-48807", Product: "Windows 10 Version 21H2 for x64-based Systems", ID: "5065429",
		Title: "September 2025 Security Updates", URL: catalog + "5065429", Published: day(2025, 9, 9), Supersedes: []string{"5063709"},
		Severity: intel.SeverityCritical}
	newer := hyperV
	newer.Product = "Windows 10 Version 22H2 for x64-based Systems"
	want := intel.Record{Source: "CVE-2025-48807", Publisher: "wesng", Published: day(2025, 9, 9), Modified: day(2025, 9, 9),
		Updates: []intel.Update{hyperV, newer}}
	if diff := cmp.Diff(want, named["CVE-2025-48807"]); diff != "" {
		t.Errorf("a CVE with two products (-want +got):\n%s", diff)
	}
	for source, want := range map[string][]string{
		// Microsoft changed what it says of the CVE in October; the update is of September all the same.
		"CVE-2025-54112": {"Windows 10 Version 22H2 for x64-based Systems|5065429|September 2025 Security Updates|5063709"},
		"KB4014329": {"Windows 10 Version 1511 for x64-based Systems|4014329|March 2017 Security Updates|4010250",
			"Windows 10 Version 1607 for 32-bit Systems|4014329|March 2017 Security Updates|4010250",
			"Windows 10 Version 1607 for x64-based Systems|4014329|March 2017 Security Updates|4010250"},
		"CVE-2015-6083": {"Windows Internet Explorer 8 on Windows 7 for x64-based Systems Service Pack 1|3104002|December 2015 Security Updates|3100773"},
		"CVE-2023-36866": {"Microsoft 365 Apps for Enterprise for 64-bit Systems||March 2024 Security Updates|",
			"Microsoft Office LTSC 2021 for 32-bit editions||March 2024 Security Updates|"},
		"CVE-2020-1341":  {"Microsoft Edge (Chromium-based)||July 2020 Security Updates|"},
		"CVE-2018-8378":  {"Microsoft Office 2010 Service Pack 2 (32-bit editions)|3213636|August 2018 Security Updates|3118389 4022173"},
		"CVE-2016-3247":  {"Windows 10 Version 1511 for x64-based Systems|3185614|September 2016 Security Updates|"},
		"CVE-2012-0159":  {"Microsoft Communicator 2007 R2|2708980|June 2012 Security Updates|"},
		"CVE-2015-2442":  {"Windows 10 for x64-based Systems|3081434|August 2015 Security Updates|"},
		"CVE-2015-2446":  {"Windows 10 for x64-based Systems|3081434|August 2015 Security Updates|"},
		"CVE-2024-43468": {"Microsoft Configuration Manager 2303|29166583|October 2024 Security Updates|"},
		"ADV160001":      {"Adobe Flash Player on Windows 8.1 for 32-bit systems|3154132|April 2016 Security Updates|3144756"},
		"CVE-2021-1683":  {"Windows Server 2012 R2|4598285|January 2021 Security Updates|4592484"},
		"KB2919355": {"Windows 8.1 for 32-bit Systems|2919355|Windows 8.1 Update 1 for 32-bit Systems (KB2919355)|2883200",
			"Windows 8.1 for x64-based Systems|2919355|Windows 8.1 Update 1 for x64-based Systems (KB2919355)|2883200"},
		"KB3125574": {"Windows 7 for 32-bit Systems Service Pack 1|3125574|Update for Windows 7 (KB3125574)|976932"},
	} {
		if diff := cmp.Diff(want, shorts(named[source].Updates)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", source, diff)
		}
	}
	for _, source := range []string{"CVE-2017-17522", "CVE-1999-0656", "SP81X86", "KB"} { // of a distribution; no update
		if r, ok := named[source]; ok {
			t.Errorf("%+v", r)
		}
	}
	if u := named["KB4014329"].Updates[0]; u.CVE != "" {
		t.Errorf("an update without a CVE names %q", u.CVE)
	}
}

// TestComponents: until March 2017 a component with a number is installed on Windows; later it is a part of it.
func TestComponents(t *testing.T) {
	for row, want := range map[string]string{
		`"20170314","CVE-2017-1000","4012204","","Windows 7","Internet Explorer 11","","","",`:            "Internet Explorer 11 on Windows 7",
		`"20150811","CVE-2015-1000","3081434","","Microsoft Windows XP","VBScript 5.7","","","",`:         "VBScript 5.7 on Microsoft Windows XP",
		`"20170314","CVE-2017-1000","4012204","","Windows 7","Windows Kernel","","","",`:                  "Windows 7",
		`"20170314","CVE-2017-1000","4012204","","Windows 7","Windows 7","","","",`:                       "Windows 7",
		`"20170411","CVE-2017-1000","4015549","","Windows 7","Windows SMBv3 Client","","","",`:            "Windows 7",
		`"20150811","CVE-2015-1000","3081434","","Microsoft Office 2010","Microsoft Word 2010","","","",`: "Microsoft Office 2010",
	} {
		records, _ := inteltest.Parse(t, msrc.Feed{}, inteltest.File("a.csv", header+row))
		if len(records) != 1 || len(records[0].Updates) != 1 || records[0].Updates[0].Product != want {
			t.Errorf("%s: %+v, want %q", row, records, want)
		}
	}
}

// TestRowsOfSeveralLines: a field may have line breaks, and one that does not end costs its row alone.
func TestRowsOfSeveralLines(t *testing.T) {
	row := `"20250909","CVE-2025-%d","5065429","a ""title"", and more","Windows 11","","Critical","","506%d` + "\r\n" + `",` + "\r\n"
	text := header + fmt.Sprintf(row, 1000, 1000) + `"20250909","CVE-2025-2000","5065429","no end` + "\r\n" + fmt.Sprintf(row, 1001, 1001)
	records, odd := inteltest.Parse(t, msrc.Feed{}, inteltest.File("a.csv", text))
	want := []string{"Windows 11|5065429|September 2025 Security Updates|5061000",
		"Windows 11|5065429|September 2025 Security Updates|5061001"}
	var got []string
	for _, r := range records {
		got = append(got, shorts(r.Updates)...)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(odd) != 1 || !strings.Contains(odd[0].Error(), `"a.csv#4"`) {
		t.Errorf("left out: %v (-want +got):\n%s", odd, diff)
	}
	long := header + `"20250909","CVE-2025-2000","5065429","` + strings.Repeat("no end\n", 10_000) + fmt.Sprintf(row, 1000, 1000)
	if records, odd := inteltest.Parse(t, msrc.Feed{}, inteltest.File("a.csv", long)); len(records) != 1 || len(odd) == 0 {
		t.Errorf("%d records, left out: %d", len(records), len(odd))
	}
}

// TestBadRows: each costs itself only, and is told.
func TestBadRows(t *testing.T) {
	good := `"20250909","CVE-2025-1000","5065429","","Windows 11","","Critical","","",` + "\r\n"
	for name, row := range map[string]string{
		"no day":       `"","CVE-2025-2000","5065430","","Windows 11","","Critical","","",`,
		"no such day":  `"20251345","CVE-2025-2000","5065430","","Windows 11","","Critical","","",`,
		"no product":   `"20250909","CVE-2025-2000","5065430",""," ","","Critical","","",`,
		"another name": `"20250909","GHSA-1","5065430","","Windows 11","","Critical","","",`,
		"few fields":   `"20250909","CVE-2025-2000","5065430"`,
		"many fields":  `"20250909","CVE-2025-2000","5065430","","Windows 11","","Critical","","",,`,
		"long":         `"20250909","CVE-2025-2000","5065430","` + strings.Repeat("x", 20_000) + `","Windows 11","","Critical","","",`,
	} {
		records, odd := inteltest.Parse(t, msrc.Feed{}, inteltest.File("a.csv", header+good+row+"\r\n"+strings.ReplaceAll(good, "1000", "1001")))
		if len(records) != 2 || len(odd) != 1 || !strings.Contains(odd[0].Error(), `"a.csv#3"`) {
			t.Errorf("%s: %d records, left out: %.200v", name, len(records), odd)
		}
	}
	for name, text := range map[string]string{"nothing": "", "another list": "cve,epss\nCVE-2025-1000,1\n", "only a head": header,
		"only bad ones": header + `"x"` + "\r\n"} {
		if err := inteltest.Failure(t, msrc.Feed{}, inteltest.File("a.csv", text)); !errors.Is(err, intel.ErrNoRecords) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestOrder: the records do not depend on the order of rows, nor on the files that have them, nor on repeated
// rows.
func TestOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rows []string
		for range rapid.IntRange(1, 30).Draw(t, "rows") {
			rows = append(rows, fmt.Sprintf(`"202509%02d","%s","%s","","Windows %d","","%s","","%s",`+"\r\n",
				rapid.IntRange(1, 4).Draw(t, "day"), rapid.SampledFrom([]string{"", "CVE-2025-1000", "CVE-2025-1001", "SP1"}).Draw(t, "cve"),
				rapid.SampledFrom([]string{"", "5065429", "5065430", "Release Notes"}).Draw(t, "id"), rapid.IntRange(10, 12).Draw(t, "product"),
				rapid.SampledFrom([]string{"", "Critical", "Low"}).Draw(t, "severity"),
				rapid.SampledFrom([]string{"", "5063709", "5063709;5063708"}).Draw(t, "supersedes")))
		}
		parse := func(files fstest.MapFS) (records []intel.Record) {
			for r, err := range (msrc.Feed{}).Parse(t.Context(), files) {
				if err != nil && !errors.Is(err, intel.ErrNoRecords) {
					t.Fatal(err)
				}
				records = append(records, r)
			}
			return records
		}
		want := parse(fstest.MapFS{"a.csv": {Data: []byte(header + strings.Join(rows, ""))}})
		shuffled := slices.Clone(rows)
		random := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		cut := rapid.IntRange(0, len(rows)).Draw(t, "cut")
		got := parse(fstest.MapFS{"a.csv": {Data: []byte(header + strings.Join(shuffled[cut:], ""))},
			"b.zip": {Data: zipped(t, "b.csv", header+strings.Join(shuffled[:cut], ""))}})
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-in order +shuffled):\n%s", diff)
		}
	})
}

// fataler is a test of either kind.
type fataler interface{ Fatal(...any) }

func zipped(t fataler, name, text string) []byte {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.Create(name)
	if err == nil {
		_, err = w.Write([]byte(text))
	}
	if err = errors.Join(err, z.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// TestRealDefinitions counts what the README of the real list counts, and what is known of some updates.
func TestRealDefinitions(t *testing.T) {
	records, odd := inteltest.Parse(t, msrc.Feed{}, inteltest.Shared(t, "msrc/wesng-definitions.zip"))
	if len(odd) != 34 { // bulletins that have "CVE" as the id
		t.Errorf("%d rows were left out: %.500v", len(odd), odd)
	}
	ids, cves, products := map[string]bool{}, 0, map[string]bool{}
	for _, r := range records {
		if intel.IsCVE(r.Source) {
			cves++
		}
		for _, u := range r.Updates {
			ids[u.ID] = true
			products[u.Product] = true
			if u.Title == "" || u.Published.IsZero() || (u.ID == "") != (u.URL == "") || u.CVE == "" && u.ID == "" {
				t.Fatalf("%s: %+v", r.Source, u)
			}
		}
	}
	t.Logf("%d records, %d CVEs, %d updates, %d products", len(records), cves, len(ids), len(products))
	if cves < 13_500 || len(ids) < 7_500 || len(products) < 2_000 {
		t.Errorf("%d records, %d CVEs, %d updates, %d products", len(records), cves, len(ids), len(products))
	}
	named := byName(records)
	for source, want := range map[string]string{ // doc/contract.md, section 4
		"CVE-2026-20805": "Windows 10 Version 22H2 for x64-based Systems|5073724|January 2026 Security Updates|5071546",
		"CVE-2025-48807": "Windows 10 Version 22H2 for x64-based Systems|5065429|September 2025 Security Updates|5063709",
	} {
		if got := shorts(named[source].Updates); !slices.Contains(got, want) {
			t.Errorf("%s: %q, want %q among them", source, got, want)
		}
	}
	agree(t, records)
}

// agree checks that of a CVE, a product and a number that both forms have, months say the same as lists.
func agree(t *testing.T, listed []intel.Record) {
	type key struct{ cve, product, id string }
	rows := map[key]intel.Update{}
	for _, r := range listed {
		for _, u := range r.Updates {
			rows[key{u.CVE, strings.ToLower(u.Product), u.ID}] = u
		}
	}
	both, months, supersedes, alone := 0, 0, 0, 0
	for _, name := range []string{"2020-dec", "2021-jan"} {
		records, _ := inteltest.Parse(t, msrc.Feed{}, inteltest.Shared(t, "msrc/cvrf-v2-"+name+".json.gz"))
		for _, r := range records {
			for _, u := range r.Updates {
				row, ok := rows[key{u.CVE, strings.ToLower(u.Product), u.ID}]
				if u.ID == "" || !ok {
					alone++
					continue
				}
				both++
				if row.Title == u.Title {
					months++
				}
				if slices.Equal(row.Supersedes, u.Supersedes) {
					supersedes++
				}
			}
		}
	}
	t.Logf("%d updates of both, %d with the same month, %d with the same that they replace; %d in months alone", both, months, supersedes, alone)
	if both < 2000 || months*100 < both*99 || supersedes*100 < both*95 {
		t.Errorf("%d updates of both, %d with the same month, %d with the same that they replace", both, months, supersedes)
	}
}

func FuzzDefinitions(f *testing.F) {
	f.Add(header + `"20250909","CVE-2025-48807","5065429","","Windows 10","Role","Critical","","5063709",` + "\r\n")
	f.Add(header + "# Service Packs\r\n" + `"20150407","SP81U1X86","2919355","a ""b""","Windows 8.1","","Critical","","2883200;SP81X86",""` + "\n\"\n\"x\"\"")
	f.Add("DatePosted,CVE,BulletinKB,Title,AffectedProduct,AffectedComponent,Severity,Impact,Supersedes\n20250909,ADV1,,,W,,,,\n")
	f.Fuzz(func(t *testing.T, text string) {
		msrc.IsBeginning([]byte(text))
		for r, err := range (msrc.Feed{}).Parse(t.Context(), inteltest.File("e.csv", text)) {
			if err != nil {
				continue
			}
			for _, u := range r.Updates {
				if r.Source == "" || u.Product == "" || u.CVE == "" && u.ID == "" || strings.Trim(u.ID, "0123456789") != "" ||
					u.CVE != "" && u.CVE != r.Source || slices.Contains(u.Supersedes, u.ID) {
					t.Errorf("%q: %+v", r.Source, u)
				}
			}
		}
	})
}
