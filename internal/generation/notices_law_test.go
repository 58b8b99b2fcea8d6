package generation_test

import (
	"cmp"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/notify"
	"github.com/muster-project/muster/internal/store/notified"
	"github.com/muster-project/muster/internal/store/publication"
)

// toldRules are the rules of a history. Group 1 is that of the first rule that somebody made.
var toldRules = []notice.Rule{
	{Name: "everything", Events: notice.Events()},
	{Name: "worst", Events: []notice.Event{notice.Finding}, Severities: []string{"Critical", "High"}, Groups: []int64{1}},
	{Name: "exploited", Events: []notice.Event{notice.Exploited}},
	{Name: "both", Events: []notice.Event{notice.Exploited, notice.Finding, notice.Fixed}, Severities: []string{"High"},
		Groups: []int64{0, 2}},
	{Name: "mended", Events: []notice.Event{notice.Fixed}, Groups: []int64{1, 2}},
	{Name: "products", Events: []notice.Event{notice.Exploited, notice.Finding, notice.Fixed}, By: notice.ByProduct},
	{Name: "chrome", Events: []notice.Event{notice.Finding, notice.Fixed}, By: notice.ByProduct,
		Products: []notice.Product{{Vendor: "Google", Name: "chrome"}, {Name: "openssl"}}},
	{Name: "quiet", Events: []notice.Event{notice.Silent, notice.Coverage}, Groups: []int64{0, 1}},
}

// watched is what rules tell of: what somebody remembers who looked at a snapshot.
type watched struct {
	catalog  string
	findings []seenFinding
	software map[string]bool // "device vendor name version"
	devices  map[string]answer.Device
	listed   []string
	feeds    []counts.Feed
	snapshot publication.Snapshot
}

type seenFinding struct {
	device, cve, vendor, name, version, severity string
	group                                        int64
	exploited                                    bool
}

// notifier returns one that sends nothing.
func (l *lab) notifier() *notify.Notifier {
	return notify.New(notify.Config{Store: l.store, Answers: answer.New(l.files), Library: l.library,
		Manifest: l.publisher.Manifest,
		Clock:    func() time.Time { return l.now }, Log: slog.New(slog.DiscardHandler)})
}

// watch looks at a snapshot.
func (h *history) watch(s publication.Snapshot) *watched {
	h.Helper()
	w := &watched{catalog: h.manifest(s).Catalog, software: map[string]bool{}, devices: map[string]answer.Device{},
		listed: slices.Clone(h.listed), feeds: h.manifest(s).Feeds, snapshot: s}
	text := func(row map[string]any, name string) string { v, _ := row[name].(string); return v }
	for _, d := range []defender.Dataset{defender.Vulnerabilities, defender.NonCVEAdvisories} {
		for _, row := range h.rows(s, d, false) {
			level := text(row, "ExploitabilityLevel")
			w.findings = append(w.findings, seenFinding{device: text(row, "DeviceId"), cve: text(row, "CveId"),
				vendor: text(row, "SoftwareVendor"), name: text(row, "SoftwareName"), version: text(row, "SoftwareVersion"),
				severity: text(row, "VulnerabilitySeverityLevel"), group: int64(row["RbacGroupId"].(float64)),
				exploited: level != "" && level != defender.NoExploit || slices.Contains(h.listed, text(row, "CveId"))})
		}
	}
	for _, d := range []defender.Dataset{defender.Software, defender.NoProductCode, defender.CleanSoftware,
		defender.Vulnerabilities} {
		for _, row := range h.rows(s, d, false) {
			w.software[strings.Join([]string{text(row, "DeviceId"), text(row, "SoftwareVendor"), text(row, "SoftwareName"),
				text(row, "SoftwareVersion")}, "|")] = true
		}
	}
	devices, err := answer.New(h.files).Of(h.manifest(s), nil).Devices(h.ctx, answer.Page{Limit: 1000})
	if err != nil {
		h.Fatal(err)
	}
	for _, d := range devices.Rows {
		w.devices[d.ID] = d
	}
	return w
}

