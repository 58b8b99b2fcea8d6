package database_test

import (
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/counts/trend"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/counted"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/intelligence"
	"github.com/muster-project/muster/internal/store/notified"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
)

// An upgrade moves no device and refuses no agent (decision 30): an enrolled device keeps its
// sources, and what its tags did stays done.
func TestUpgradeRefusesNoAgent(t *testing.T) {
	one, two := strings.Repeat("1", 40), strings.Repeat("2", 40)
	hash := `x'` + strings.Repeat("00", 32) + `'`
	path := database.OfVersion(t, 2, `
		INSERT INTO organization (id, name, rules, rules_revision, rules_applied) VALUES ('o', 'O', '{"rules":[{"group":"Prod","tag":"prod"}]}', 1, 1);
		INSERT INTO rbac_group (organization, id, name) VALUES ('o', 1, 'Prod');
		INSERT INTO device (organization, id, name, name_key, os_platform, os_version, os_architecture, tags, wanted_group, pinned_group,
			first_seen, last_seen, received, revision, hash)
		VALUES ('o', '`+one+`', 'one', 'one', 'Linux', '', '', '["prod"]', 1, 1, 1, 1, 1, 1, `+hash+`),
			('o', '`+two+`', 'two', 'two', 'Linux', '', '', 'null', 0, 0, 1, 1, 1, 1, `+hash+`);
		INSERT INTO document (organization, device, source, section, hash, data) VALUES ('o', '`+one+`', 'collect', 1, `+hash+`, x'00'),
			('o', '`+one+`', 'sbom', 1, `+hash+`, x'00');
		INSERT INTO client (id, organization, name, permissions, rbac_groups, device, created) VALUES ('c', 'o', 'one', '[]', '[]', '`+one+`', 1);`)
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if d, _, err := s.Reports.Load(t.Context(), "o", one); err != nil || d.Rank != trust.ByCredential {
		t.Errorf("the enrolled device is of rank %d: %v", d.Rank, err)
	}
	own := trust.Sender{Role: trust.Own, Device: one, Name: "one"}
	fleet := trust.Sender{Role: trust.Fleet}
	now := time.UnixMilli(5)
	for _, send := range []struct {
		from   trust.Sender
		source string
	}{{fleet, "sbom"}, {fleet, "collect"}, {own, "collect"}, {own, "sbom"}} {
		in := reports.Incoming{Device: inventory.Device{ID: one, Name: "one"}, Source: send.source,
			Documents: []inventory.Document{{Section: inventory.SectionSoftware, Data: []byte("new")}}}
		if send.from.Role == trust.Own {
			in.Device.Tags = []string{}
		}
		if _, err := s.Reports.Receive(t.Context(), "o", send.from, []reports.Incoming{in}, now); err != nil {
			t.Errorf("source %s of role %d: %v", send.source, send.from.Role, err)
		}
	}
	d, _, err := s.Reports.Load(t.Context(), "o", one)
	if err != nil {
		t.Fatal(err)
	}
	if d.WantedGroup != 1 || len(d.Tags) != 1 {
		t.Errorf("the enrolled device is in group %d, with tags %q", d.WantedGroup, d.Tags)
	}
	if d, _, err = s.Reports.Load(t.Context(), "o", two); err != nil || d.Rank != trust.ByFleet {
		t.Errorf("the other device is of rank %d: %v", d.Rank, err)
	}
}

