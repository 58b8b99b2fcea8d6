package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/tallied"
)

// into gets a path and decodes the reply.
func into[V any](l *lab, path string) (v V) {
	l.Helper()
	r := l.get(path)
	l.equal(path, r.StatusCode, http.StatusOK)
	if err := json.Unmarshal(r.body, &v); err != nil {
		l.Fatal(err)
	}
	return v
}

// debian is a feed of one advisory of Debian 12.
const debian = `{"id":"DSA-1-1","modified":"2026-11-20T00:00:00Z","published":"2026-11-20T00:00:00Z","aliases":["CVE-2024-0005"],
	"affected":[{"package":{"ecosystem":"Debian:12","name":"openssl"},
	"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"3.0.15-1~deb12u1"}]}]}]}`

// TestCoverageOfDevicesWithoutFeeds: devices of distributions without a feed are told with their reason and
// what to import, and after an import the counts move.
func TestCoverageOfDevicesWithoutFeeds(t *testing.T) {
	l := newLab(t)
	l.equal("before the first snapshot", l.get("/v1/coverage").StatusCode, http.StatusNotFound)
	for name, version := range map[string]string{"debian": "debian_linux_12", "amazon": "amazon_linux_2023", "none": ""} {
		report := fmt.Sprintf(`{"device":{"name":"%s.example.com","osPlatform":"Linux","osVersion":"%s"},
			"software":[{"kind":"deb","name":"openssl","version":"3.0.11-1~deb12u2"}]}`, name, version)
		l.accept(report, jsonBody)
	}
	l.publish()
	before := into[control.Coverage](l, "/v1/coverage")
	if got := states(before.Coverage); got["notAssessed"] != 3 || len(before.Feeds) != 0 || before.Unknown != 0 {
		t.Errorf("without feeds: %+v", before)
	}
	if len(before.Wants) == 0 || !slices.Contains(before.Wants, counts.Wanted{Name: "Debian:12", Devices: 1}) {
		t.Errorf("wants %+v", before.Wants)
	}
	l.equal("import", l.put("/v1/feeds/osv/debian?file=DSA-1-1.json", debian).StatusCode, http.StatusOK)
	l.publish()
	after := into[control.Coverage](l, "/v1/coverage")
	if got := states(after.Coverage); got["notAssessed"] != 2 || got["assessed"]+got["partly"] != 1 {
		t.Errorf("with a feed: %+v", after.Coverage)
	}
	if f := after.Feeds; len(f) != 1 || f[0].Kind != "osv" || f[0].Name != "debian" || f[0].Records != 1 || f[0].Old ||
		f[0].Day < "2026-11-20" || f[0].AgeDays == nil || *f[0].AgeDays > 3 || f[0].LimitDays != 7 {
		t.Errorf("feeds: %+v", f)
	}
	metrics := string(l.get("/metrics").body)
	for _, want := range []string{
		`muster_coverage_devices{organization="` + org + `",reason="noDistributionFeed",state="notAssessed"} 1`,
		`muster_coverage_software{organization="` + org + `",reason="noDistributionFeed",state="notAssessed"} 1`,
		// Three days and a half since its newest record, though it was imported now.
		`muster_feed_age_seconds{kind="osv",name="debian"} 302400`, `muster_feed_limit_seconds{kind="osv",name="debian"} 604800`,
		`muster_feed_failures{kind="osv",name="debian"} 0`, `muster_feed_rejected_records{kind="osv",name="debian"} 0`,
	} {
		if !strings.Contains(metrics, want+"\n") {
			t.Errorf("no %s in\n%s", want, metrics)
		}
	}
	left := into[control.CoveredDeviceList](l, "/v1/coverage/devices?state=notAssessed").Devices
	reasons := map[string]string{}
	for _, d := range left {
		reasons[d.Name] = d.Reason
	}
	if diff := cmp.Diff(map[string]string{"amazon.example.com": "noDistributionFeed", "none.example.com": "releaseUnknown"},
		reasons); diff != "" {
		t.Errorf("devices that are not assessed (-want +got):\n%s", diff)
	}
	for _, d := range into[control.DeviceList](l, "/v1/devices").Devices {
		shown := into[control.DeviceReport](l, "/v1/devices/"+d.ID)
		if d.Coverage == nil || d.Coverage.State == "" {
			t.Errorf("device %q has coverage %+v", d.Name, d.Coverage)
		}
		if diff := cmp.Diff(d.Coverage, shown.Coverage); diff != "" {
			t.Errorf("device %q is listed and shown with another coverage:\n%s", d.Name, diff)
		}
		var want counts.Severities // the advisory says neither a score nor a word
		if d.Name == "debian.example.com" {
			want.Unrated = 1
		}
		if diff := cmp.Diff([]*counts.Severities{&want, &want}, []*counts.Severities{d.Findings, shown.Findings}); diff != "" {
			t.Errorf("findings of %q (-want +got):\n%s", d.Name, diff)
		}
	}
	l.as(auth.Caller{ID: "reader", Permissions: []auth.Permission{auth.ReadSoftware}, AllGroups: true})
	for _, d := range into[control.DeviceList](l, "/v1/devices").Devices {
		if d.Findings != nil || d.Coverage == nil {
			t.Errorf("a reader of software sees %+v of %q", d.Findings, d.Name)
		}
	}
	l.manager()
	for range 20 { // of a running server
		l.advance(24 * time.Hour)
		if err := l.publisher.Watcher().Watch(t.Context(), org); err != nil {
			t.Fatal(err)
		}
	}
	l.publish()
	old := into[control.Coverage](l, "/v1/coverage")
	if old.Feeds == nil || !old.Feeds[0].Old || states(old.Coverage)["assessed"] != 0 {
		t.Errorf("with a feed of three weeks ago: %+v", old)
	}
}