// checkNotices compares the notices that were made of a snapshot with what a reader of all rows, before and after,
// expects.
func (h *history) checkNotices(s publication.Snapshot, anew bool) {
	h.Helper()
	if h.repaired {
		return
	}
	now, before := h.watch(s), h.watched
	h.watched = now
	notifier := h.notifier()
	if before == nil {
		for i := range toldRules {
			r := &notified.Rule{Rule: toldRules[i], Sealed: []byte{1}}
			r.DryRun = true
			if err := h.store.Notified.SetRule(h.ctx, org, r, h.now); err != nil {
				h.Fatal(err)
			}
		}
		before = now
	}
	if err := notifier.DeriveAll(h.ctx); err != nil {
		h.Fatal(err)
	}
	made, err := h.store.Notified.History(h.ctx, org, notified.Filter{}, 100_000)
	if err != nil {
		h.Fatal(err)
	}
	got := map[string]map[string]string{}
	for i := range made {
		if n := &made[i]; n.Snapshot == s.Number {
			if got[n.Rule] == nil {
				got[n.Rule] = map[string]string{}
			}
			got[n.Rule][subjectOf(&n.Notice)] = sumOf(&n.Notice)
		}
	}
	for i := range toldRules {
		r := &toldRules[i]
		want := expected(r, before, now)
		if slices.Contains(r.Events, notice.Feed) && before != now { // the rules were set before the snapshot
			h.expectMoments(want, before, now)
		}
		if before != now && (anew || !h.comparable(before)) {
			want = map[string]string{string(notice.Unknown): ""}
		}
		if diff := gocmp.Diff(want, got[r.Name], gocmpEmpty); diff != "" {
			h.Fatalf("snapshot %d, rule %q (-rows +notices):\n%s", s.Number, r.Name, diff)
		}
	}
	if owes, err := notifier.Owes(h.ctx); err != nil || owes {
		h.Fatalf("something is owed (%t) after it was made: %v", owes, err)
	}
}

// comparable tells whether a snapshot still has what answers are made of: an older program made others.
func (h *history) comparable(w *watched) bool {
	s, err := h.store.Publication.Snapshot(h.ctx, org, w.snapshot.Number)
	if err != nil {
		h.Fatal(err)
	}
	return s.Full == publication.Kept && answer.New(h.files).Of(h.manifest(s), nil).Available() == nil
}

// gocmpEmpty takes no map for an empty one.
var gocmpEmpty = gocmp.FilterValues(func(a, b map[string]string) bool { return len(a)+len(b) == 0 }, gocmp.Ignore())

// subjectOf says what a notice is about, sumOf what it says.
func subjectOf(n *notice.Notice) string {
	switch {
	case n.Event == notice.Exception:
		return "exception " + n.Exception.ID
	case n.Event == notice.Feed:
		return "feed " + n.Feed.Kind + " " + n.Feed.Name
	case n.Event != notice.Finding && n.Event != notice.Fixed:
		return string(n.Event)
	case n.ProductCount == 1 && strings.Contains(n.Title, "CVEs (worst ") || strings.Contains(n.Title, "CVE (worst "):
		return fmt.Sprintf("%s %s %s", n.Event, n.Products[0].Vendor, n.Products[0].Name)
	}
	return fmt.Sprintf("%s %s", n.Event, n.CVEs[0].ID)
}

func sumOf(n *notice.Notice) string {
	if n.Event == notice.Unknown || n.Event == notice.Exception || n.Event == notice.Feed {
		return ""
	}
	var devices, cves []string
	for _, d := range n.Devices {
		devices = append(devices, d.ID)
	}
	for _, c := range n.CVEs {
		cves = append(cves, c.ID)
	}
	slices.Sort(devices)
	slices.Sort(cves)
	return fmt.Sprint(n.DeviceCount, devices, cves)
}

// expected says what a rule tells from one snapshot to the next: the difference of two lists, as doc/notices.md
// defines it.
func expected(r *notice.Rule, before, now *watched) map[string]string {
	told := map[string]*tale{}
	for device, is := range now.devices {
		if len(r.Groups) > 0 && !slices.Contains(r.Groups, is.Group) {
			continue
		}
		was, there := before.devices[device]
		if there = there && (len(r.Groups) == 0 || slices.Contains(r.Groups, was.Group)); there {
			ofDevice(r, told, &was, &is, before, now)
		}
		old, fresh := before.list(r, device, there), now.list(r, device, true)
		for _, key := range slices.Concat(slices.Collect(maps.Keys(old)), slices.Collect(maps.Keys(fresh))) {
			o, n := old[key], fresh[key]
			tells := func(e notice.Event) bool { return slices.Contains(r.Events, e) }
			rose := tells(notice.Finding) && n.listed && !o.listed || tells(notice.Exploited) && n.exploited && !o.exploited
			if rose {
				add(told, "finding "+n.subject, device, n.cve)
			}
			if mended := tells(notice.Fixed) && o.listed && !n.there &&
				(before.catalog == now.catalog || is.LastSeen.After(was.LastSeen)) &&
				!slices.ContainsFunc(o.software, func(s string) bool { return now.software[s] }); mended {
				add(told, "fixed "+o.subject, device, o.cve)
			}
		}
	}
	all := map[string]string{}
	for subject, t := range told {
		slices.Sort(t.cves)
		devices := slices.Sorted(maps.Keys(t.devices))
		all[subject] = fmt.Sprint(len(devices), devices, slices.Compact(t.cves))
	}
	return all
}

