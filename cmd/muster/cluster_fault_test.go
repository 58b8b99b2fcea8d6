//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/testneed"
)

// clusterDevices is how many devices report, each in a group of its own: so a generation has several jobs.
const clusterDevices = 20

// recoverTime is how long a cluster may take to do everything again after a fault.
const recoverTime = time.Minute

// TestClusterOfFaults runs three nodes, whose clocks are a minute apart, while clients report and pull, and
// breaks something within each generation: nodes are killed and paused, PostgreSQL restarts, is away or fails over
// to a streaming replica, the object store cannot be reached. No acknowledged report is lost, each pull is one
// snapshot, changes lead from each snapshot to the next, and a minute after each fault all is done again. The
// figures are printed.
func TestClusterOfFaults(t *testing.T) {
	faults := 10
	switch {
	case testneed.Soak():
		faults = 100
	case testing.Short():
		faults = 3
	}
	s := newStricken(t)
	deck := [][]string{{"pause", "kill"}, {"restart"}, {"outage"}, {"failover"}, {"pause", "kill", "crash"}, {"absence"}, {"failover"}}
	for n := 0; faults > 0; n++ {
		kinds := deck[n%len(deck)]
		s.round(kinds[:min(len(kinds), faults)])
		faults -= len(kinds)
	}
	s.end()
}

// stricken is a cluster that faults come to.
type stricken struct {
	*judge
	primary, standby *testneed.PostgresServer
	gate             *gate
	outage           time.Duration
	number           int64
	newest           seen
	figures          map[string]figures
}

// figures are the longest times until all is done again after faults of a kind.
type figures struct {
	faults                   int
	reports, pulls, snapshot time.Duration
	failed                   int // generations
}

// and adds those of more faults.
func (f figures) and(more figures) figures {
	return figures{f.faults + more.faults, max(f.reports, more.reports), max(f.pulls, more.pulls),
		max(f.snapshot, more.snapshot), f.failed + more.failed}
}

func (f figures) String() string {
	const ms = time.Millisecond
	return fmt.Sprintf("reports again after %v, pulls after %v, the snapshot after %v; %d generations failed",
		f.reports.Round(ms), f.pulls.Round(ms), f.snapshot.Round(ms), f.failed)
}

// postgresSettings are those of both servers. Nothing here outlives the machine.
func postgresSettings() []string {
	return []string{"fsync=off", "max_connections=200", "shared_buffers=32MB", "wal_retrieve_retry_interval=200ms"}
}

