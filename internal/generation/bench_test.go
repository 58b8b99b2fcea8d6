package generation_test

import (
	"bufio"
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/intel/sample"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/fleet"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/receive"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/organization"
)

// benchDevices is the number of devices of BenchmarkGeneration, unless MUSTER_BENCH_DEVICES is set.
const benchDevices = 20_000

// BenchmarkGeneration publishes one fleet repeatedly, end to end: reports are read from the
// database, devices assessed against the sample of real intelligence, rows diffed, encoded and made
// durable. The rows are those of the demonstration's fleet. In order:
//
//	first   every device is new
//	stale   every device is stale and has old rows (a new UTC day)
//	some    1% of the devices are stale, spread over all parts
//	none    no device is stale
//	learnt  1,000 CVEs of an application changed, 20 of which concern the few devices with an old version
func BenchmarkGeneration(b *testing.B) {
	l := newLab(b)
	f := fleet.Fleet{Seed: 1, Devices: deviceCount(b), Begun: noon, Changing: 0.01}
	l.learnSample()
	l.receiveAll(f.All(0))
	b.Run("first", func(b *testing.B) {
		l.benchmark(b, func() {}, func(m *snapshot.Manifest) int64 { return rowsOf(m) })
	})
	b.Run("stale", func(b *testing.B) {
		l.benchmark(b, func() { l.now = l.now.Add(day) }, rowsOf)
	})
	step := 0
	b.Run("some", func(b *testing.B) {
		l.benchmark(b, func() {
			step++
			l.now = l.now.Add(time.Minute)
			l.receiveAll(f.Changed(step))
		}, rowsOf)
	})
	b.Run("none", func(b *testing.B) {
		l.benchmark(b, func() { l.now = l.now.Add(time.Second) }, rowsOf)
	})
	l.learnChanges(7.5)
	l.publish()
	b.Run("learnt", func(b *testing.B) {
		l.benchmark(b, func() {
			step++
			l.now = l.now.Add(time.Minute)
			l.learnChanges([]float64{9.8, 7.5}[step%2])
		}, rowsOf)
	})
	b.Logf("peak memory of the process: %d MB", peakMemory(b)>>20)
}

// benchGroups is the number of RBAC groups of BenchmarkGroups. Their sizes are very different: an
// eighth of the groups has half of the devices.
const benchGroups = 200

// BenchmarkGroups publishes one fleet alternately in one RBAC group and in 200, and reports how
// much longer 200 groups take. In order:
//
//	stale   every device is stale and has old rows (a new UTC day)
//	none    no device is stale
//
// files/op is the number of files in the largest reply of links.
func BenchmarkGroups(b *testing.B) {
	f := fleet.Fleet{Seed: 1, Devices: deviceCount(b), Begun: noon}
	one, many := newLab(b), newLab(b)
	for l, groups := range map[*lab]int{one: 1, many: benchGroups} {
		l.learnSample()
		l.receiveAll(grouped(f.All(0), l.makeGroups(groups)))
		l.publish()
	}
	b.Run("stale", func(b *testing.B) { compareGroups(b, one, many, day) })
	b.Run("none", func(b *testing.B) { compareGroups(b, one, many, time.Second) })
}

// makeGroups makes groups that reports may name.
func (l *lab) makeGroups(n int) (names []string) {
	l.Helper()
	for i := range n {
		names = append(names, fmt.Sprintf("Group %d", i))
	}
	rules, err := rbac.New(names, nil)
	if err != nil {
		l.Fatal(err)
	}
	if _, err := l.store.Organizations.SetRules(l.ctx, org, rules); err != nil {
		l.Fatal(err)
	}
	return names
}

// grouped makes reports name groups, the first groups most often.
func grouped(reports iter.Seq[*inventory.Report], groups []string) iter.Seq[*inventory.Report] {
	random := rand.New(rand.NewPCG(1, 2))
	return func(yield func(*inventory.Report) bool) {
		for r := range reports {
			x := random.Float64()
			r.Device.RBACGroup = groups[int(float64(len(groups))*x*x*x)]
			if !yield(r) {
				return
			}
		}
	}
}

// compareGroups publishes in both labs alternately, so that the machine's noise affects both.
func compareGroups(b *testing.B, one, many *lab, step time.Duration) {
	took := map[*lab]time.Duration{}
	var files, rows int64
	for b.Loop() {
		for _, l := range []*lab{one, many} {
			l.TB, l.ctx, l.now = b, b.Context(), l.now.Add(step)
			runtime.GC()
			begun := time.Now()
			s := l.publish()
			took[l] += time.Since(begun)
			m := l.manifest(s)
			files, rows = int64(len(l.parts(s, false, defender.Vulnerabilities))), rows+rowsOf(m)
		}
	}
	b.ReportMetric(took[many].Seconds()/took[one].Seconds(), "many/one")
	b.ReportMetric(float64(files), "files/op")
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}

func deviceCount(b *testing.B) int {
	text := os.Getenv("MUSTER_BENCH_DEVICES")
	if text == "" {
		return benchDevices
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		b.Fatal(err)
	}
	return n
}

