package main

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/testneed"
)

// TestRefusedFeeds imports real feeds that are damaged or shrank. Each is refused, with its name
// and the reason, and the old feed stays.
func TestRefusedFeeds(t *testing.T) {
	s, shared := newSite(t), testneed.Shared(t)
	sample := filepath.Join(shared, "nvd/nvdcve-2.0-sample.json.gz")
	s.muster("feed", "import", "nvd", sample, "--name", "sample")
	s.muster("feed", "import", "osv", filepath.Join(shared, "osv/AlmaLinux-9/all.zip"), "--name", "AlmaLinux:9")
	before := s.muster("feed", "list", "--json")
	for _, test := range []struct {
		name string
		args []string
		want []string // in the complaint
	}{
		{"a truncated zip", []string{"osv", s.half(filepath.Join(shared, "osv/AlmaLinux-9/all.zip")),
			"--name", "AlmaLinux:9"},
			[]string{`"AlmaLinux:9"`, `"all.zip"`, "zip: not a valid zip file"}},
		{"a truncated gzip", []string{"nvd", s.half(sample)},
			[]string{`"nvdcve-2.0-sample.json.gz"`, "unexpected EOF"}},
		{"a truncated archive", []string{"nvd", s.half(filepath.Join(shared, "nvd/nvd-data-overrides-main.tar.gz"))},
			[]string{`"nvd-data-overrides-main.tar.gz"`, "unexpected EOF"}},
		{"a zip bomb", []string{"kev", s.file("catalog.json.gz", bomb(t, 65<<20))},
			[]string{`"catalog.json.gz"`, "too large"}},
		{"one that shrank", []string{"nvd", filepath.Join(shared, "nvd/nvd-api-2.0-page.json.gz"),
			"--name", "sample"},
			[]string{`feed "sample" has 38 records, had 92`, "--allow-shrink"}},
		{"another ecosystem", []string{"osv", filepath.Join(shared, "osv/AlmaLinux-8/all.zip"), "--name", "AlmaLinux:9"},
			[]string{`feed "AlmaLinux:9" held AlmaLinux:9 and would hold AlmaLinux:8`, "--replace"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			said := s.refuses(console.StatusInput, append([]string{"feed", "import"}, test.args...)...)
			for _, want := range test.want {
				if !strings.Contains(said, want) {
					t.Errorf("%q is not in %q", want, said)
				}
			}
			if after := s.muster("feed", "list", "--json"); after != before {
				t.Errorf("feeds are\n%s, were\n%s", after, before)
			}
		})
	}
}

// half copies the first half of a file, under its name.
func (s *site) half(path string) string {
	s.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		s.Fatal(err)
	}
	return s.file(filepath.Base(path), text[:len(text)/2])
}

// TestRefusedReports sends what no device should: it only costs its sender (law 6), and the valid
// report in between is in the snapshot.
func TestRefusedReports(t *testing.T) {
	s := newSite(t)
	good := &inventory.Report{Device: inventory.Device{Name: "good"},
		Software: []inventory.Software{{Name: "tool", Version: "1.0"}}}
	for _, test := range []struct {
		name, file string
		content    []byte
		want       string
	}{
		{"a zip bomb", "bomb.json.gz", bomb(t, 300<<20), "bomb.json.gz: line 1: the report has more than 16777216 bytes"},
		{"a truncated gzip", "cut.json.gz", bomb(t, 1<<20)[:500], "cut.json.gz: "},
		{"a truncated document", "cut.json", []byte(`{"device":{"name":"x"},"software":[{"name":"a"`), "cut.json: line 1: "},
		{"a version beyond the limit", "long.json", reportOf(strings.Repeat("1", 64<<10+1)),
			"long.json: software[0].version: is 65537 bytes long"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if said := s.refuses(console.StatusInput, "report",
				s.file(test.file, test.content)); !strings.Contains(said, test.want) {
				t.Errorf("%q is not in %q", test.want, said)
			}
			s.report(good)
		})
	}
	s.publish(1)
}

