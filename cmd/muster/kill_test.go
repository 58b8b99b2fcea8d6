package main

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/testneed"
)

// TestKills kills the program again and again while callers of two organizations report and
// snapshots are made. At the end every acknowledged report is there, and everything verifies.
func TestKills(t *testing.T) {
	kills := 4
	switch {
	case testneed.Soak():
		kills = 200
	case testing.Short():
		kills = 2
	}
	g := newSiege(t, nil, 5)
	random := rand.New(rand.NewPCG(7, 200))
	for range kills {
		killed := make(chan struct{})
		var busy sync.WaitGroup
		for _, h := range g.honest {
			busy.Go(func() { h.reportUntil(t, g, killed) })
			busy.Go(func() { h.publishUntil(g, killed) })
		}
		time.Sleep(time.Duration(50+random.IntN(1000)) * time.Millisecond) // a random moment
		g.kill(t, killed)
		busy.Wait()
		g.program = g.launch()
	}
	reports, lost := 0, 0
	for _, h := range g.honest {
		reports += len(h.ids)
		lost += h.lost(t, g)
	}
	t.Logf("%d kills: %d reports were acknowledged, %d lost; %d snapshots", kills, reports, lost,
		decodeTold[published](g.site, g.muster("publish", "--json")).Number)
	g.stops(t)
	g.url = ""
	g.muster("verify")
}

// kill kills the program after telling others that replies may fail.
func (g *siege) kill(t *testing.T, killed chan struct{}) {
	t.Helper()
	close(killed)
	if err := g.program.command.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = g.program.command.Wait() // by the kill
	g.client.CloseIdleConnections()
}

// publishUntil makes snapshots of the caller's organization until the server is
// killed.
func (h *honest) publishUntil(g *siege, killed <-chan struct{}) {
	for {
		select {
		case <-killed:
			return
		case <-time.After(20 * time.Millisecond):
			g.send(g.Context(), http.MethodPost, "/v1/generations", h.token, nil) // another's may be going on
		}
	}
}