func states(c counts.Coverage) map[string]int64 {
	all := map[string]int64{}
	for _, one := range c.Devices {
		all[one.State] += one.Count
	}
	return all
}

func TestCoverageRefuses(t *testing.T) {
	l := newLab(t)
	l.seal(l.fleet(0, 0, 1, 1))
	for path, want := range map[string]int{
		"/v1/coverage?group=nobody":             http.StatusNotFound,
		"/v1/coverage/devices?group=nobody":     http.StatusNotFound,
		"/v1/coverage/devices?state=fine":       http.StatusBadRequest,
		"/v1/coverage/devices?reason=because":   http.StatusBadRequest,
		"/v1/coverage/devices?after=x":          http.StatusBadRequest,
		"/v1/coverage/devices?limit=0":          http.StatusBadRequest,
		"/v1/coverage/devices?state=notassesse": http.StatusBadRequest,
		"/v1/coverage?group=0":                  http.StatusOK,
		"/v1/coverage?group=none":               http.StatusOK,
	} {
		l.equal(path, l.get(path).StatusCode, want)
	}
}

// TestCoverageIsPaged: whatever the fleet, its groups, the limit and the filter, pages together have each
// device once that is looked for, and counts are the sums over devices.
func TestCoverageIsPaged(t *testing.T) {
	l := newLab(t)
	const devices = 12
	for i := range devices {
		l.accept(fmt.Sprintf(`{"device":{"id":%q,"name":"host-%d"}}`, deviceID(i), i), jsonBody)
	}
	if err := rbacGroups(l, "North", "South"); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		l.advance(time.Hour)
		all := map[string]coverage.Device{}
		groups := map[string]int64{}
		l.sealManifest(func(number int64) string { return fmt.Sprintf("%s/manifest/%d.json", org, number) },
			func(m *snapshot.Manifest) {
				left := devices
				for n, group := range []int64{rbac.HiddenGroup, 0, 1, 2} {
					l.seals++
					w := l.files.NewRangeWriter(snapshot.Naming{Organization: org, Begun: m.Begun, Group: group, Ordinal: n,
						Attempt: fmt.Sprintf("00000000-0000-4000-8000-%012d", l.seals)}, "", "", "", gzipjoin.NewEncoder())
					for range rapid.IntRange(0, min(left, 5)).Draw(rt, "devices") {
						left--
						id := deviceID(devices - 1 - left)
						d := drawDevice(rt)
						if err := w.Add(snapshot.Entry{ID: id, Coverage: d}, &assess.Rows{}); err != nil {
							rt.Fatal(err)
						}
						if group != rbac.HiddenGroup {
							all[id], groups[id] = d, group
						}
					}
					made, err := w.Close()
					if err != nil {
						rt.Fatal(err)
					}
					m.Add(made)
				}
			})
		sum, reply := coverage.Sum{}, into[control.Coverage](l, "/v1/coverage")
		for _, d := range all {
			sum.Add(&d)
		}
		want := *tallied.Counts(&sum, int64(len(all)))
		if diff := cmp.Diff(want, reply.Coverage); diff != "" {
			rt.Fatalf("counts (-devices +reply):\n%s", diff)
		}
		var grouped int64
		for _, g := range reply.Groups {
			grouped += g.Unknown
			for _, c := range g.Devices {
				grouped += c.Count
			}
		}
		if grouped != int64(len(all)) {
			rt.Fatalf("groups count %d devices of %d", grouped, len(all))
		}
		state := rapid.SampledFrom([]string{"", "notAssessed", "partly", "assessed"}).Draw(rt, "state")
		group := rapid.SampledFrom([]string{"", "0", "north", "2"}).Draw(rt, "group")
		number := map[string]int64{"0": 0, "north": 1, "2": 2}[group]
		wanted := map[string]string{}
		for id, d := range all {
			if (state == "" && d.State != coverage.Assessed || d.State.String() == state) && (group == "" || groups[id] == number) {
				wanted[id] = d.State.String()
			}
		}
		got, limit := map[string]string{}, rapid.IntRange(1, 5).Draw(rt, "limit")
		for after := ""; ; {
			page := into[control.CoveredDeviceList](l, fmt.Sprintf("/v1/coverage/devices?limit=%d&state=%s&group=%s&after=%s",
				limit, state, group, after))
			for _, d := range page.Devices {
				if _, twice := got[d.ID]; twice || d.RBACGroupID != groups[d.ID] {
					rt.Fatalf("device %+v is listed twice, or in another group", d)
				}
				got[d.ID] = d.State
			}
			if after = page.Next; after == "" {
				break
			}
		}
		if diff := cmp.Diff(wanted, got); diff != "" {
			rt.Fatalf("devices that are %q in group %q (-want +got):\n%s", state, group, diff)
		}
	})
}

