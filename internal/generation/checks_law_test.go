package generation_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	compare "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/testneed"
)

// checkForms are some forms of each of three checks: platforms, facts, packages, expression, impact.
var checkForms = [][][5]string{
	{{"Linux", "sshd", "", "sshd['x'] == '1'", "1"}, {"Linux", "sshd", "", "sshd['x'] == '1'", "2"},
		{"Windows11", "sshd", "", "sshd['x'] == '1'", "1"}, {"Linux, Windows11", "sshd", "", "sshd['x'] == '2'", "2"}},
	{{"Linux", "device", "", "device.osVersion == '12'", "3"}, {"Linux", "defender", "", "defender['x'] == '1'", "3"}},
	{{"Linux", "sshd, software", "openssl", "'openssl' in software", "5"},
		{"Linux, Windows11", "software", "chrome", "'chrome' in software", "5"}},
}

// checkLaw is a fleet whose server has other checks from time to time.
type checkLaw struct {
	*lab
	reports []*inventory.Report
	seen    map[string]any // the last-seen time of each device's finding
}

// drawChecks draws the checks of a program.
func drawChecks(t *rapid.T) *benchmark.Benchmark {
	var text strings.Builder
	text.WriteString("version: 1\nchecks:\n")
	for i, forms := range checkForms {
		f := rapid.SampledFrom(append(forms, [5]string{})).Draw(t, "form")
		if f[0] == "" {
			continue
		}
		family, _, _ := strings.Cut(f[1], ",")
		fmt.Fprintf(&text, "- {id: scid-90000%d, name: Check %d, category: OS, subcategory: Lab, impact: %s, "+
			"platforms: [%s], facts: [%s], software: [%s], compliant: \"%s\", remediation: %s, "+
			"cases: {compliant: [{%s: {x: y}}], nonCompliant: [{%s: {x: y}}]}}\n", i+1, i+1, f[4], f[0], f[1], f[2], f[3],
			rapid.SampledFrom([]string{"Do it.", "Do it well."}).Draw(t, "remediation"), family, family)
	}
	if strings.HasSuffix(text.String(), "checks:\n") {
		text.WriteString(" []\n")
	}
	b, err := benchmark.LoadOnly(fstest.MapFS{"lab.yaml": &fstest.MapFile{Data: []byte(text.String())}})
	if err != nil {
		t.Fatalf("%v:\n%s", err, &text)
	}
	return b
}

// checked is a device with some facts, and results of its own.
func checked(i int, platform string, facts inventory.Facts, carried ...string) *inventory.Report {
	r := host(i, "90.0")
	r.Device.OSPlatform, r.Device.OSVersion, r.Facts = platform, "12", facts
	r.Software = append(r.Software, inventory.Software{Kind: "deb", Name: "openssl", Version: "3.0"})
	for _, id := range carried {
		r.Configurations = append(r.Configurations, inventory.Configuration{ConfigurationID: id, Applicable: true})
	}
	return r
}

// newCheckLaw returns a fleet in which every device has something else for which checks are chosen.
func newCheckLaw(l *lab) *checkLaw {
	l.learn(weaknesses[0])
	sshd := inventory.Facts{"sshd": {"x": "1"}}
	return &checkLaw{l, []*inventory.Report{
		checked(0, "Linux", sshd), checked(1, "Windows11", sshd), checked(2, "Linux", nil),
		checked(3, "Linux", inventory.Facts{"defender": {"x": "2"}, "sshd": {}}),
		checked(4, "Linux", sshd, "scid-900001", "rule_a"), checked(5, "Linux", inventory.Facts{}),
	}, map[string]any{}}
}

// generation publishes a while later: the devices have said the same again meanwhile. It returns which of them were
// assessed, by name: the others keep their last-seen times.
func (c *checkLaw) generation() (s publication.Snapshot, assessed map[string]bool) {
	c.Helper()
	c.now = c.now.Add(time.Minute)
	for _, r := range c.reports {
		r.Time = c.now
	}
	c.report(c.reports...)
	s = c.publish()
	assessed = map[string]bool{}
	for _, row := range c.rows(s, defender.Vulnerabilities, false) {
		name, seen := row["DeviceName"].(string), row["LastSeenTimestamp"]
		assessed[name] = assessed[name] || seen != c.seen[name]
		defer func() { c.seen[name] = seen }()
	}
	return s, assessed
}

// begun is the server with other checks.
func (c *checkLaw) begun(checks *benchmark.Benchmark) {
	c.close()
	c.checks = checks
	c.open()
}

// A program with other checks follows, again and again: exactly the devices are assessed of which checks are others
// that can speak of them, and the rows are those of a generation from nothing. That they cannot depend on other checks
// is TestFingerprintLaw of package benchmark.
func TestChangedChecks(t *testing.T) {
	steps := 5
	if testneed.Soak() {
		steps = 100
	}
	drawn := rapid.Custom(drawChecks)
	c := newCheckLaw(newLab(t))
	c.begun(drawn.Example(0))
	last, _ := c.generation()
	for step := range steps {
		before := c.checks
		c.begun(drawn.Example(step + 1))
		s, assessed := c.generation()
		for _, r := range c.reports {
			profile := benchmark.Profile(r)
			was, err := before.Fingerprint(profile)
			is, err2 := c.checks.Fingerprint(profile)
			if err := cmp.Or(err, err2); err != nil {
				t.Fatal(err)
			}
			if assessed[r.Device.Name] != (was != is) {
				t.Fatalf("%s was assessed: %t; its checks changed: %t", r.Device.Name, assessed[r.Device.Name], was != is)
			}
		}
		c.checkLaw1(&last, s)
		last = s
		c.checkFromNothing(s)
	}
	c.verify()
}

// checkFromNothing compares rows with those of a generation from nothing.
func (c *checkLaw) checkFromNothing(s publication.Snapshot) {
	c.Helper()
	fresh := newCheckLaw(newLab(c.TB.(tester)))
	defer fresh.close()
	fresh.begun(c.checks)
	want, _ := fresh.generation()
	without := append(firstSeen, lastSeen...)
	if diff := compare.Diff(fresh.rows(want, defender.Configurations, false).without(without...),
		c.rows(s, defender.Configurations, false).without(without...)); diff != "" {
		c.Fatalf("the rows are not those of a generation from nothing (-want +got):\n%s", diff)
	}
}

// Checks of a site are a feed. What they leave out or change makes only those devices stale of which it can speak,
// although there is another catalog.
func TestImportedChecksTouchWhatTheyChange(t *testing.T) {
	c := newCheckLaw(newLab(t))
	before, _ := c.generation()
	err := c.imported(library.Import{Kind: intel.Checks, Name: "site",
		Files: oneFile("site.yaml", "version: 1\nwithout: [scid-900101]\n")})
	if err != nil {
		t.Fatal(err)
	}
	after, assessed := c.generation()
	want := map[string]bool{}
	for i, r := range c.reports { // scid-900101 is about sshd on Linux
		want[r.Device.Name] = i == 0 || i == 3 || i == 4
	}
	if diff := compare.Diff(want, assessed); diff != "" {
		t.Errorf("assessed (-want +got):\n%s", diff)
	}
	c.checkLaw1(&before, after)
	if _, assessed = c.generation(); len(assessed) != len(c.reports) || assessed[c.reports[0].Device.Name] {
		t.Errorf("without a change %v were assessed", assessed)
	}
	c.verify()
}