func newStricken(t *testing.T) *stricken {
	s := &stricken{outage: 5 * time.Second, figures: map[string]figures{}}
	if testneed.Soak() {
		s.outage = time.Minute
	}
	s.primary = testneed.NewPostgres(t, postgresSettings()...)
	s.primary.SQL(t, "postgres", "CREATE DATABASE muster")
	s.standby = s.primary.Standby(t, filepath.Join(s.primary.Folder, "standby"), postgresSettings()...)
	hosts := url.Values{"host": {s.primary.Folder + "," + s.standby.Folder}, "user": {"muster"},
		"target_session_attrs": {"read-write"}}
	storage := *testneed.Azurite(t)
	endpoint, err := url.Parse(storage.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	s.gate = newGate(t, endpoint.Host)
	storage.URL = strings.ReplaceAll(storage.URL, endpoint.Host, s.gate.address)
	c := clusterOn(t, "postgres:///muster?"+hosts.Encode(), &storage)
	var who control.Issued
	if err := json.Unmarshal([]byte(c.muster("client", "add", "crowd", "--json", "--permission",
		"Muster.Manage.All,Reports.Write.All,Software.Read.All,Vulnerability.Read.All")), &who); err != nil {
		t.Fatal(err)
	}
	c.muster("feed", "import", "cve5", filepath.Join("..", "..", "internal", "intel", "cve5", "testdata", "CVE-2023-1226.json"))
	c.muster("group", "set", groupRules(t))
	members := make([]*member, 3)
	for i := range members {
		members[i] = startAhead(c, i)
	}
	token, err := tokenOf(members[1].url, who)
	if err != nil {
		t.Fatal(err)
	}
	s.judge = &judge{crowd: newCrowd(c, members, token)}
	s.begin()
	return s
}

// groupRules is a file of rules that put each device into a group of its own.
func groupRules(t *testing.T) string {
	var rules []string
	for i := range clusterDevices {
		rules = append(rules, fmt.Sprintf(`{"group": "Group %d", "name": "host-%d"}`, i, i))
	}
	path := filepath.Join(t.TempDir(), "groups.json")
	text := `{"rules": [` + strings.Join(rules, ", ") + `]}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// startAhead starts a node, whose clock may be ahead: those of the three are a minute apart.
func startAhead(c *cluster, i int) *member {
	c.Helper()
	return c.start(fmt.Sprint("node-", i), fmt.Sprintf("%s=%ds", clockVariable, 30*i))
}

// begin has each device report once, makes the first snapshot, and starts the clients.
func (s *stricken) begin() {
	var names []string
	for i := range clusterDevices {
		names = append(names, fmt.Sprintf("host-%d", i))
		if !s.report(names[i]) {
			s.FailNow()
		}
	}
	s.publish(func() {}, func() {})
	for i := range 2 {
		mine, next := names[i*clusterDevices/2:(i+1)*clusterDevices/2], 0
		s.run("report", 100*time.Millisecond, func() bool {
			next++
			return s.report(mine[next%len(mine)])
		})
		s.run("pull", 200*time.Millisecond, s.pull)
	}
}

// listed is the newest generations.
func (s *stricken) listed() []control.Generation {
	s.Helper()
	var all control.GenerationList
	reply, ok := s.ask(http.MethodGet, "/v1/generations?limit=10", "")
	if !ok {
		s.FailNow()
	}
	if err := json.Unmarshal(reply, &all); err != nil {
		s.Fatal(err)
	}
	return all.Generations
}

// publish requests a snapshot, calls a function, waits until the snapshot is there, calls another function, and
// judges the snapshot and all that was pulled meanwhile. It returns when the snapshot was there, and how many
// generations failed.
func (s *stricken) publish(requested, published func()) (made time.Time, failed int) {
	s.Helper()
	before, asked, tried := s.versions(), s.number, s.number
	request := func() { s.ask(http.MethodPost, "/v1/generations", "") }
	request()
	requested()
	for end := time.Now().Add(5 * time.Minute); made.IsZero(); time.Sleep(50 * time.Millisecond) {
		all := s.listed()
		switch {
		case time.Now().After(end):
			s.Fatalf("no snapshot after %d: %+v\n%s", asked, all, s.logs())
		case len(all) == 0 || all[0].Number == tried || all[0].State == "running":
		case all[0].State == "failed":
			s.Logf("generation %d failed: %s", all[0].Number, all[0].Failure)
			failed, tried = failed+1, all[0].Number
			request()
		default:
			made, s.number = time.Now(), all[0].Number
			s.missed += int(s.number-asked) - 1 - failed
		}
	}
	published()
	s.judgeNewest(before)
	return made, failed
}

// judgeNewest pulls the newest snapshot, which must have what was acknowledged before its request, and the changes
// that lead to it.
func (s *stricken) judgeNewest(before map[string]told) {
	s.Helper()
	from := s.newest
	for {
		p, ok := s.files()
		if !ok {
			s.FailNow()
		}
		s.newest = s.add(p)
		if from.generated.IsZero() {
			break
		}
		changes, ok := s.pages("SoftwareVulnerabilityChangesByMachine",
			"&sinceTime="+url.QueryEscape(from.generated.Format(time.RFC3339)), 30)
		again, still := s.files()
		if !ok || !still {
			s.FailNow()
		}
		if again.generated.Equal(p.generated) {
			s.judgeDelta(from, s.newest, changes)
			break
		}
	}
	s.judgeContent(s.newest, before, s.versions())
	s.judgePulls()
}

// struck is a fault that came.
type struck struct {
	kind  string
	after time.Duration // of the request for a snapshot
	from  time.Time     // from when on the cluster may recover
	heal  func()        // makes it whole
}

// round breaks something within a generation, each thing at a moment of its own, and waits until all is done
// again.
func (s *stricken) round(kinds []string) {
	s.Helper()
	faults := make([]struck, len(kinds))
	var striking sync.WaitGroup
	victims := rand.Perm(len(s.members))
	made, failed := s.publish(func() {
		for i, kind := range kinds {
			striking.Go(func() {
				after := time.Duration(rand.IntN(1000)) * time.Millisecond
				time.Sleep(after)
				faults[i] = s.strike(kind, victims[i])
				faults[i].after = after
			})
		}
	}, func() {
		striking.Wait()
		for _, f := range faults {
			f.heal()
		}
	})
	for _, f := range faults {
		now := figures{faults: 1, failed: failed, reports: s.again("report", f.from), pulls: s.again("pull", f.from),
			snapshot: max(0, made.Sub(f.from))}
		s.Logf("%s after %s within snapshot %d: %s", f.kind, f.after, s.number, now)
		if longest := max(now.snapshot, now.reports, now.pulls); longest > recoverTime {
			s.Errorf("%s: recovery took %s", f.kind, longest)
		}
		s.figures[f.kind] = s.figures[f.kind].and(now)
	}
}

// again waits until all clients of a kind have had what they wanted since a time.
func (s *stricken) again(what string, from time.Time) time.Duration {
	s.Helper()
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if took, all := s.recovered(what, from); all {
			return took
		}
	}
	s.Fatalf("clients still cannot %s:\n%s", what, s.logs())
	return 0
}

// strike breaks something; a node has a number.
func (s *stricken) strike(kind string, i int) struck {
	f := struck{kind: kind, from: time.Now(), heal: func() {}}
	m := s.members[i]
	switch kind {
	case "kill":
		_ = m.command.Process.Kill()
		f.heal = func() {
			_ = m.command.Wait() // by the kill
			s.replace(i)
		}
	case "pause":
		_ = m.command.Process.Signal(syscall.SIGSTOP)
		f.heal = func() { _ = m.command.Process.Signal(syscall.SIGCONT) }
	case "restart":
		s.primary.Restart(s, "fast")
	case "crash":
		s.primary.Restart(s, "immediate")
	case "absence":
		s.primary.Stop(s, "fast")
		time.Sleep(s.outage)
		s.primary.Restart(s, "fast")
		f.from = time.Now()
	case "failover":
		s.primary.Stop(s, "immediate")
		s.standby.Promote(s)
		f.heal = func() {
			s.primary, s.standby = s.standby, s.standby.Standby(s, s.primary.Folder, postgresSettings()...)
		}
	case "outage":
		s.gate.shut()
		time.Sleep(s.outage)
		s.gate.unlock()
		f.from = time.Now()
	}
	return f
}

// replace starts a node in place of one that was killed.
func (s *stricken) replace(i int) {
	s.Helper()
	m := startAhead(s.cluster, i)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.members[i] = m
}

// end stops the clients, and checks that everything that was acknowledged is there.
func (s *stricken) end() {
	s.Helper()
	s.stop()
	s.publish(func() {}, func() {})
	s.judgeContent(s.newest, s.versions(), s.versions())
	for _, id := range s.receipts {
		s.ask(http.MethodGet, "/v1/reports/"+id, "")
	}
	for i, m := range s.members {
		if err := m.command.Process.Signal(os.Interrupt); err != nil {
			s.Error(err)
		}
		<-m.ended
		if err := m.command.Wait(); err != nil {
			s.Errorf("node %d at its end: %v", i, err)
		}
	}
	s.muster("verify")
	s.Logf("%d reports acknowledged and none lost; %d pulls, %d snapshots", len(s.receipts), s.compared, s.number)
	for _, kind := range slices.Sorted(maps.Keys(s.figures)) {
		s.Logf("%-8s %3d times, at most: %s", kind, s.figures[kind].faults, s.figures[kind])
	}
	for reply, times := range s.odd {
		s.Errorf("%d times: %s", times, reply)
	}
	if s.Failed() {
		s.Log(s.logs())
	}
}

// logs is what the nodes logged.
func (s *stricken) logs() string {
	var all strings.Builder
	for i, m := range s.members {
		fmt.Fprintf(&all, "node %d:\n%s\n", i, &m.log)
	}
	return all.String()
}