// rbacGroups makes groups.
func rbacGroups(l *lab, names ...string) error {
	rules, err := rbac.New(names, nil)
	if err != nil {
		return err
	}
	_, err = l.store.Organizations.SetRules(l.Context(), org, rules)
	return err
}

// drawDevice draws the coverage of a device; zero is unknown.
func drawDevice(t *rapid.T) (d coverage.Device) {
	d.State = coverage.State(rapid.IntRange(0, int(coverage.Assessed)).Draw(t, "state"))
	if d.State != coverage.Assessed {
		d.Reason = coverage.Reason(rapid.IntRange(0, coverage.ReasonCount-1).Draw(t, "reason"))
	}
	if d.Known() {
		d.Software.Add(d.State, d.Reason, rapid.Int64Range(1, 9).Draw(t, "software"))
		d.Wants = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"Debian:12", "npm"}), 0, 2, rapid.ID).Draw(t, "wants")
	}
	return d
}

// TestCoverageIsScoped: a caller of one group counts and lists its devices only.
func TestCoverageIsScoped(t *testing.T) {
	l := newLab(t)
	l.accept(`{"device":{"name":"mine","tags":["north"],"osPlatform":"Linux","osVersion":"amazon_linux_2"}}`, jsonBody)
	l.accept(`{"device":{"name":"theirs","tags":["south"],"osPlatform":"Linux","osVersion":"fedora_linux_40"}}`, jsonBody)
	rules, err := rbac.New([]string{"North", "South"}, []rbac.Rule{{Group: "North", Tag: "north"}, {Group: "South", Tag: "south"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.store.Organizations.SetRules(t.Context(), org, rules); err != nil {
		t.Fatal(err)
	}
	l.publish()
	l.config.Trusted = &auth.Caller{Organization: org, ID: "reader", Permissions: []auth.Permission{auth.ReadVulnerabilities},
		Groups: []int64{1}}
	l.start()
	c := into[control.Coverage](l, "/v1/coverage")
	if n := states(c.Coverage)["notAssessed"]; n != 1 || len(c.Groups) != 1 || c.Groups[0].RBACGroupName != "North" {
		t.Errorf("the caller counts %+v", c)
	}
	list := into[control.CoveredDeviceList](l, "/v1/coverage/devices").Devices
	if len(list) != 1 || list[0].Name != "mine" {
		t.Errorf("the caller lists %+v", list)
	}
	l.equal("a foreign group", l.get("/v1/coverage?group=South").StatusCode, http.StatusNotFound)
}