// After an upgrade in the middle of a generation, the group in which the newest snapshot shows
// each device is known, and the generation goes on as planned.
func TestUpgradeKeepsPublishedGroups(t *testing.T) {
	hash := `x'` + strings.Repeat("00", 32) + `'`
	ids := map[string]string{}
	rows := `
		INSERT INTO organization (id, name) VALUES ('o', 'O');
		INSERT INTO generation (organization, number, state, begun, revision, pin) VALUES ('o', 1, 'sealed', 1, 1, ''), ('o', 2, 'running', 2, 1, 'plan');
		INSERT INTO snapshot (organization, number, begun, generated, manifest_path, manifest_sha256, totals, full_files, delta_files)
		VALUES ('o', 1, 1, 1000, 'm', ` + hash + `, '{}', 'kept', 'kept');`
	for i, d := range []struct{ name, pinned, published string }{
		{"moved", "2", "1"}, {"stayed", "1", "1"}, {"new", "1", "NULL"}, {"unseen", "NULL", "NULL"},
	} {
		ids[d.name] = strings.Repeat(string(rune('1'+i)), 40)
		rows += `
		INSERT INTO device (organization, id, name, name_key, os_platform, os_version, os_architecture, tags, wanted_group, pinned_group,
			published_group, first_seen, last_seen, received, revision, hash)
		VALUES ('o', '` + ids[d.name] + `', '` + d.name + `', '` + d.name + `', '', '', '', 'null', 2, ` + d.pinned + `, ` + d.published + `, 1, 1, 1, 1, ` + hash + `);`
	}
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: database.OfVersion(t, 3, rows)}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	check := func(when string, want map[string]int64) {
		t.Helper()
		for name, id := range ids {
			d, _, err := s.Reports.Load(t.Context(), "o", id)
			if err != nil {
				t.Fatal(err)
			}
			if group, shown := want[name]; d.Published != shown || shown && d.PublishedGroup != group {
				t.Errorf("%s the device that is %s is shown in %d (%t), want %d (%t)", when, name, d.PublishedGroup,
					d.Published, group, shown)
			}
		}
	}
	check("after the upgrade", map[string]int64{"moved": 1, "stayed": 1})
	g, resumed, err := s.Publication.Begin(t.Context(), "o", time.UnixMilli(5), nil)
	if err != nil || !resumed || !g.Planned || string(g.Pin) != "plan" {
		t.Fatalf("generation %+v, resumed %t, %v", g, resumed, err)
	}
	if g, err = s.Publication.Plan(t.Context(), "o", g.Number, nil); err != nil || string(g.Pin) != "plan" {
		t.Errorf("generation %+v, %v", g, err)
	}
	lease, err := s.Publication.TakeLease(t.Context(), "o", "owner")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lease.Seal(t.Context(), 2, publication.ManifestRef{Path: "m2", Totals: "{}"},
		time.UnixMilli(6)); err != nil {
		t.Fatal(err)
	}
	check("when it is sealed", map[string]int64{"moved": 2, "stayed": 1, "new": 1})
}

// A snapshot of an older program has no counts; the next one has, and does not know what changed since.
func TestUpgradeKeepsSnapshotsWithoutCounts(t *testing.T) {
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: database.OfVersion(t, 12, `
		INSERT INTO organization (id, name) VALUES ('o', 'O');
		INSERT INTO generation (organization, number, state, begun, revision, pin, planned) VALUES ('o', 1, 'sealed', 1, 1, '', TRUE),
			('o', 2, 'running', 2, 1, 'plan', TRUE);
		INSERT INTO snapshot (organization, number, begun, generated, manifest_path, manifest_sha256, totals, full_files, delta_files)
		VALUES ('o', 1, 1, 1000, 'm', x'`+strings.Repeat("00", 32)+`', '{}', 'kept', 'kept');`)}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	lease, err := s.Publication.TakeLease(t.Context(), "o", "owner")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := lease.Seal(t.Context(), 2, publication.ManifestRef{Path: "m2", Totals: "{}", Counted: &counted.Counts{Previous: 1,
		Groups: trend.ByGroup{0: {Devices: 1}}}}, time.UnixMilli(6)); err != nil {
		t.Fatal(err)
	}
	all, err := s.Counted.Since(t.Context(), "o", time.Time{}, nil)
	if err != nil || len(all) != 1 || all[0].Number != 2 || all[0].Previous != 1 || all[0].Devices != 1 {
		t.Errorf("%+v, %v", all, err)
	}
}

