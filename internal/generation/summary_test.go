package generation_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/snapshot"
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
