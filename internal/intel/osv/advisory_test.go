package osv_test

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/osv"
)

// ids are those of an advisory on one package.
type ids struct {
	ID       string   `json:"id"`
	Aliases  []string `json:"aliases,omitempty"`
	Upstream []string `json:"upstream,omitempty"`
	Related  []string `json:"related,omitempty"`
	Summary  string   `json:"summary,omitempty"`
	Severity []any    `json:"severity,omitempty"`
	Affected []any    `json:"affected"`
	Specific any      `json:"database_specific,omitempty"`
}

// parse reads an advisory on a package of npm.
func parse(t *testing.T, a ids) intel.Record {
	t.Helper()
	a.Affected = []any{map[string]any{"package": map[string]any{"ecosystem": "npm", "name": "p"},
		"ranges": []any{map[string]any{"type": "SEMVER", "events": []any{map[string]any{"introduced": "0"}}}}}}
	text, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	records, odd := inteltest.Parse(t, osv.Feed{}, inteltest.File("a.json", string(text)))
	if len(records) != 1 || len(odd) > 0 {
		t.Fatalf("%s: %d records, %v", text, len(records), odd)
	}
	return records[0]
}

// What an advisory is about: ids are those of real ones.
func TestNames(t *testing.T) {
	for _, test := range []struct {
		ids
		want []string
	}{
		{ids{ID: "GHSA-5j5w-g665-5m35"}, []string{"GHSA-5j5w-g665-5m35"}},
		{ids{ID: "GO-2022-0360", Aliases: []string{"GHSA-5j5w-g665-5m35"}}, []string{"GHSA-5j5w-g665-5m35"}},
		{ids{ID: "GHSA-5j5w-g665-5m35", Aliases: []string{"GO-2022-0360"}}, []string{"GHSA-5j5w-g665-5m35"}},
		{ids{ID: "PYSEC-2021-1", Aliases: []string{"OSV-2021-2", "BIT-1"}}, []string{"BIT-1"}},
		{ids{ID: "GO-2022-0360", Aliases: []string{"GHSA-5j5w-g665-5m35", "CVE-2022-0001"}}, []string{"CVE-2022-0001"}},
		{ids{ID: "CGA-2222-3333-4444", Upstream: []string{"GHSA-5j5w-g665-5m35"}}, []string{"GHSA-5j5w-g665-5m35"}},
		{ids{ID: "ALSA-2024:2950", Related: []string{"CVE-2024-0001", "CVE-2024-0002"}},
			[]string{"CVE-2024-0001", "CVE-2024-0002"}},
		{ids{ID: "ALSA-2024:2950"}, []string{"ALSA-2024:2950"}},
		{ids{ID: "MAL-2022-7421"}, []string{"MAL-2022-7421"}},
		{ids{ID: "an id of nobody"}, nil},
		{ids{ID: "X-1_2", Aliases: []string{"Y-1"}}, []string{"Y-1"}}, // a "_" would divide the id of a row
	} {
		if got := parse(t, test.ids).Packages[0].CVEs; !slices.Equal(got, test.want) {
			t.Errorf("%+v is about %q, want %q", test.ids, got, test.want)
		}
	}
}

// Advisories without a CVE that name each other are one vulnerability, whichever of them is read.
func TestNamesAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		all := rapid.SliceOfNDistinct(rapid.StringMatching(`(GHSA-[a-z0-9]{4}|GO-20[0-9]{2}|PYSEC-[0-9]{4}|MAL-[0-9]{3}|RUSTSEC-[0-9]{4})`),
			2, 6, rapid.ID).Draw(rt, "ids")
		var names []string
		for i, id := range all {
			others := slices.Delete(slices.Clone(all), i, i+1)
			names = append(names, parse(t, ids{ID: id, Aliases: others}).Packages[0].CVEs...)
		}
		if len(slices.Compact(slices.Clone(names))) != 1 || len(names) != len(all) || !slices.Contains(all, names[0]) {
			rt.Fatalf("%q are called %q", all, names)
		}
	})
}

// Advisories that say that they are about no vulnerability make no finding.
func TestMaintenance(t *testing.T) {
	for id, want := range map[string]bool{
		"ALBA-2019:0973": true, "ALEA-2019:3314": true, "RLBA-2024:1": true, "RHEA-2020:1": true, "SUSE-RU-2024:1-1": true,
		"ALSA-2024:2950": false, "RLSA-2024:1": false, "SUSE-SU-2024:1-1": false, "GHSA-5j5w-g665-5m35": false,
	} {
		if got := len(parse(t, ids{ID: id, Summary: "x"}).Packages[0].CVEs) == 0; got != want {
			t.Errorf("%s: maintenance %t, want %t", id, got, want)
		}
	}
	for summary, want := range map[string]bool{
		"bird - security update": false, "openssh - regression update": true, "bzip2 - bugfix update": true, "": true,
	} {
		if got := len(parse(t, ids{ID: "DSA-4528-1", Summary: summary}).Packages[0].CVEs) == 0; got != want {
			t.Errorf("DSA %q: maintenance %t, want %t", summary, got, want)
		}
	}
	if got := parse(t, ids{ID: "ALBA-2019:0973", Related: []string{"CVE-2024-0001"}}).Packages[0].CVEs; len(got) != 1 {
		t.Errorf("a bug fix advisory that names a CVE is about %q", got)
	}
}

// Malware is critical, unless its advisory says otherwise.
func TestMalware(t *testing.T) {
	type said struct {
		Word   intel.Severity
		Scores int
	}
	for _, test := range []struct {
		what string
		ids
		want said
	}{
		{"nothing else", ids{ID: "MAL-2022-7421"}, said{Word: intel.SeverityCritical}},
		{"an alias", ids{ID: "GHSA-5j5w-g665-5m35", Aliases: []string{"MAL-2022-7421"}}, said{Word: intel.SeverityCritical}},
		{"a word", ids{ID: "MAL-2022-7421", Specific: map[string]string{"severity": "LOW"}}, said{Word: intel.SeverityLow}},
		{"a score", ids{ID: "MAL-2022-7421", Severity: []any{map[string]string{"type": "CVSS_V3",
			"score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N"}}}, said{intel.SeverityCritical, 1}}, // a score counts first
		{"no malware", ids{ID: "GHSA-5j5w-g665-5m35"}, said{}},
	} {
		r := parse(t, test.ids)
		got := said{Word: r.Packages[0].Severity}
		if r.CVE != nil {
			got.Scores = len(r.CVE.Scores)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.what, diff)
		}
	}
}
