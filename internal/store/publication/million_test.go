package publication

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/reports"
)

// fill makes devices as reports would leave them, without reports. Devices are not stored in the
// order of their ids, and the name of the i-th device ends with i modulo groups. Indexes are made
// at the end, which is many times faster.
func (s *rooms) fill(ctx context.Context, org string, devices, groups int, received time.Time) error {
	err := s.db.Write(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'device' AND sql IS NOT NULL`)
		indexes, err := database.Collect(rows, err,
			func(rows *sql.Rows) (i [2]string, err error) { return i, rows.Scan(&i[0], &i[1]) })
		run := func(query string, args ...any) {
			if err == nil {
				_, err = tx.ExecContext(ctx, query, args...)
			}
		}
		for _, index := range indexes {
			run(`DROP INDEX ` + index[0])
		}
		run(`
			INSERT INTO device (organization, id, name, name_key, os_platform, os_version, os_architecture, tags,
				first_seen, last_seen, received, revision, hash)
			WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < $1)
			SELECT $2, lower(hex(randomblob(20))), 'host-' || i || '-' || (i % $3) || '.example.com',
				'host-' || i || '-' || (i % $3) || '.example.com',
				'Linux', '22.04', 'x64', '["prod","eu"]', $4, $4, $4, i + 1, randomblob(32) FROM n`, devices, org, groups, database.Millis(received))
		for _, index := range indexes {
			run(index[1])
		}
		run(`UPDATE organization SET revision = $1 WHERE id = $2`, devices, org)
		return err
	})
	if err == nil {
		_, err = s.db.Reader().ExecContext(ctx, `PRAGMA wal_checkpoint(truncate)`)
	}
	return err
}

// BenchmarkBeginOfAMillion begins generations of a million devices (with -short
// of 50,000) in 200 groups, while one sender reports as fast as it can:
//
//	first   no generation has met the devices
//	none    nothing has changed
//	rules   the rules changed, and every device moves
//
// worst-ms is the longest that a report waited in any of them.
func BenchmarkBeginOfAMillion(b *testing.B) {
	devices, groups := 1_000_000, 200
	if testing.Short() {
		devices = 50_000
	}
	s := openRooms(b, database.Config{})
	const org = organization.Default
	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	start := time.Now()
	if err := errors.Join(s.organizations.Ensure(b.Context(), org, ""),
		s.fill(b.Context(), org, devices, groups, now)); err != nil {
		b.Fatal(err)
	}
	b.Logf("filled in %v", time.Since(start).Round(time.Millisecond))
	shift := 0
	rules := func() {
		shift++
		var all []rbac.Rule
		for i := range groups {
			all = append(all, rbac.Rule{Group: fmt.Sprint("Group ", i),
				Name: fmt.Sprintf("*-%d.example.com", (i+shift)%groups)})
		}
		compiled, err := rbac.New(nil, all)
		if err == nil {
			_, err = s.organizations.SetRules(b.Context(), org, compiled)
		}
		if err != nil {
			b.Fatal(err)
		}
	}
	for _, kind := range []struct {
		name    string
		prepare func()
	}{{"first", func() {}}, {"none", func() {}}, {"rules", rules}} {
		b.Run(kind.name, func(b *testing.B) {
			var took, worst, seal time.Duration
			var stored int
			for n := 0; n == 0 || n < b.N && kind.name != "first"; n++ {
				kind.prepare()
				stop := s.reportMeanwhile(b, org, now)
				start := time.Now()
				g := s.beginAndPlan(b, org, now)
				took += time.Since(start)
				start = time.Now()
				lease, err := s.TakeLease(b.Context(), org, "owner")
				if err != nil {
					b.Fatal(err)
				}
				if _, err := lease.Seal(b.Context(), g.Number,
					ManifestRef{Path: fmt.Sprint("m/", g.Number), Totals: "{}"}, now); err != nil {
					b.Fatal(err)
				}
				seal += time.Since(start)
				longest, n := stop()
				worst, stored = max(worst, longest), stored+n
			}
			b.ReportMetric(took.Seconds()/float64(b.N), "s/begin")
			b.ReportMetric(seal.Seconds()/float64(b.N), "s/seal")
			b.ReportMetric(float64(worst.Microseconds())/1000, "worst-ms")
			b.ReportMetric(float64(stored)/(took+seal).Seconds(), "reports/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// reportMeanwhile reports until it is stopped, and returns the longest time of a report and the
// number of reports.
func (s *rooms) reportMeanwhile(b *testing.B, org string,
	now time.Time) (stop func() (worst time.Duration, stored int)) {
	done := make(chan struct{})
	var worst time.Duration
	var stored int
	var wait sync.WaitGroup
	wait.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-done:
				return
			default:
			}
			in := reports.Incoming{Device: inventory.Device{Name: fmt.Sprintf("host-%d-%d.example.com", n%1000, n%200),
				Tags: []string{fmt.Sprint(n)}}, Source: "collect"}
			start := time.Now()
			if _, err := s.fleet.Receive(b.Context(), org, trust.Sender{Role: trust.Manager},
				[]reports.Incoming{in}, now); err != nil {
				b.Error(err)
				return
			}
			worst, stored = max(worst, time.Since(start)), stored+1
		}
	})
	return func() (time.Duration, int) { close(done); wait.Wait(); return worst, stored }
}

// beginAndPlan begins a generation as a run does, and cuts all groups.
func (s *rooms) beginAndPlan(b *testing.B, org string, now time.Time) Generation {
	g, _, err := s.Begin(b.Context(), org, now, func(p *Pinning) (Terms, error) {
		_, err := p.GroupNames()
		return Terms{HideBefore: now.AddDate(0, 0, -30), ForgetBefore: now.AddDate(0, 0, -180)}, err
	})
	if err == nil {
		g, err = s.Plan(b.Context(), org, g.Number, func(p *Planning) ([]byte, error) {
			groups, err := p.Groups()
			for _, group := range groups {
				if err == nil {
					_, err = p.Boundaries(group, 64)
				}
			}
			return []byte("{}"), err
		})
	}
	if err != nil {
		b.Fatal(err)
	}
	return g
}
