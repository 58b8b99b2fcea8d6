package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/score"
)

// sample is one value of a metric.
type sample struct {
	name   string
	labels map[string]string
	value  float64
}

var (
	sampleLine = regexp.MustCompile(`(?m)^([a-z_]+)(?:\{(.*)\})? (\S+)$`)
	labelPair  = regexp.MustCompile(`([a-z_]+)="((?:[^"\\]|\\.)*)"`)
)

// samples reads the reply of /metrics.
func samples(t testing.TB, text string) (all []sample) {
	t.Helper()
	for _, line := range sampleLine.FindAllStringSubmatch(text, -1) {
		value, err := strconv.ParseFloat(line[3], 64)
		if err != nil {
			t.Fatal(err)
		}
		one := sample{line[1], map[string]string{}, value}
		for _, pair := range labelPair.FindAllStringSubmatch(line[2], -1) {
			one.labels[pair[1]] = pair[2]
		}
		all = append(all, one)
	}
	return all
}

// sums adds up the samples of a metric by a label.
func sums(all []sample, name, label string) map[string]float64 {
	sum := map[string]float64{}
	for _, s := range all {
		if s.name == name {
			sum[s.labels[label]] += s.value
		}
	}
	return sum
}

// TestMetricsOfTheCallersScope is law 5 for metrics: every caller gets the findings and devices that
// it may see and no others; only callers of the home organization that see all of it get the server's.
func TestMetricsOfTheCallersScope(t *testing.T) {
	w := newWorld(t)
	rows := map[int]map[string]float64{} // findings by organization and group
	exploited, exposed := map[int]float64{}, map[int]float64{}
	for i := range w.orgs {
		rows[i] = map[string]float64{}
		devices := map[string]*[2]counts.Severities{} // findings and exploited ones
		for _, text := range w.export(w.omniscient(i), "SoftwareVulnerabilitiesByMachine") {
			var row struct{ DeviceID, RbacGroupName, VulnerabilitySeverityLevel, ExploitabilityLevel string }
			if err := json.Unmarshal([]byte(text), &row); err != nil {
				t.Fatal(err)
			}
			rows[i][row.RbacGroupName]++
			if devices[row.DeviceID] == nil {
				devices[row.DeviceID] = new([2]counts.Severities)
			}
			devices[row.DeviceID][0].Count(row.VulnerabilitySeverityLevel)
			if row.ExploitabilityLevel != defender.NoExploit {
				exploited[i]++
				devices[row.DeviceID][1].Count(row.VulnerabilitySeverityLevel)
			}
		}
		for _, d := range devices {
			exposed[i] += score.Of(d[0], d[1]).Exposure()
		}
		if len(rows[i]) != 3 {
			t.Fatalf("organization %d has findings in %v", i, rows[i])
		}
	}
	names := []string{"Unassigned", "One", "Two"}
	read := 0
	for i := range w.callers {
		who := &w.callers[i]
		r := w.ask(who, http.MethodGet, "/metrics")
		if !who.May(auth.ReadMetrics) && !(who.May(auth.Manage) && who.AllGroups) {
			w.equal(fmt.Sprintf("status of %+v", who.Caller), r.StatusCode, http.StatusForbidden)
			continue
		}
		read++
		w.equal("status", r.StatusCode, http.StatusOK)
		all := samples(t, string(r.body))
		server := who.AllGroups && who.org == 0
		want, mayKnow := map[string]float64{}, map[string]bool{}
		for o, groups := range rows {
			if o != who.org && !server {
				continue
			}
			mayKnow[w.orgs[o]] = true
			for number, name := range names {
				if who.Sees(int64(number)) {
					want[name] += groups[name]
				}
			}
		}
		if diff := cmp.Diff(want, sums(all, "muster_findings", "group")); diff != "" {
			t.Errorf("%+v: findings (-rows +metrics):\n%s", who.Caller, diff)
		}
		if who.AllGroups {
			byOrganization := sums(all, "muster_exposure_score", "organization")
			for o := range rows {
				if !mayKnow[w.orgs[o]] {
					continue
				}
				mean := exposed[o] / sums(all, "muster_devices", "organization")[w.orgs[o]]
				if got := byOrganization[w.orgs[o]]; mean == 0 || math.Abs(got-mean) > 1e-9 {
					t.Errorf("%+v: the exposure is %v, that of the rows %v", who.Caller, got, mean)
				}
			}
			w.equal("exploited", sums(all, "muster_findings", "exploited")["true"] > 0, exploited[who.org] > 0)
			if !server {
				w.equal("exploited", sums(all, "muster_findings", "exploited")["true"], exploited[who.org])
			}
		}
		for _, s := range all {
			if o := s.labels["organization"]; o != "" && !mayKnow[o] {
				t.Errorf("%+v sees %+v", who.Caller, s)
			}
		}
		for _, name := range []string{"muster_http_requests_total", "muster_feed_age_seconds", "muster_scrape_errors_total"} {
			if shown := strings.Contains(string(r.body), name); shown != server {
				t.Errorf("%+v: %s is shown: %v", who.Caller, name, shown)
			}
		}
		if shown := strings.Contains(string(r.body), "muster_generation_ranges"); shown != who.AllGroups {
			t.Errorf("%+v: the progress of all groups is shown: %v", who.Caller, shown)
		}
		for name, up := range sums(all, "muster_collector_up", "collector") {
			w.equal(name, up, 1.0)
		}
	}
	if read < 20 {
		t.Errorf("%d callers could read metrics", read)
	}
}

