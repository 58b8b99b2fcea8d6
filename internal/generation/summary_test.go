package generation_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/projection"
	"github.com/muster-project/muster/internal/store/publication"
)

// counted says in words what the counts of a snapshot are in a scope.
func (l *lab) counted(s publication.Snapshot, scope func(int64) bool) (text string) {
	l.Helper()
	v := answer.New(l.files).Of(l.manifest(s), scope)
	add := func(all any, err error) {
		l.Helper()
		if err != nil {
			l.Fatal(err)
		}
		text += fmt.Sprintf("%+v\n", all)
	}
	cves, err := v.CVEs(l.ctx)
	add(cves, err)
	products, err := v.Products(l.ctx)
	add(products, err)
	settings, err := v.Configurations(l.ctx)
	add(settings, err)
	all, err := v.Groups(l.ctx)
	add(all, err)
	return text
}

// A summary is derived. One that is missing, cut off or has another byte anywhere changes no count, and is
// no damage of the snapshot. It goes with the manifest.
func TestSummaryIsNotTrusted(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[:3]...)
	names := l.makeGroups(2)
	for i := range 6 {
		r := host(i, fmt.Sprintf("9%d.0", i))
		r.Device.RBACGroup = names[i%2]
		l.report(r)
	}
	s := l.publish()
	one := func(group int64) bool { return group == l.manifest(s).Ranges[0].Group }
	name := l.path(snapshot.SummaryName(s.Manifest.Path))
	sound, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	want, ofOne := l.counted(s, nil), l.counted(s, one)
	check := func(what string) {
		t.Helper()
		for scope, diff := range []string{cmp.Diff(want, l.counted(s, nil)), cmp.Diff(ofOne, l.counted(s, one))} {
			if diff != "" {
				t.Fatalf("%s: counts in scope %d (-sound +damaged):\n%s", what, scope, diff)
			}
		}
	}
	write := func(data []byte) {
		if err := os.WriteFile(name, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for at := range sound {
		damaged := append([]byte(nil), sound...)
		damaged[at] ^= 1 << (at % 8)
		write(damaged)
		check(fmt.Sprintf("byte %d of %d", at, len(sound)))
	}
	for n := 0; n < len(sound); n += 7 {
		write(sound[:n])
		check(fmt.Sprintf("cut off after %d bytes", n))
	}
	l.verify()
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	check("missing")
	l.verify()
	write(sound)
	v, err := l.verifier.Verify(l.ctx, org)
	if err != nil || len(v.Unknown) > 0 {
		t.Errorf("files that no manifest names: %q, %v", v.Unknown, err)
	}
	for range 5 {
		l.later(l.settings.KeepDelta / 3)
		l.report(host(1, "99.0"))
		l.publish()
	}
	l.later(time.Hour)
	if l.files.Exists(s.Manifest.Path) || l.files.Exists(snapshot.SummaryName(s.Manifest.Path)) {
		t.Errorf("manifest and summary of a snapshot that is no longer kept: %t and %t, want neither",
			l.files.Exists(s.Manifest.Path), l.files.Exists(snapshot.SummaryName(s.Manifest.Path)))
	}
}

// What was read ahead is not read again: counts, lists of devices and exposures are there without the files.
func TestPreparedAnswersReadNothing(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[:3]...)
	for i := range 9 {
		l.report(host(i, fmt.Sprintf("%d.0", 90+15*(i%3))))
	}
	s := l.publish()
	m := l.manifest(s)
	v := answer.New(l.files).Of(m, nil)
	fleet := answer.FleetOf(v)
	if err := fleet.Prepare(l.ctx); err != nil {
		t.Fatal(err)
	}
	for i := range m.Ranges {
		x, err := m.Ranges[i].Full()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(l.path(x.Projection.Path)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(l.path(snapshot.SummaryName(s.Manifest.Path))); err != nil {
		t.Fatal(err)
	}
	cves, err := v.CVEs(l.ctx)
	devices, err1 := v.Devices(l.ctx, answer.Page{Limit: 100})
	exposures, err2 := fleet.Exposures(l.ctx)
	if err := errors.Join(err, err1, err2); err != nil || len(cves) == 0 || len(devices.Rows) != 9 || len(exposures) != 1 {
		t.Errorf("%d CVEs, %d devices, %d groups: %v", len(cves), len(devices.Rows), len(exposures), err)
	}
	if _, err := fleet.Having(l.ctx, answer.Filter{CVE: cves[0].ID}); err == nil {
		t.Error("a projection that is gone was read")
	}
}

// What is asked of all groups is answered by the sum of all groups: neither the sums of the groups nor the
// projections of ranges are read that cannot have it.
func TestAllGroupsHaveOneSum(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[:3]...)
	names := l.makeGroups(3)
	for i := range 9 {
		r := host(i, fmt.Sprintf("%d.0", 90+15*(i%3)))
		r.Device.RBACGroup = names[i%3]
		l.report(r)
	}
	s := l.publish()
	m := l.manifest(s)
	ask := func() (cves []answer.CVE, devices map[string]string) {
		t.Helper()
		v := answer.New(l.files).Of(m, nil)
		cves, err := v.CVEs(l.ctx)
		if err != nil {
			t.Fatal(err)
		}
		devices = map[string]string{}
		for _, c := range cves {
			has, err := v.DevicesOf(l.ctx, answer.Of{CVE: c.ID}, answer.Page{Limit: 100})
			devices[c.ID] = fmt.Sprintf("%d of %d, %v", len(has.Rows), has.Total, err)
			if err == nil && len(has.Rows) != int(c.Devices) {
				t.Errorf("%s has %d devices, listed are %d", c.ID, c.Devices, len(has.Rows))
			}
		}
		return cves, devices
	}
	want, listed := ask()
	if len(want) == 0 {
		t.Fatal("no CVE")
	}
	name := l.path(snapshot.SummaryName(s.Manifest.Path))
	file, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	const begin = "muster projection "
	clear(file[bytes.Index(file, []byte(begin)):bytes.LastIndex(file, []byte(begin))])
	if err := os.WriteFile(name, file, 0o600); err != nil {
		t.Fatal(err)
	}
	const rare = "CVE-2024-0001"
	kept := 0
	for i := range m.Ranges {
		v := answer.New(l.files).Of(m, func(group int64) bool { return group == m.Ranges[i].Group })
		if _, has, err := v.CVE(l.ctx, rare); err != nil {
			t.Fatal(err)
		} else if has {
			kept++
			continue
		}
		x, err := m.Ranges[i].Full()
		if err == nil {
			err = os.Remove(l.path(x.Projection.Path))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if kept == 0 || kept == len(m.Ranges) {
		t.Fatalf("%d of %d ranges have %s", kept, len(m.Ranges), rare)
	}
	got, left := ask()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counts without sums of groups (-with +without):\n%s", diff)
	}
	if left[rare] != listed[rare] {
		t.Errorf("devices of %s without other ranges: %s, want %s", rare, left[rare], listed[rare])
	}
}

// A list that is read page by page matches a filter with a key once in each range that may have a match, and reads
// no projection of another one. Without a key it is matched again.
func TestPagesMatchOnce(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[:3]...)
	names := l.makeGroups(4)
	for i := range 12 {
		r := host(i, fmt.Sprintf("%d.0", 90+15*(i%4))) // 90, 105, 120, and 135 without a finding
		r.Device.RBACGroup = names[i%4]
		l.report(r)
	}
	s := l.publish()
	m := l.manifest(s)
	last, err := m.Ranges[len(m.Ranges)-1].Full()
	if err == nil {
		err = os.Remove(l.path(last.Projection.Path))
	}
	if err != nil {
		t.Fatal(err)
	}
	v, asked := answer.New(l.files).Of(m, nil), 0
	pull := func(f answer.Filter) (rows, pages int) {
		t.Helper()
		f.Pair = func(_ *row.SoftwareKey, one *projection.Finding) bool {
			asked++
			return one.CVE == "CVE-2024-0002"
		}
		for p := (answer.Page{Limit: 1}); p.Skip >= 0; pages++ {
			found, err := v.Findings(l.ctx, f, p)
			if err != nil {
				t.Fatal(err)
			}
			rows, p.Skip = rows+len(found.Rows), found.Next
		}
		return rows, pages
	}
	rows, pages := pull(answer.Filter{Key: "second"})
	if rows != 9 || pages != 9 {
		t.Fatalf("%d findings on %d pages, want 9 on 9", rows, pages)
	}
	// Of the sum of all, of each range that has a finding, and of each row with those before it on its release.
	const pairs = 4
	if most := 2*pairs + 2*rows; asked > most {
		t.Errorf("%d pages asked for %d pairs, want %d at most", pages, asked, most)
	}
	asked = 0
	if pull(answer.Filter{Key: "second"}); asked > 2*rows {
		t.Errorf("the same again asked for %d pairs, want %d at most", asked, 2*rows)
	}
	asked = 0
	if pull(answer.Filter{}); asked < pages*pairs {
		t.Errorf("without a key %d pages asked for %d pairs, want %d at least", pages, asked, pages*pairs)
	}
}
