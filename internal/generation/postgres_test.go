package generation_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/crew/queue"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/storetest"
	"github.com/muster-project/muster/internal/testneed"
)

// What tells the child of TestNodesDieAndPauseOnPostgres where to work.
const (
	nodeFolder = "MUSTER_TEST_NODE_FOLDER"
	nodeURL    = "MUSTER_TEST_NODE_URL"
)

// nodeReady is the line with which the child says that it takes signals.
const nodeReady = "ready\n"

// jobTime is how much longer each job of a child takes, so that faults come within.
const jobTime = 300 * time.Millisecond

// TestNodesDieAndPauseOnPostgres runs three nodes, processes, on one PostgreSQL database and one folder
// of files, and kills or pauses one of them within each generation. The others finish it within 30
// seconds. The one that was paused wakes when all is done. Nothing fails, two generations never run at
// a time, law 1 holds, every report is in, and every file has an owner.
func TestNodesDieAndPauseOnPostgres(t *testing.T) {
	faults := 4
	if testneed.Soak() {
		faults = 100
	}
	l := &lab{TB: t, ctx: t.Context(), folder: t.TempDir(), url: storetest.Postgres(t), now: time.Now(),
		settings: generation.DefaultSettings()}
	t.Cleanup(l.close)
	l.open()
	if _, err := queue.Migrate(t.Context(), l.store.DB.Server()); err != nil {
		t.Fatal(err)
	}
	l.learn(weaknesses[0])
	var rules []rbac.Rule
	var all []*inventory.Report
	want := map[string]string{}
	for i := range 24 {
		tag := fmt.Sprintf("tag-%d", i)
		rules = append(rules, rbac.Rule{Group: "Group " + tag, Tag: tag})
		for k := range 10 {
			r := chrome90(fmt.Sprintf("host-%d-%d.example.com", i, k), tag)
			want[r.Device.Name] = "90.0.0.0"
			all = append(all, r)
		}
	}
	l.setRules(rules...)
	l.report(all...)
	nodes := make([]*exec.Cmd, 3)
	for i := range nodes {
		nodes[i] = l.startNode(t)
	}
	defer func() {
		for _, n := range nodes {
			_ = n.Process.Kill()
		}
	}()
	l.answered(t, time.Minute) // the first takes a while: the processes start
	var longest time.Duration
	for fault := range faults {
		changed := all[rand.IntN(len(all))]
		changed.Software[0].Version = []string{"91.0", "95.0", "110.0"}[rand.IntN(3)]
		want[changed.Device.Name] = changed.Software[0].Version + ".0.0"
		l.now = time.Now()
		l.report(changed)
		victim := rand.IntN(len(nodes))
		pause := rand.IntN(2) == 0
		after := time.Duration(rand.IntN(500)) * time.Millisecond
		hit := make(chan struct{})
		time.AfterFunc(after, func() {
			defer close(hit)
			if pause {
				_ = nodes[victim].Process.Signal(syscall.SIGSTOP)
			} else {
				_ = nodes[victim].Process.Kill()
			}
		})
		took := l.answered(t, 45*time.Second)
		<-hit // it may come later than the end
		t.Logf("fault %d: node %d, paused: %t, after %s: the snapshot took %s", fault, victim, pause, after,
			took.Round(time.Millisecond))
		longest = max(longest, took-after)
		if pause {
			_ = nodes[victim].Process.Signal(syscall.SIGCONT)
		} else {
			_ = nodes[victim].Wait()
			nodes[victim] = l.startNode(t)
		}
	}
	t.Logf("the longest time from a fault to the snapshot: %s", longest.Round(time.Millisecond))
	for i, n := range nodes {
		if err := errors.Join(n.Process.Signal(syscall.SIGTERM), n.Wait()); err != nil {
			t.Errorf("node %d at its end: %v", i, err)
		}
	}
	workers, err := l.store.Workers.All(l.ctx)
	if err != nil || len(workers) > faults {
		t.Errorf("workers are left: %v, %v", workers, err)
	}
	l.now = time.Now()
	newest := l.publish()
	c := &cluster{lab: l}
	c.check(newest, want)
}

// startNode starts a child and waits until it takes signals: a child that is told to end before that dies of it.
func (l *lab) startNode(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestNodeOnPostgres$")
	cmd.Env = append(os.Environ(), nodeFolder+"="+l.folder, nodeURL+"="+l.url)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != nodeReady {
		t.Fatalf("a node began with %q: %v", line, err)
	}
	return cmd
}

