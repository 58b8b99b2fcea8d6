package notice_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/notice"
)

var update = flag.Bool("update", false, "write the golden file")

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// everything makes a notice of each event.
func everything() []notice.Notice {
	step := &notice.Step{Organization: "o", Generated: noon.Add(time.Minute), Groups: map[int64]string{1: "Servers"},
		Before: notice.Snapshot{Number: 11, Begun: noon.Add(-24 * time.Hour)},
		After: notice.Snapshot{Number: 12, Begun: noon, Feeds: []counts.Feed{{Kind: "nvd", Name: "nvd", Day: "2026-11-20",
			Old: true, LimitDays: 7, Failures: 3}}}}
	rule := &notice.Rule{Name: "all", Events: notice.Events()}
	c := notice.NewComparison(step, []*notice.Rule{rule})
	side := func(n int, findings ...notice.Found) *notice.Side {
		return &notice.Side{ID: fmt.Sprintf("%040x", n), Name: fmt.Sprintf("web%d", n), Group: 1, Seen: noon.Add(-6 * 24 * time.Hour),
			Covered: true, State: coverage.Assessed, Findings: findings}
	}
	chrome := notice.Found{CVE: "CVE-2024-0001", Vendor: "google", Name: "chrome", Severity: "Critical", Score: 9.8, Listed: true}
	old := notice.Found{CVE: "CVE-2024-0002", Vendor: "openssl", Name: "openssl", Severity: "High", Score: 7.5, Gone: true}
	for n := range 40 {
		c.Add(side(n, old), side(n, chrome))
	}
	gone := side(41)
	gone.State, gone.Reason = coverage.NotAssessed, coverage.NoDistributionFeed
	c.Add(side(41), gone)
	silent := side(42)
	silent.Seen = noon.Add(-8 * 24 * time.Hour).Add(time.Hour)
	c.Add(silent, silent)
	for n := range notice.MaxNotices + 5 {
		c.Add(nil, side(100+n, notice.Found{CVE: fmt.Sprintf("CVE-2025-%04d", n), Name: "tool", Severity: "Low"}))
	}
	all := c.Notices()[rule]
	ends, ok := step.Ends(rule, &except.Exception{ID: "e", CVE: "CVE-2024-0003", Reason: "filtered", By: "Ann",
		Product: except.Product{Vendor: "acme", Name: "tool"}, Until: noon.Add(7*24*time.Hour - time.Hour)}, noon.Add(-9000*time.Hour))
	if ok {
		all = append(all, ends)
	}
	all = append(all, notice.NewTest("o", "all", noon))
	return append(all[:3:3], all[notice.MaxNotices:]...)
}

// The payload is what schema.json says, and testdata/notices.json shows it.
func TestPayload(t *testing.T) {
	got, err := json.MarshalIndent(notice.NewDelivery(notice.Organization{ID: "o", Name: "Example"}, "all",
		notice.Linked("https://muster.example.com", everything())), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/notices.json"
	if *update {
		if err := os.WriteFile(golden, append(got, '\n'), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(bytes.TrimSpace(want)), string(got)); diff != "" {
		t.Errorf("the payload changed (-golden +now):\n%s", diff)
	}
	for _, e := range append(notice.Events(), notice.More, notice.Test) {
		if e != notice.Exploited && !bytes.Contains(got, []byte(`"event": "`+string(e)+`"`)) {
			t.Errorf("no notice about %s was tried", e)
		}
	}
	text, err := os.ReadFile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource("urn:muster:notice:1", document); err != nil {
		t.Fatal(err)
	}
	schema := c.MustCompile("urn:muster:notice:1")
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Error(err)
	}
	if schema.Validate(map[string]any{"version": 2}) == nil {
		t.Error("the schema takes everything")
	}
}

// Quiet hours and digests put off what is due.
func TestDue(t *testing.T) {
	lisbon, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		t.Skip("this machine has no time zones")
	}
	at := func(text string) time.Time {
		when, err := time.Parse("2006-01-02 15:04", text)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	night := &notice.Quiet{From: "22:00", To: "07:00"}
	for _, test := range []struct {
		rule      notice.Rule
		zone      *time.Location
		now, want string
	}{
		{notice.Rule{}, time.UTC, "2026-11-30 12:00", "2026-11-30 12:00"},
		{notice.Rule{Quiet: night}, time.UTC, "2026-11-30 12:00", "2026-11-30 12:00"},
		{notice.Rule{Quiet: night}, time.UTC, "2026-11-30 22:00", "2026-12-01 07:00"},
		{notice.Rule{Quiet: night}, time.UTC, "2026-11-30 06:59", "2026-11-30 07:00"},
		{notice.Rule{Quiet: night}, time.UTC, "2026-11-30 07:00", "2026-11-30 07:00"},
		{notice.Rule{Digest: "08:00"}, time.UTC, "2026-11-30 07:59", "2026-11-30 08:00"},
		{notice.Rule{Digest: "08:00"}, time.UTC, "2026-11-30 08:00", "2026-12-01 08:00"},
		{notice.Rule{Digest: "06:00", Quiet: night}, time.UTC, "2026-11-30 12:00", "2026-12-01 07:00"},
		{notice.Rule{Digest: "08:00"}, lisbon, "2026-07-01 07:30", "2026-07-02 07:00"},
		{notice.Rule{Quiet: &notice.Quiet{From: "12:00", To: "13:00"}}, lisbon, "2026-07-01 11:30", "2026-07-01 12:00"},
	} {
		if got := test.rule.Due(at(test.now), test.zone); !got.Equal(at(test.want)) {
			t.Errorf("%+v at %s in %s: due at %s, want %s", test.rule, test.now, test.zone, got, test.want)
		}
	}
}