// expectMoments adds the feeds that became old, and the exceptions that end within a week.
func (h *history) expectMoments(want map[string]string, before, now *watched) {
	for _, f := range now.feeds {
		was := func(b counts.Feed) bool { return b.Kind == f.Kind && b.Name == f.Name && b.Old }
		if f.Old && !slices.ContainsFunc(before.feeds, was) {
			want["feed "+f.Kind+" "+f.Name] = ""
		}
	}
	all, err := h.store.Exceptions.All(h.ctx, org)
	if err != nil {
		h.Fatal(err)
	}
	for i := range all {
		e, was := &all[i], before.snapshot.Begun
		soon := e.Until.Add(-7 * day)
		if !e.Until.IsZero() && !soon.After(now.snapshot.Begun) && (soon.After(was) || e.Created.After(was)) {
			want["exception "+e.ID] = ""
		}
	}
}

func ofDevice(r *notice.Rule, told map[string]*tale, was, is *answer.Device, before, now *watched) {
	if slices.Contains(r.Events, notice.Silent) && now.snapshot.Begun.Sub(is.LastSeen) >= 7*day &&
		before.snapshot.Begun.Sub(was.LastSeen) < 7*day {
		add(told, "silent", is.ID, "")
	}
	known := func(d *answer.Device) bool { return !d.FromRows && (d.State != 0 || d.Reason != coverage.NoReason) }
	if slices.Contains(r.Events, notice.Coverage) && known(was) && known(is) && is.State < was.State {
		add(told, "coverage", is.ID, "")
	}
}

type tale struct {
	devices map[string]bool
	cves    []string
}

func add(told map[string]*tale, subject, device, cve string) {
	t := told[subject]
	if t == nil {
		t = &tale{devices: map[string]bool{}}
		told[subject] = t
	}
	t.devices[device] = true
	if cve != "" {
		t.cves = append(t.cves, cve)
	}
}

// entry is a CVE, or a CVE of a product, in the list of a device.
type entry struct {
	there, listed, exploited bool
	cve, subject             string
	software                 []string
}

// list is what somebody sees of a device who looks with the rule's filter. It also has what is there and not listed.
func (w *watched) list(r *notice.Rule, device string, there bool) map[string]entry {
	all := map[string]entry{}
	for _, f := range w.findings {
		product := func(p notice.Product) bool {
			return strings.EqualFold(p.Name, f.name) && (p.Vendor == "" || strings.EqualFold(p.Vendor, f.vendor))
		}
		if !there || f.device != device || len(r.Products) > 0 && !slices.ContainsFunc(r.Products, product) {
			continue
		}
		key, subject := f.cve, f.cve
		if r.By == notice.ByProduct {
			key, subject = f.cve+" "+f.vendor+" "+f.name, f.vendor+" "+f.name
		}
		listed := len(r.Severities) == 0 || slices.Contains(r.Severities, cmp.Or(f.severity, "None"))
		e := all[key]
		e.there, e.cve, e.subject = true, f.cve, subject
		e.listed, e.exploited = e.listed || listed, e.exploited || listed && f.exploited
		e.software = append(e.software, strings.Join([]string{device, f.vendor, f.name, f.version}, "|"))
		all[key] = e
	}
	return all
}

// A device that only moved to another group of a rule tells nothing, one that came from elsewhere does, and one that
// left is not mended.
func TestNoticesOfMoves(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[0])
	l.report(host(1, "90.0"))
	l.publish()
	for _, r := range []notice.Rule{{Name: "all", Events: notice.Events()},
		{Name: "north", Events: notice.Events(), Groups: []int64{1}},
		{Name: "south", Events: notice.Events(), Groups: []int64{2}}} {
		r.DryRun = true
		if err := l.store.Notified.SetRule(l.ctx, org, &notified.Rule{Rule: r, Sealed: []byte{1}}, l.now); err != nil {
			t.Fatal(err)
		}
	}
	for n, group := range []string{"North", "South"} {
		l.later(time.Hour)
		l.setRules(rbac.Rule{Group: group, Name: "host-*"})
		s := l.publish()
		if err := l.notifier().DeriveAll(l.ctx); err != nil {
			t.Fatal(err)
		}
		all, err := l.store.Notified.History(l.ctx, org, notified.Filter{}, 100)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := range all {
			if all[i].Snapshot == s.Number {
				got = append(got, all[i].Rule+": "+all[i].Title)
			}
		}
		want := []string{[]string{"north", "south"}[n] +
			": CVE-2024-0001 (Critical, CVSS 9.8): new on 1 device"}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("to %s (-want +got):\n%s", group, diff)
		}
	}
}
