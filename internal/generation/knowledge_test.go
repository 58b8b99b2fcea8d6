package generation_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/inventory"
)

// knowledge is a day of feeds as it differs from other days only in what no row shows.
type knowledge struct {
	description, published, updated, exploit, added string
	// epss is a likelihood and the day of its list.
	epss, day string
}

// imported imports a day of NVD, KEV and EPSS.
func (k *knowledge) imported(l *lab, known []inteltest.Weakness) {
	l.Helper()
	page := map[string]any{}
	if err := json.Unmarshal([]byte(inteltest.NVD(known)), &page); err != nil {
		l.Fatal(err)
	}
	for _, v := range page["vulnerabilities"].([]any) {
		cve := v.(map[string]any)["cve"].(map[string]any)
		cve["descriptions"] = []any{map[string]any{"lang": "en", "value": k.description}}
		cve["lastModified"], cve["published"] = k.updated, k.published
		cve["references"] = []any{map[string]any{"url": k.exploit, "tags": []string{"Exploit"}}}
	}
	nvd, err := json.Marshal(page)
	if err != nil {
		l.Fatal(err)
	}
	var scores strings.Builder
	fmt.Fprintf(&scores, "#model_version:v1,score_date:%s\ncve,epss,percentile\n", k.day)
	for _, w := range known {
		fmt.Fprintf(&scores, "%s,%s,0.5\n", w.CVE, k.epss)
	}
	kev := fmt.Sprintf(`{"count":1,"vulnerabilities":[{"cveID":%q,"dateAdded":%q,"shortDescription":%q}]}`,
		known[0].CVE, k.added, k.description)
	err = l.imported(library.Import{Kind: intel.NVD, Name: "nvd", Files: oneFile("nvd.json", string(nvd))},
		library.Import{Kind: intel.KEV, Name: "kev", Files: oneFile("kev.json", kev)},
		library.Import{Kind: intel.EPSS, Name: "epss", Files: oneFile("epss.csv", scores.String())})
	if err != nil {
		l.Fatal(err)
	}
}

// Issue 10: descriptions, dates but for the month of publication (decision 113), likelihoods and addresses are in no
// row and no fingerprint. A day of feeds that changes nothing else makes no row of any device anew, though
// the lists of KEV and EPSS had been too old and are no longer: last-seen times tell which rows were made since. The
// catalog has the new day.
func TestWhatNoRowShowsMakesNoDeviceStale(t *testing.T) {
	l := newLab(t)
	known := []inteltest.Weakness{{CVE: "CVE-2024-0001", Vendor: "google", Product: "chrome", Before: "99", Score: 9.8},
		{CVE: "CVE-2024-0002", Vendor: "google", Product: "chrome", Before: "99", Score: 7.5}}
	receive := func(address string) {
		var all []*inventory.Report
		for i := range 8 {
			r := host(i, "90.0")
			r.Addresses = []inventory.Address{{IP: address}}
			all = append(all, r)
		}
		l.report(all...)
	}
	first := knowledge{"It crashes.", "2024-01-02T00:00:00.000", "2024-01-02T00:00:00.000", "https://a.example", "2024-02-01", "0.1", "2024-01-01T00:00:00Z"}
	first.imported(l, known)
	receive("10.0.0.1")
	before := l.rows(l.publish(), defender.Vulnerabilities, false)
	old, err := l.library.Current(l.ctx)
	if err != nil {
		t.Fatal(err)
	}

	l.later(time.Hour)
	receive("10.0.0.2")
	second := knowledge{"It crashes and burns.", "2024-01-31T00:00:00.000", "2024-03-04T00:00:00.000", "https://b.example",
		l.now.Format(time.DateOnly), "0.9", l.now.Format(time.RFC3339)}
	second.imported(l, known)
	after := l.rows(l.publish(), defender.Vulnerabilities, false)
	if len(before) != 16 || len(after) != len(before) {
		t.Fatalf("%d and %d rows", len(before), len(after))
	}
	for key, row := range after {
		if row["LastSeenTimestamp"] != before[key]["LastSeenTimestamp"] {
			t.Errorf("the row %s was made anew", key)
		}
	}
	now, err := l.library.Current(l.ctx)
	if err != nil {
		t.Fatal(err)
	}
	n, _ := now.CVEs().Find("CVE-2024-0001")
	text, err := now.CVEs().Text(n)
	c := now.CVEs().At(n)
	if now.ID() == old.ID() || err != nil || text.Description != second.description ||
		text.ExploitURLs[0] != second.exploit || c.EPSS.Score != .9 || c.Updated.Format(time.DateOnly) != "2024-03-04" ||
		c.KEV.Added.Format(time.DateOnly) != second.added {
		t.Errorf("catalog %s after %s, %+v, %+v, %v", now.ID(), old.ID(), c, text, err)
	}
}