// A client that may read metrics reads nothing else.
func TestReadMetricsAlone(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 2, 2))
	l.config.Trusted.Permissions = []auth.Permission{auth.ReadMetrics}
	l.equal("metrics", l.get("/metrics").StatusCode, http.StatusOK)
	for path, operations := range l.paths() {
		for method, operation := range operations {
			if len(operation.Security) == 0 || path == "/metrics" {
				continue
			}
			r := l.do(strings.ToUpper(method), strings.NewReplacer("{", "", "}", "").Replace(path), strings.NewReader("{}"), jsonBody)
			l.equal(method+" "+path, r.StatusCode, http.StatusForbidden)
		}
	}
}

// paths are the operations that /openapi.json describes.
func (l *lab) paths() map[string]map[string]struct{ Security []map[string][]string } {
	l.Helper()
	var described struct {
		Paths map[string]map[string]struct{ Security []map[string][]string }
	}
	l.decode(l.get("/openapi.json"), http.StatusOK, &described)
	return described.Paths
}

// A collector whose part of the store cannot be read says so, in its metric and once in the log; the
// others go on, and no value is 0 for that. When the store can be read again, it says so, too.
func TestFailingCollectorIsVisible(t *testing.T) {
	l := newLab(t)
	l.equal("nvd", l.put("/v1/feeds/nvd/nvd?file=page.json", nvd).StatusCode, 200)
	l.accept(report("one.example.com", "81.0"), jsonBody)
	l.publish()
	scrape := func() []sample { return samples(t, string(l.get("/metrics").body)) }
	up := func(all []sample) (down []string) {
		for name, value := range sums(all, "muster_collector_up", "collector") {
			if value != 1 {
				down = append(down, name)
			}
		}
		slices.Sort(down)
		return down
	}
	scrape()
	before := scrape() // which has counted a request for metrics, like those to come
	l.equal("all work", len(up(before)), 0)
	for table, hurt := range map[string][]string{
		"feed": {"feeds"}, "build": {"builds"},
		"snapshot":   {"compliance", "coverage", "doubts", "exposure", "findings", "snapshots"},
		"generation": {"doubts", "generations"}, "device": {"doubts", "silence"},
		"rbac_group": {"compliance", "exposure", "findings"},
	} {
		t.Run(table, func(t *testing.T) {
			logged := strings.Count(l.log.String(), "metrics cannot be read")
			l.rename(table, table+"_gone")
			l.advance(61e9) // doubts are remembered for a minute
			first := scrape()
			if diff := cmp.Diff(hurt, up(first)); diff != "" {
				t.Errorf("collectors that are down (-want +got):\n%s", diff)
			}
			counted := sums(scrape(), "muster_scrape_errors_total", "collector")
			for _, name := range hurt {
				if counted[name] < 2 {
					t.Errorf("%s has failed in %v scrapes", name, counted[name])
				}
			}
			l.equal("lines in the log", strings.Count(l.log.String(), "metrics cannot be read")-logged, len(hurt))
			l.rename(table+"_gone", table)
			if after := scrape(); len(up(after)) > 0 || len(after) != len(before) {
				t.Errorf("afterwards: down %v, %d samples, %d before", up(after), len(after), len(before))
			}
			l.equal("the log tells the end", strings.Count(l.log.String(), "metrics can be read again") > 0, true)
		})
	}
	t.Run("a manifest", func(t *testing.T) {
		newest, err := l.store.Publication.Latest(t.Context(), org)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.files.Remove(newest.Manifest.Path); err != nil {
			t.Fatal(err)
		}
		l.config.Publisher = l.newPublisher() // which has read nothing yet
		l.start()
		if diff := cmp.Diff([]string{"compliance", "exposure", "findings"}, up(scrape())); diff != "" {
			t.Errorf("collectors that are down (-want +got):\n%s", diff)
		}
	})
}

