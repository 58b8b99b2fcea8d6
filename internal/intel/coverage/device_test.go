package coverage_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel/coverage"
)

// drawAnswer draws the answer on a piece of software.
func drawAnswer(t *rapid.T) coverage.Answer {
	a := coverage.Answer{State: coverage.State(rapid.IntRange(0, int(coverage.Assessed)).Draw(t, "state"))}
	if a.State != coverage.Assessed {
		a.Reason = coverage.Reason(rapid.IntRange(1, coverage.ReasonCount-1).Draw(t, "reason"))
		a.Wants = rapid.SampledFrom([]string{"", "npm", "Debian:12", "cve5"}).Draw(t, "wants")
	}
	if a.State != coverage.NotAssessed {
		a.Feeds = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"cvelist", "debian", "npm", "nvd"}), 1, 3,
			rapid.ID).Draw(t, "feeds")
		slices.Sort(a.Feeds)
	}
	return a
}

// TestDevice: the state of a device follows from its platform and its software, and the counts have
// each piece once.
func TestDevice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		software := rapid.SliceOfN(rapid.Custom(drawAnswer), 0, 8).Draw(t, "software")
		platform := rapid.Ptr(rapid.Custom(drawAnswer), true).Draw(t, "platform")
		old := rapid.SampledFrom([][]string{nil, {"nvd"}, {"debian", "nvd"}}).Draw(t, "old")
		judge := coverage.Judge{Old: old}
		for i := range software {
			judge.Software(software[i])
		}
		d := judge.Device(platform)
		whole := func(a coverage.Answer) bool { return a.Aged(old).State == coverage.Assessed }
		n := int64(0)
		for _, a := range software {
			if whole(a) {
				n++
			}
		}
		if d.Software.Sum() != int64(len(software)) || d.Software.Of(coverage.Assessed) != n {
			t.Fatalf("%d pieces, %d of them assessed: %+v", len(software), n, d.Software)
		}
		isWhole := platform != nil && whole(*platform) && n == int64(len(software))
		if (d.State == coverage.Assessed) != isWhole || (d.Reason == coverage.NoReason) != isWhole || !d.Known() {
			t.Fatalf("%v because of %v, wholly assessed: %t", d.State, d.Reason, isWhole)
		}
		if platform != nil && platform.State == coverage.NotAssessed &&
			(d.State != coverage.NotAssessed || d.Reason != platform.Reason) {
			t.Fatalf("%v because of %v on a platform that is not, because of %v", d.State, d.Reason, platform.Reason)
		}
		if !slices.IsSorted(d.Feeds) || !slices.IsSorted(d.Wants) {
			t.Fatalf("feeds %q, wants %q", d.Feeds, d.Wants)
		}
	})
}

// TestPrincipalReason: the platform decides, then what concerns most software.
func TestPrincipalReason(t *testing.T) {
	whole := &coverage.Answer{State: coverage.Assessed, Feeds: []string{"debian"}}
	none := func(r coverage.Reason) coverage.Answer { return coverage.Answer{Reason: r} }
	part := coverage.Answer{State: coverage.Partly, Reason: coverage.NoVersion, Feeds: []string{"npm"}}
	for _, test := range []struct {
		what     string
		platform *coverage.Answer
		software []coverage.Answer
		state    coverage.State
		reason   coverage.Reason
	}{
		{"all of it", whole, []coverage.Answer{*whole}, coverage.Assessed, coverage.NoReason},
		{"no software", whole, nil, coverage.Assessed, coverage.NoReason},
		{"no platform", nil, nil, coverage.NotAssessed, coverage.ReleaseUnknown},
		{"an SBOM", nil, []coverage.Answer{*whole}, coverage.Partly, coverage.ReleaseUnknown},
		{"an SBOM of what nobody knows", nil, []coverage.Answer{none(coverage.NoProductCode)},
			coverage.NotAssessed, coverage.ReleaseUnknown},
		{"most titles", whole, []coverage.Answer{*whole, none(coverage.NoEcosystemFeed), none(coverage.NoProductCode),
			none(coverage.NoProductCode)}, coverage.Partly, coverage.NoProductCode},
		{"both states of a reason", whole, []coverage.Answer{none(coverage.NoVersion), part,
			none(coverage.NoProductCode)}, coverage.Partly, coverage.NoVersion},
		{"a platform of which a part is known", &coverage.Answer{State: coverage.Partly, Reason: coverage.FeedPart},
			[]coverage.Answer{none(coverage.NoProductCode), none(coverage.NoProductCode)}, coverage.Partly, coverage.FeedPart},
	} {
		var judge coverage.Judge
		for i := range test.software {
			judge.Software(test.software[i])
		}
		if d := judge.Device(test.platform); d.State != test.state || d.Reason != test.reason {
			t.Errorf("%s: %v because of %v, want %v because of %v", test.what, d.State, d.Reason, test.state, test.reason)
		}
	}
}

// TestNames: every state and reason has a name of its own, and is read back.
func TestNames(t *testing.T) {
	for r := coverage.NoReason; int(r) < coverage.ReasonCount; r++ {
		if got, err := coverage.ParseReason(r.String()); err != nil || got != r {
			t.Errorf("%v is read back as %v, %v", r, got, err)
		}
	}
	for s := coverage.NotAssessed; s <= coverage.Assessed; s++ {
		if got, err := coverage.ParseState(s.String()); err != nil || got != s || s.Text() == "" {
			t.Errorf("%v is read back as %v, %v", s, got, err)
		}
	}
	if _, err := coverage.ParseState("unknown"); err == nil {
		t.Error("unknown is a state")
	}
	if _, err := coverage.ParseReason(""); err == nil {
		t.Error("nothing is a reason")
	}
}