// A feed that an older program took is as it was after an upgrade; what its records are about is not
// known, and nothing was removed.
func TestUpgradeKeepsFeeds(t *testing.T) {
	path := database.OfVersion(t, 4, `
		INSERT INTO feed (kind, name, url, mark, path, records, bytes, sha256, imported, checked, failure, table_id, table_path)
		VALUES ('osv', 'all', '', '', 'feed/osv/x', 3, 5, 'ab', 1, 2, '', 'id', 'table/x');`)
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	want := intelligence.Feed{Kind: "osv", Name: "all", Path: "feed/osv/x", Records: 3, Bytes: 5, SHA256: "ab",
		Imported: time.UnixMilli(1).UTC(), Checked: time.UnixMilli(2).UTC(), Table: intelligence.Table{ID: "id", Path: "table/x"}}
	if f, err := s.Intelligence.Feed(t.Context(), "osv", "all"); err != nil || f != want {
		t.Errorf("feed %+v, %v; want %+v", f, err, want)
	}
	rejected, err := s.Intelligence.Rejected(t.Context(), "osv", "all")
	removed, listed := s.Intelligence.RemovedFeeds(t.Context())
	if err != nil || listed != nil || rejected != "" || len(removed) != 0 {
		t.Errorf("rejected %q, removed %v, %v, %v", rejected, removed, err, listed)
	}
}

// A folder without notices gets rules, and what is told begins with its newest snapshot.
func TestUpgradeBringsNotices(t *testing.T) {
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: database.OfVersion(t, 16, `
		INSERT INTO organization (id, name) VALUES ('o', 'O');
		INSERT INTO generation (organization, number, state, begun, revision, pin, planned) VALUES ('o', 7, 'sealed', 1, 1, '', TRUE);
		INSERT INTO snapshot (organization, number, begun, generated, manifest_path, manifest_sha256, totals, full_files, delta_files)
		VALUES ('o', 7, 1, 1000, 'm', x'`+strings.Repeat("00", 32)+`', '{}', 'kept', 'kept');`)}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if all, err := s.Notified.Organizations(t.Context()); err != nil || len(all) > 0 {
		t.Errorf("organizations with rules: %q, %v", all, err)
	}
	now := time.UnixMilli(5)
	rule := &notified.Rule{Rule: notice.Rule{Name: "r", Events: notice.Events()}, Sealed: []byte{1}}
	err = s.Notified.SetRule(t.Context(), "o", rule, now)
	if err != nil {
		t.Fatal(err)
	}
	p, err := s.Notified.Progress(t.Context(), "o")
	if err != nil || p.Number != 7 {
		t.Errorf("notices are made as far as %+v, %v", p, err)
	}
}

// Rules of before keep what they know; since when a receiver fails is known from its next failure on.
func TestUpgradeKeepsRulesOfNotices(t *testing.T) {
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: database.OfVersion(t, 17, `
		INSERT INTO organization (id, name) VALUES ('o', 'O');
		INSERT INTO notice_rule (organization, name, content, destination, sealed, changed, changed_by, since, sent, failures, retry, error)
		VALUES ('o', 'r', '{"name":"r","events":["finding"]}', '{"kind":"syslog","address":"log:6514"}', x'0102', 1, 'ann', 3, 1000, 4, 2000, 'no');
		INSERT INTO notice_progress (organization, number, known) VALUES ('o', 3, x'');
		INSERT INTO notice (organization, id, rule, key, snapshot, event, title, state, made, due, tries, ended, error, content)
		VALUES ('o', 9, 'r', 'k', 3, 'finding', 't', 'waiting', 1, 1, 4, 0, 'no', '{"key":"k","event":"finding","title":"t"}');`)}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, now := t.Context(), time.UnixMilli(5000)
	owing, err := s.Notified.Owing(ctx, now)
	if err != nil || len(owing) != 1 || owing[0].Failures != 4 || !owing[0].Failing.IsZero() ||
		string(owing[0].Sealed) != "\x01\x02" || !owing[0].Sent.Equal(time.UnixMilli(1000)) || owing[0].Destination.Address != "log:6514" {
		t.Fatalf("what is owed is %+v, %v", owing, err)
	}
	due, err := s.Notified.Due(ctx, "o", "r", now, 10)
	if err != nil || len(due) != 1 || due[0].Title != "t" {
		t.Fatalf("what is due is %+v, %v", due, err)
	}
	if err := s.Notified.SetFailed(ctx, "o", "r", due, "still no", now, now, time.Time{}); err != nil {
		t.Fatal(err)
	}
	r, err := s.Notified.Rule(ctx, "o", "r")
	if err != nil || r.Failures != 5 || !r.Failing.Equal(now) {
		t.Errorf("after one more failure the rule is %+v, %v", r, err)
	}
}