// bomb returns a compressed report that blanks make large.
func bomb(t *testing.T, size int) []byte {
	t.Helper()
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(w, `{"device":{"name":"bomb"},"software":[`)
	blank := bytes.Repeat([]byte(" "), 1<<20)
	for range size >> 20 {
		if _, err := w.Write(blank); err != nil {
			t.Fatal(err)
		}
	}
	fmt.Fprint(w, `]}`)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return packed.Bytes()
}

func reportOf(version string) []byte {
	return fmt.Appendf(nil, `{"device":{"name":"long","osPlatform":"Windows11"},"software":[
{"kind":"windows","vendor":"Google LLC","name":"Google Chrome","version":%[1]q},{"vendor":"Acme","name":"Rocket","version":%[1]q}]}`, version)
}

// TestLongVersion sends a version of 10,000 characters: it is not an error, has no finding, and is
// exported unchanged.
func TestLongVersion(t *testing.T) {
	s := newSite(t)
	version := strings.TrimSuffix(strings.Repeat("1.", 5000), ".")
	s.serve()
	s.muster("report", s.file("long.json", reportOf(version)))
	made := s.publish(1)
	if n := made.Totals.Rows["vulnerabilities"]; n != 0 {
		t.Errorf("%d findings", n)
	}
	rows := decodeRows[defender.AssetNonCpeSoftware](s, s.rows(export{callOf(defender.NoProductCode, false, false), ""}))
	if len(rows) != 2 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows {
		if row.SoftwareVersion != version {
			t.Errorf("%s: version of %d characters, of %d", row.SoftwareName, len(row.SoftwareVersion), len(version))
		}
	}
	s.muster("verify")
}

// TestRefusedTokens uses invalid skip tokens, and those of another export.
func TestRefusedTokens(t *testing.T) {
	s := newSite(t)
	s.serve()
	s.muster("report", s.file("fleet.ndjson", []byte(`{"device":{"name":"a"},"software":[{"name":"x","version":"1"},{"name":"y","version":"1"}]}
{"device":{"name":"b"},"software":[{"name":"x","version":"1"}]}
`)))
	s.publish(2)
	page := decodeTold[defender.Page[defender.AssetNonCpeSoftware]](s,
		string(s.get(http.StatusOK, "SoftwareInventoryNoProductCodeByMachine?pageSize=1")))
	_, token, ok := strings.Cut(page.NextLink, "$skiptoken=")
	if !ok {
		t.Fatalf("nextLink %q", page.NextLink)
	}
	for _, call := range []string{
		"SoftwareInventoryByMachine?$skiptoken=" + token,
		"SoftwareVulnerabilitiesByMachine?$skiptoken=" + token,
		"SecureConfigurationsAssessmentByMachine?$skiptoken=" + token,
		"SoftwareInventoryNoProductCodeByMachine?$skiptoken=" + token[1:],
		"SoftwareInventoryNoProductCodeByMachine?$skiptoken=garbage",
	} {
		if told := decodeTold[defender.ErrorBody](s,
			string(s.get(http.StatusBadRequest, call))); told.Error.Code != defender.CodeODataError {
			t.Errorf("%s: %+v", call, told)
		}
	}
	s.get(http.StatusOK, page.NextLink)
}

// If an older program gave two organizations one name, neither is chosen by chance.
func TestTwinsAreNamedByTheirIDs(t *testing.T) {
	s := newSite(t)
	s.muster("client", "add", "siem", "--permission", "Software.Read.All") // makes the folder
	db, err := sql.Open("sqlite3", filepath.Join(s.data, node.StoreFile))
	if err != nil {
		t.Fatal(err)
	}
	first, second := "00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"
	_, err = db.ExecContext(t.Context(),
		`INSERT INTO organization (id, name) VALUES ($1, 'twins'), ($2, 'twins')`, first, second)
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	if complaint := s.refuses(console.StatusInput, "device", "list", "--organization",
		"twins"); !strings.Contains(complaint, first+", "+second) {
		t.Error(complaint)
	}
	s.muster("device", "list", "--organization", second)
}
