package kev_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/kev"
)

func TestParse(t *testing.T) {
	records, odd := inteltest.Parse(t, kev.Feed{}, inteltest.File("kev.json", `{"title":"t","count":3,"vulnerabilities":[
		{"cveID":"CVE-2024-9680","vulnerabilityName":"Use After Free","shortDescription":"It is used after it is freed.",
			"dateAdded":"2024-10-15","dueDate":"2024-11-05","knownRansomwareCampaignUse":"Unknown"},
		{"cveID":"none"},
		{"cveID":"CVE-2023-34362","knownRansomwareCampaignUse":"Known"}]}`))
	added, due := time.Date(2024, 10, 15, 0, 0, 0, 0, time.UTC), time.Date(2024, 11, 5, 0, 0, 0, 0, time.UTC)
	want := []intel.Record{
		{Source: "CVE-2024-9680", Published: added, Modified: added, CVE: &intel.CVE{
			ID: "CVE-2024-9680", Exploit: intel.ExploitVerified, KEV: &intel.Exploited{Added: added, Due: due},
			Words: intel.Words{By: intel.ByOther, Title: "Use After Free", Description: "It is used after it is freed."}}},
		{Source: "CVE-2023-34362", CVE: &intel.CVE{ID: "CVE-2023-34362", Exploit: intel.ExploitInKit,
			KEV: &intel.Exploited{Ransomware: true}}},
	}
	if diff := cmp.Diff(want, records); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if len(odd) != 1 {
		t.Errorf("left out %v, want the second entry", odd)
	}
}

func TestAnotherKind(t *testing.T) {
	err := inteltest.Failure(t, kev.Feed{}, inteltest.File("schema.json", `{"type":"object"}`))
	if !errors.Is(err, intel.ErrNoRecords) {
		t.Errorf("error %v, want %v", err, intel.ErrNoRecords)
	}
}

func TestBomb(t *testing.T) {
	err := inteltest.Failure(t, kev.Feed{}, inteltest.File("kev.json", strings.Repeat(" ", 65<<20)))
	if !errors.Is(err, intel.ErrTooLarge) {
		t.Errorf("error %v, want %v", err, intel.ErrTooLarge)
	}
}

// The counts in the README of the catalog: 1,404 entries, 293 used by ransomware.
func TestCatalog(t *testing.T) {
	records, odd := inteltest.Parse(t, kev.Feed{}, inteltest.Shared(t, "kev/known_exploited_vulnerabilities.json"))
	kits := 0
	for _, r := range records {
		if r.CVE.Exploit == intel.ExploitInKit {
			kits++
		}
	}
	if len(records) != 1404 || kits != 293 || len(odd) != 0 {
		t.Errorf("%d entries, %d of ransomware, %d left out; want 1404, 293, 0", len(records), kits, len(odd))
	}
}

func FuzzParse(f *testing.F) {
	f.Add(`{"vulnerabilities":[{"cveID":"CVE-2024-9680","knownRansomwareCampaignUse":"Known"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		for record, err := range (kev.Feed{}).Parse(t.Context(), inteltest.File("kev.json", text)) {
			if err == nil && !intel.IsCVE(record.CVE.ID) {
				t.Errorf("%q is not a CVE", record.CVE.ID)
			}
		}
	})
}