// answered requests a snapshot and waits until some node has made it.
func (l *lab) answered(t *testing.T, limit time.Duration) time.Duration {
	t.Helper()
	begun := time.Now()
	asked, err := l.store.Publication.Ask(l.ctx, org, publication.Wish{}, begun)
	if err != nil {
		t.Fatal(err)
	}
	for {
		l.oneRuns()
		g, err := l.store.Publication.Answered(l.ctx, org, asked.ID)
		switch {
		case err == nil && g.State == publication.Sealed:
			return time.Since(begun)
		case err == nil && g.State == publication.Failed:
			t.Fatalf("generation %d failed: %s", g.Number, g.Failure)
		case err != nil && !errors.Is(err, database.ErrNotFound):
			t.Fatal(err)
		case time.Since(begun) > limit:
			t.Fatalf("no snapshot in %s: %+v, %v", limit, g, err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// TestNodeOnPostgres is the process that TestNodesDieAndPauseOnPostgres starts.
func TestNodeOnPostgres(t *testing.T) {
	folder := os.Getenv(nodeFolder)
	if folder == "" {
		t.Skip("started by TestNodesDieAndPauseOnPostgres")
	}
	ctx, stop := signal.NotifyContext(t.Context(), syscall.SIGTERM)
	defer stop()
	fmt.Print(nodeReady)
	l := &lab{TB: t, ctx: t.Context(), folder: folder, url: os.Getenv(nodeURL), now: time.Now(),
		settings: generation.DefaultSettings()}
	l.open()
	defer l.close()
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	q, err := queue.New(queue.Config{Server: l.store.DB.Server(), Workers: 3, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	checks, err := defaultChecks()
	if err != nil {
		t.Fatal(err)
	}
	p, err := generation.New(generation.Config{Store: l.store, Files: l.files, Benchmark: checks, Library: l.library,
		Settings: l.settings, Crew: q, Log: log, Workers: 3, Trace: func(step string) {
			if step == "complete job" {
				<-time.After(jobTime)
			}
		}})
	if err != nil {
		t.Fatal(err)
	}
	q.Use(p.Make)
	if err := q.Start(ctx); err != nil {
		t.Fatal(err)
	}
	for ctx.Err() == nil {
		if err := p.GoOn(ctx); err != nil && ctx.Err() == nil {
			t.Error(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
	if err := errors.Join(q.Stop(context.Background()), p.Close(context.Background())); err != nil {
		t.Error(err)
	}
}

// BenchmarkNodesOnPostgres is one generation in which every device is assessed, by one node and by two that
// share its jobs. On the cores of one machine two nodes cannot be faster: the difference is what
// distributing costs.
func BenchmarkNodesOnPostgres(b *testing.B) {
	for _, nodes := range []int{1, 2} {
		b.Run(fmt.Sprintf("nodes=%d", nodes), func(b *testing.B) {
			l := &lab{TB: b, ctx: b.Context(), folder: b.TempDir(), url: storetest.Postgres(b), now: time.Now(),
				settings: generation.DefaultSettings()}
			defer l.close()
			l.open()
			if _, err := queue.Migrate(b.Context(), l.store.DB.Server()); err != nil {
				b.Fatal(err)
			}
			l.learn(weaknesses...)
			const devices = 8000
			var rules []rbac.Rule
			var all []*inventory.Report
			for i := range devices {
				tag := fmt.Sprintf("tag-%d", i%16)
				if i < 16 {
					rules = append(rules, rbac.Rule{Group: "Group " + tag, Tag: tag})
				}
				all = append(all, chrome90(fmt.Sprintf("host-%d.example.com", i), tag))
			}
			l.setRules(rules...)
			l.report(all...)
			checks, err := defaultChecks()
			if err != nil {
				b.Fatal(err)
			}
			var first *generation.Publisher
			for range nodes {
				log := slog.New(slog.DiscardHandler)
				q, err := queue.New(queue.Config{Server: l.store.DB.Server(), Workers: 3 / nodes, Log: log})
				if err != nil {
					b.Fatal(err)
				}
				p, err := generation.New(generation.Config{Store: l.store, Files: l.files, Benchmark: checks,
					Library: l.library, Settings: l.settings, Crew: q, Workers: 3 / nodes})
				if err != nil {
					b.Fatal(err)
				}
				q.Use(p.Make)
				if err := q.Start(b.Context()); err != nil {
					b.Fatal(err)
				}
				defer func() {
					if err := errors.Join(q.Stop(context.Background()), p.Close(context.Background())); err != nil {
						b.Error(err)
					}
				}()
				first = p
			}
			for b.Loop() {
				if _, err := first.PublishAs(b.Context(), org, publication.Wish{Rebuild: true}).Wait(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(devices)*float64(b.N)/b.Elapsed().Seconds(), "devices/s")
		})
	}
}