// benchmark publishes once an iteration, after prepare, and reports the rates of vulnerability rows
// and of raw bytes.
func (l *lab) benchmark(b *testing.B, prepare func(), rows func(*snapshot.Manifest) int64) {
	var total, raw, packed int64
	writes := 0
	l.TB = b
	l.dir.Step = func(op, name string) error {
		if op == "create" && strings.Contains(name, "/part-") {
			writes++
		}
		return nil
	}
	for b.Loop() {
		b.StopTimer()
		prepare()
		runtime.GC()
		b.StartTimer()
		s, err := l.publisher.Publish(context.Background(), org).Wait(context.Background())
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		m := l.manifest(s)
		total += rows(m)
		r, p := l.sizeOf(m)
		raw, packed = raw+r, packed+p
		b.StartTimer()
	}
	seconds := b.Elapsed().Seconds()
	b.ReportMetric(float64(total)/seconds, "rows/s")
	b.ReportMetric(float64(raw)/1e9/seconds, "rawGB/s")
	b.ReportMetric(100*float64(packed)/float64(raw), "%ofRaw")
	b.ReportMetric(float64(writes)/float64(b.N), "parts/op")
	b.ReportMetric(float64(raw)/float64(max(total, 1)), "rawB/row")
}

// rowsOf counts vulnerability rows.
func rowsOf(m *snapshot.Manifest) int64 {
	return m.Totals(nil).Rows[defender.Vulnerabilities.String()]
}

// sizeOf sums the sizes of the full parts of all datasets, in bytes.
func (l *lab) sizeOf(m *snapshot.Manifest) (raw, packed int64) {
	for i := range m.Ranges {
		x, err := m.Ranges[i].Full()
		if err != nil {
			l.Fatal(err)
		}
		for _, p := range x.Full {
			raw += p.Raw
			packed += p.Bytes
		}
	}
	return raw, packed
}

// learnSample imports the intelligence that is embedded in the program.
func (l *lab) learnSample() {
	l.Helper()
	var imports []library.Import
	for _, f := range sample.Feeds() {
		imports = append(imports, library.Import{Kind: f.Kind, Name: f.Name, Files: library.FilesOf(f.Files)})
	}
	if err := l.imported(imports...); err != nil {
		l.Fatal(err)
	}
}

// learnChanges imports 1,000 CVEs of Thunderbird beside the sample, all with a score. The fleet's oldest
// Thunderbird is affected by 20 of them.
func (l *lab) learnChanges(score float64) {
	l.Helper()
	var known []inteltest.Weakness
	for i := range 1000 {
		w := inteltest.Weakness{CVE: fmt.Sprintf("CVE-2026-%05d", 90_000+i), Vendor: "mozilla", Product: "thunderbird",
			Before: "60.0", Score: score}
		if i < 20 {
			w.Before = "102.16"
		}
		known = append(known, w)
	}
	l.learn(known...)
}

// receiveAll receives reports, many in one call.
func (l *lab) receiveAll(reports iter.Seq[*inventory.Report]) {
	l.Helper()
	var batch []*inventory.Report
	for r := range reports {
		if batch = append(batch, r); len(batch) == 200 {
			l.report(batch...)
			batch = nil
		}
	}
	l.report(batch...)
}

// peakMemory is the largest resident size of the process, in bytes.
func peakMemory(b *testing.B) int64 {
	status, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer status.Close()
	lines := bufio.NewScanner(status)
	for lines.Scan() {
		var kb int64
		if n, _ := fmt.Sscanf(lines.Text(), "VmHWM: %d kB", &kb); n == 1 {
			return kb << 10
		}
	}
	return 0
}

// BenchmarkReceive receives reports of about 100 kB durably, from 16 callers at once. Each is
// decoded, normalised, compressed and committed.
func BenchmarkReceive(b *testing.B) {
	l := newLab(b)
	body := largeReport()
	b.SetBytes(int64(len(body)))
	b.SetParallelism(16 / runtime.GOMAXPROCS(0))
	b.ResetTimer()
	var next atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			text := strings.ReplaceAll(body, "HOST", fmt.Sprintf("host-%d", next.Add(1)))
			r, err := inventory.DecodeReport([]byte(text), inventory.Given{})
			if err != nil {
				b.Error(err)
				return
			}
			if _, err := l.receiver.Receive(context.Background(),
				receive.Sending{Organization: organization.Default, Sender: trust.Sender{Role: trust.Manager}},
				each([]*inventory.Report{r})); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
}

// largeReport is a report of about 100 kB, different for each device: HOST stands for what differs.
func largeReport() string {
	var text strings.Builder
	text.WriteString(`{"device":{"name":"HOST.example.com","osPlatform":"Windows11","osVersion":"10.0.22631.4751"},"software":[`)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, `{"kind":"windows","vendor":"Vendor %d","name":"Product %d","version":"%d.%d.%d",`+
			`"diskPaths":["C:\\Program Files\\Vendor %d\\%x\\product.exe"],`+
			`"registryPaths":["HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{%x-HOST}"]}`,
			i%40, i, i%20, i%7, random.Uint32(), i%40, random.Uint64(), random.Uint64())
	}
	text.WriteString(`]}`)
	return text.String()
}
