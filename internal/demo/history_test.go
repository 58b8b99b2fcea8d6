package demo

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/node"
)

// shown makes a demonstration that serves, and returns it with what it printed.
func shown(t *testing.T, devices, days int) (*demonstration, string) {
	t.Helper()
	out, clock, log := new(bytes.Buffer), new(clock), slog.New(slog.DiscardHandler)
	c := Config{Data: t.TempDir() + "/data", Program: "muster", Command: "demo", Version: "1.0.0",
		Devices: devices, Days: days,
		Once: true, Terminal: &console.Terminal{Out: out, Err: out}}
	f, err := open(t.Context(), node.Config{Path: c.Data, Command: c.Command, Version: c.Version, Make: true,
		Clock: clock.now, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	at, err := listenNear(t.Context(), "127.0.0.1:0", log)
	if err != nil {
		t.Fatal(err)
	}
	r, err := node.Start(t.Context(), f, at, api.Config{}, node.Schedule{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	d, err := c.show(t.Context(), f, clock, r.URL)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return d, out.String()
}

// TestFortnight: a demonstration has a snapshot for each of fifteen days, the last of them today's. Findings come and
// go; CISA's list comes on the fifth day; devices come, one is removed, one falls silent; of one no feed
// knows anything; and an exception is in force.
func TestFortnight(t *testing.T) {
	if testing.Short() {
		t.Skip("it shows no race")
	}
	d, out := shown(t, 20, 14)
	session, err := console.Reach(d.url, new(http.Client))
	if err != nil {
		t.Fatal(err)
	}
	reply, err := control.Do(t.Context(), session.As(control.LoginByToken(d.token)), control.AskTrends(30, "", ""))
	if err != nil {
		t.Fatal(err)
	}
	points := reply.Value.Points
	if len(points) != 15 || time.Since(points[14].GeneratedTime) > time.Hour {
		t.Fatalf("%d snapshots, until %v", len(points), points[len(points)-1].GeneratedTime)
	}
	worse, better, fixed := 0, 0, int64(0)
	for i, p := range points[1:] {
		if gap := p.GeneratedTime.Sub(points[i].GeneratedTime); gap < 23*time.Hour || gap > 25*time.Hour {
			t.Errorf("snapshot %d is of %v after the one before", p.Number, gap)
		}
		if p.Findings > points[i].Findings {
			worse++
		} else if p.Findings < points[i].Findings {
			better++
		}
		if p.Fixed != nil {
			fixed += p.Fixed.Sum()
		}
	}
	first, last := points[0], points[14]
	if worse == 0 || better == 0 || fixed == 0 {
		t.Errorf("%d days got worse, %d better, %d were fixed", worse, better, fixed)
	}
	if before, after := points[3], points[4]; before.KEV == nil || after.KEV == nil || *after.KEV <= *before.KEV {
		t.Errorf("the day of CISA's list changes nothing: %+v, %+v", before, after)
	}
	if first.Devices >= last.Devices || last.Silent == nil || *last.Silent == 0 ||
		last.Coverage == nil || last.Coverage.NotAssessed == 0 {
		t.Errorf("%d devices at first; today %+v", first.Devices, last)
	}
	if reply.Value.SinceYesterday == nil {
		t.Error("yesterday is not there")
	}
	for _, said := range []string{"a device was removed", "an exception hides CVE-", "simulating 20 devices on 15 days"} {
		if !strings.Contains(out, said) {
			t.Errorf("it does not say %q:\n%s", said, out)
		}
	}
}
