package generation_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
)

// someException adds or removes exceptions.
func (h *history) someException(t *rapid.T) {
	h.TB = t
	all := h.exceptions()
	if len(all) > 0 && rapid.IntRange(0, 3).Draw(t, "remove") == 0 {
		if err := h.store.Exceptions.Remove(h.ctx, org, rapid.SampledFrom(all).Draw(t, "removed").ID, h.now); err != nil {
			t.Fatal(err)
		}
		return
	}
	of := rapid.SampledFrom(weaknesses).Draw(t, "of")
	stated := time.Duration(rapid.IntRange(0, 3).Draw(t, "stated")) * time.Hour
	e := except.Exception{CVE: of.CVE, Reason: "drawn", Stated: h.now.Add(stated),
		Status: rapid.SampledFrom([]except.Status{except.Accepted, except.NotAffected, except.Fixed, except.Affected,
			except.UnderInvestigation}).Draw(t, "status")}
	if e.Status != except.Accepted || rapid.Bool().Draw(t, "of a product") {
		e.Product = except.Product{Vendor: of.Vendor, Name: of.Product,
			Version: rapid.SampledFrom([]string{"", "90.0.0.0", "3.3.1", "110.0.0.0"}).Draw(t, "version")}
	}
	e.Mark = e.Status == except.Accepted && rapid.Bool().Draw(t, "mark")
	if rapid.Bool().Draw(t, "of a device") {
		e.Scope.Device = inventory.DeriveID("", rapid.SampledFrom([]string{"host-0.example.com", "host-1.example.com"}).Draw(t, "device"))
	}
	if rapid.Bool().Draw(t, "of a group") {
		group := rapid.Int64Range(0, 3).Draw(t, "group")
		e.Scope.Group = &group
	}
	if rapid.Bool().Draw(t, "ends") {
		e.Until = h.now.Add(rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 30 * day}).Draw(t, "until"))
	}
	if rapid.Bool().Draw(t, "begins") {
		e.From = h.now.Add(rapid.SampledFrom([]time.Duration{-time.Hour, 30 * time.Second}).Draw(t, "from"))
	}
	if err := e.Check(); err != nil {
		t.Fatal(err)
	}
	if _, err := h.store.Exceptions.Add(h.ctx, org, []except.Exception{e}, h.now); err != nil {
		t.Fatal(err)
	}
}

// exceptions lists those of the organization.
func (l *lab) exceptions() (all []except.Exception) {
	l.Helper()
	stored, err := l.store.Exceptions.All(l.ctx, org)
	if err != nil {
		l.Fatal(err)
	}
	for _, e := range stored {
		all = append(all, e.Exception)
	}
	return all
}

// checkExcepted compares rows with what a plain reading of the exceptions makes of the rows without
// exceptions.
func (h *history) checkExcepted(bare, got table, all []except.Exception) {
	h.Helper()
	want := table{}
	for key, row := range bare {
		hidden, marked := judge(row, all, h.now)
		if hidden {
			continue
		}
		if marked {
			row["CveMitigationStatus"] = "UnderException"
		}
		want[key] = row
	}
	if diff := cmp.Diff(want, got); diff != "" {
		h.Fatalf("exceptions make other rows than they say (-want +got):\n%s", diff)
	}
}

// judge says what exceptions make of a row: a model of package except.
func judge(row map[string]any, all []except.Exception, now time.Time) (hidden, marked bool) {
	var newest *except.Exception
	for i := range all {
		e := &all[i]
		if e.CVE != row["CveId"] || e.Scope.Device != "" && e.Scope.Device != row["DeviceId"] ||
			e.Scope.Group != nil && float64(*e.Scope.Group) != row["RbacGroupId"] ||
			e.Product.Name != "" && (e.Product.Vendor != row["SoftwareVendor"] || e.Product.Name != row["SoftwareName"]) ||
			e.Product.Version != "" && e.Product.Version != row["SoftwareVersion"] ||
			!e.From.IsZero() && e.From.After(now) || !e.Until.IsZero() && !e.Until.After(now) {
			continue
		}
		switch e.Status {
		case except.Accepted:
			hidden, marked = hidden || !e.Mark, marked || e.Mark
		default:
			if newest == nil || e.Stated.After(newest.Stated) || e.Stated.Equal(newest.Stated) && shows(e) {
				newest = e
			}
		}
	}
	if !hidden && !marked && newest != nil {
		hidden = !shows(newest)
	}
	return hidden, marked && !hidden
}