// rename renames a table of the database.
func (l *lab) rename(from, to string) {
	l.Helper()
	if _, err := l.store.DB.Exec(l.Context(), "ALTER TABLE "+from+" RENAME TO "+to); err != nil {
		l.Fatal(err)
	}
}

// Metrics of many groups are limited: the largest have their own, the others are summed up, and how
// many they are is told. Sums stay whole.
func TestMetricsAreLimited(t *testing.T) {
	l := newLab(t)
	const groups = 104
	var all []slice
	for i := range groups {
		all = append(all, l.fleet(int64(i), 10*i, 10*i+1+min(i, 2)%2*2, 1))
	}
	l.seal(all...)
	got := samples(t, string(l.get("/metrics").body))
	byGroup := sums(got, "muster_devices", "group")
	l.equal("groups", len(byGroup), 101)
	l.equal("devices of the others", byGroup[""], 4.0)
	l.equal("left out", sums(got, "muster_metrics_omitted", "what")["groups"], 4.0)
	l.equal("exploits of a snapshot made by hand", len(sums(got, "muster_findings", "exploited")), 2)
	l.equal("devices", sums(got, "muster_devices", "organization")[org], float64(groups+2))
}

// TestMetricsAreDocumented compares doc/operations.md with the metrics that there are.
func TestMetricsAreDocumented(t *testing.T) {
	l := newLab(t)
	registry, config := prometheus.NewRegistry(), l.config
	config.Registry = registry
	if _, err := api.New(config); err != nil {
		t.Fatal(err)
	}
	l.equal("nvd", l.put("/v1/feeds/nvd/nvd?file=page.json", nvd).StatusCode, 200)
	l.equal("cve5", l.put("/v1/feeds/cve5/cve?file=CVE-2023-3079.json", record).StatusCode, 200)
	l.rule("told", strings.Replace(labRule, `{"events"`, `{"dryRun":true,"events"`, 1))
	l.accept(report("one.example.com", "81.0"), jsonBody)
	l.publish()
	l.round()
	l.chrome("two.example.com")
	l.publishNow()
	l.round() // it makes a notice
	l.equal("verified", l.do(http.MethodPost, "/v1/verify", nil).StatusCode, http.StatusOK)
	if _, err := l.verifier.VerifyAll(t.Context(), func(context.Context, int64) error { return nil }); err != nil {
		t.Fatal(err)
	}
	served := map[string]bool{}
	for _, line := range regexp.MustCompile(`(?m)^# TYPE (muster_\S+)`).FindAllStringSubmatch(string(l.get("/metrics").body), -1) {
		served[line[1]] = true
	}
	descriptions := make(chan *prometheus.Desc, 1000)
	registry.Describe(descriptions)
	close(descriptions)
	for d := range descriptions {
		name := regexp.MustCompile(`fqName: "([^"]+)"`).FindStringSubmatch(d.String())[1]
		served[name] = true
	}
	text, err := os.ReadFile("../../doc/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "| metric | tells |")
	told := map[string]bool{}
	for _, line := range regexp.MustCompile("(?m)^\\| (`muster_.*?) \\|").FindAllStringSubmatch(table, -1) {
		for _, name := range regexp.MustCompile("`(muster_[a-z_]+)`").FindAllStringSubmatch(line[1], -1) {
			told[name[1]] = true
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(served)), slices.Sorted(maps.Keys(told))); diff != "" {
		t.Errorf("metrics (-served +in doc/operations.md):\n%s", diff)
	}
}
