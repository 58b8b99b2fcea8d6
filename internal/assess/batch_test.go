package assess_test

import (
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/row"
)

// The addresses of articles, updates and notices of the tests.
const (
	appleArticle    = "https://support.apple.com/en-us/126353"
	mozillaAdvisory = "https://www.mozilla.org/en-US/security/advisories/mfsa2026-13/"
	microsoftUpdate = "https://catalog.update.microsoft.com/v7/site/Search.aspx?q=KB5075899"
	ubuntuNotice    = "https://ubuntu.com/security/notices/USN-8018-2"
)

// february is a finding of a CVE that was published in February 2026.
func february(fix intel.Fix) *catalog.Hit {
	return &catalog.Hit{CVE: "CVE-2026-0001", Published: intel.Month(2026*12 + 2), Fix: fix}
}

// TestBatches says how rows name the batch of a CVE and the update, as recorded rows do. Subtests are named by
// doc/contract.md.
func TestBatches(t *testing.T) {
	titled := func(t *testing.T, vendor, name string, h *catalog.Hit, want string) {
		t.Helper()
		if title, _ := assess.BatchOf(vendor, name, h); title != want {
			t.Errorf("%s %s: %q, want %q", vendor, name, title, want)
		}
	}
	at := func(t *testing.T, vendor, name string, fix intel.Fix, want string) {
		t.Helper()
		if _, url := assess.BatchOf(vendor, name, february(fix)); url != want {
			t.Errorf("%s %s: %q, want %q", vendor, name, url, want)
		}
	}
	mended := func(t *testing.T, vendor string, fix intel.Fix, want row.Update) {
		t.Helper()
		if got := assess.UpdateOf(vendor, february(fix)); got != want {
			t.Errorf("%s: %+v, want %+v", vendor, got, want)
		}
	}
	t.Run("`CveBatchTitle`: the vendor with a capital, the month in which the CVE was published, `Vulnerabilities`: "+
		"`Apple February 2026 Vulnerabilities`", func(t *testing.T) {
		titled(t, "apple", "macos", february(intel.Fix{}), "Apple February 2026 Vulnerabilities")
		titled(t, "notepad_plus_plus", "notepad++", february(intel.Fix{}), "Notepad_plus_plus February 2026 Vulnerabilities")
		titled(t, "éclair", "éclair", february(intel.Fix{}), "Éclair February 2026 Vulnerabilities")
		titled(t, "openssl", "openssl", &catalog.Hit{CVE: "CVE-2026-0001"}, "")
		titled(t, "", "nothing", february(intel.Fix{}), "")
	})
	t.Run("of Microsoft `Microsoft` and the title of the update that fixes the CVE: `Microsoft February 2026 Security Updates`",
		func(t *testing.T) {
			titled(t, "microsoft", "windows_11", february(intel.Fix{Title: "March 2026 Security Updates"}),
				"Microsoft March 2026 Security Updates")
			titled(t, "microsoft", "office", february(intel.Fix{}), "")
		})
	t.Run("`CveBatchUrl`: of Microsoft `https://portal.msrc.microsoft.com/en-US/security-guidance/advisory/<CVE>`, of Edge "+
		"`https://msrc.microsoft.com/update-guide/vulnerability/<CVE>`, the article of Apple or Mozilla, else "+
		"`https://nvd.nist.gov/vuln/detail/<CVE>`", func(t *testing.T) {
		at(t, "microsoft", "windows_11", intel.Fix{URL: microsoftUpdate},
			"https://portal.msrc.microsoft.com/en-US/security-guidance/advisory/CVE-2026-0001")
		at(t, "microsoft", "edge_chromium-based", intel.Fix{}, "https://msrc.microsoft.com/update-guide/vulnerability/CVE-2026-0001")
		at(t, "apple", "macos", intel.Fix{URL: appleArticle}, appleArticle)
		at(t, "mozilla", "firefox", intel.Fix{URL: mozillaAdvisory}, mozillaAdvisory)
		for _, vendor := range []string{"apple", "mozilla", "ubuntu", "nodejs"} {
			at(t, vendor, "x", intel.Fix{}, "https://nvd.nist.gov/vuln/detail/CVE-2026-0001")
		}
		at(t, "ubuntu", "python3.12_for_linux", intel.Fix{URL: ubuntuNotice}, "https://nvd.nist.gov/vuln/detail/CVE-2026-0001")
	})
	t.Run("`recommendedSecurityUpdate` of Apple and Mozilla: the number of the article of Apple, `126353`, of the newest "+
		"release of the installed major version, or the advisory of Mozilla, `mfsa2026-13`; without an id and a url",
		func(t *testing.T) {
			mended(t, "apple", intel.Fix{Title: "126353", URL: appleArticle}, row.Update{Title: "126353"})
			mended(t, "mozilla", intel.Fix{Title: "mfsa2026-13", URL: mozillaAdvisory}, row.Update{Title: "mfsa2026-13"})
			mended(t, "ubuntu", intel.Fix{ID: "USN-8018-2", URL: ubuntuNotice}, row.Update{ID: "USN-8018-2", URL: ubuntuNotice})
			update := row.Update{Title: "March 2026 Security Updates", ID: "5075899", URL: microsoftUpdate}
			mended(t, "microsoft", intel.Fix{Title: update.Title, ID: update.ID, URL: update.URL}, update)
		})
	h := february(intel.Fix{})
	h.CVE = "GHSA-5j5w-g665-5m35"
	if title, url := assess.BatchOf("go", "x", h); title+url != "" {
		t.Errorf("an advisory without a CVE is of %q, %q", title, url)
	}
}

// TestBatchesAreNoChange compares rows of before batches were named with the same rows with them.
func TestBatchesAreNoChange(t *testing.T) {
	seen := row.NewTimestamp(time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC))
	rows := func(title string) *assess.Rows {
		d := row.Device{ID: "d", Name: "d"}
		v := row.Vulnerability{CVE: "CVE-2026-0001", BatchTitle: title, BatchURL: title}
		device, finding, nowhere := d.Piece(), v.Piece(), row.Evidence(nil, nil)
		var all assess.Rows
		all[defender.Vulnerabilities] = row.AppendVulnerability(nil, &device, &finding, &nowhere, seen, seen)
		return &all
	}
	t.Run("A member that only files have is no change where a row did not have it before", func(t *testing.T) {
		for _, test := range []struct {
			old, new string
			updated  int64
		}{{"", "February", 0}, {"February", "", 0}, {"February", "March", 1}, {"", "", 0}} {
			var differ assess.Differ
			var delta assess.Delta
			if err := differ.Diff(rows(test.old), rows(test.new), seen, &delta); err != nil {
				t.Fatal(err)
			}
			if got := delta.Changes[defender.Vulnerabilities]; got.Updated != test.updated || got.New+got.Fixed != 0 {
				t.Errorf("%q after %q: %+v, %s", test.new, test.old, got,
					strings.TrimSpace(string(delta.Rows[defender.Vulnerabilities])))
			}
		}
	})
}