func shows(e *except.Exception) bool {
	return e.Status == except.Affected || e.Status == except.UnderInvestigation
}

// changed lists the rows of a delta.
func (l *lab) changed(s publication.Snapshot) string {
	l.Helper()
	var all []string
	for _, row := range l.rows(s, defender.Vulnerabilities, true) {
		all = append(all, strings.TrimSuffix(row["DeviceName"].(string), ".example.com")+" "+row["CveId"].(string)+" "+
			row["Status"].(string))
	}
	return strings.Join(slices.Sorted(slices.Values(all)), ", ")
}

// fingerprints returns the fingerprints of a snapshot's entries by device.
func (l *lab) fingerprints(s publication.Snapshot) map[string][16]byte {
	l.Helper()
	found := map[string][16]byte{}
	m := l.manifest(s)
	for i := range m.Ranges {
		r, err := l.files.OpenRange(&m.Ranges[i], new(snapshot.Buffers))
		if err != nil {
			l.Fatal(err)
		}
		for j := range r.Sheet().Entries {
			found[r.Sheet().Entries[j].ID] = r.Sheet().Entries[j].Fingerprint
		}
	}
	return found
}

// TestExceptionsBeginAndEnd: a finding is Fixed when an exception begins, and New when it ends. Only the
// device that it concerns is made anew, and what is hidden is counted.
func TestExceptionsBeginAndEnd(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[:2]...)
	l.report(host(1, "90.0"), host(2, "90.0"), host(3, "130.0"))
	first := l.fingerprints(l.publish())
	add := func(e except.Exception) string {
		e.Status, e.Reason = except.Accepted, "the proxy filters it"
		c, err := l.store.Exceptions.Add(l.ctx, org, []except.Exception{e}, l.now)
		if err != nil {
			t.Fatal(err)
		}
		return c.Added[0].ID
	}
	check := func(what, want string, excepted int64, stale ...int) {
		t.Helper()
		l.now = l.now.Add(time.Minute)
		s := l.publish()
		if got := l.changed(s); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
		totals := l.manifest(s).Totals(nil)
		if totals.Excepted != excepted {
			t.Errorf("%s: %d are excepted, want %d", what, totals.Excepted, excepted)
		}
		if fixed := totals.Changes["vulnerabilities"].Fixed; totals.FixedFindings.Excepted != fixed {
			t.Errorf("%s: of %d Fixed, %+v", what, fixed, totals.FixedFindings)
		}
		now := l.fingerprints(s)
		for i := range 3 {
			id, made := host(i+1, "").Device.ID, false
			for _, n := range stale {
				made = made || n == i+1
			}
			if (now[id] != first[id]) != made {
				t.Errorf("%s: device %d was made anew: %v, want %v", what, i+1, !made, made)
			}
		}
		first = now
	}
	one := host(1, "").Device.ID
	id := add(except.Exception{CVE: "CVE-2024-0001", Scope: except.Scope{Device: one}, Until: noon.Add(5 * time.Minute)})
	check("begins", "host-1 CVE-2024-0001 Fixed", 1, 1)
	check("goes on", "", 1)
	l.now = noon.Add(5 * time.Minute)
	check("has ended", "host-1 CVE-2024-0001 New", 0, 1)
	if err := l.store.Exceptions.Remove(l.ctx, org, id, l.now); err != nil {
		t.Fatal(err)
	}
	check("an ended one is removed", "", 0)
	add(except.Exception{CVE: "CVE-2024-9999"})
	check("of a CVE that nobody has", "", 0)
	marks := add(except.Exception{CVE: "CVE-2024-0002", Mark: true})
	check("marks on all devices that have it", "host-1 CVE-2024-0002 Updated, host-2 CVE-2024-0002 Updated", 0, 1, 2)
	if err := l.store.Exceptions.Remove(l.ctx, org, marks, l.now); err != nil {
		t.Fatal(err)
	}
	check("no longer marks", "host-1 CVE-2024-0002 Updated, host-2 CVE-2024-0002 Updated", 0, 1, 2)
	group := int64(7)
	add(except.Exception{CVE: "CVE-2024-0002", Scope: except.Scope{Group: &group}})
	check("of another group", "", 0)
}
