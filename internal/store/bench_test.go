package store_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/store/storetest"
)

// benchDocument is 12 kB that depend on n: the size of a report of 100 kB after normalising and
// compressing.
func benchDocument(n int) inventory.Document {
	data := make([]byte, 12<<10)
	for i := 0; i < len(data); i += 8 {
		binary.LittleEndian.PutUint64(data[i:], uint64(n*len(data)+i)*0x9e3779b97f4a7c15)
	}
	return inventory.Document{Section: inventory.SectionSoftware, Hash: sha256.Sum256(data), Data: data}
}

// benchCallers is how many devices report at the same time.
const benchCallers = 16

// benchmarkReceive measures acknowledged reports; device and content choose the device and content
// of report n.
func benchmarkReceive(b *testing.B, device, content func(n int) int) {
	s := storetest.Open(b, store.Config{})
	var last atomic.Int64
	b.SetParallelism(max(1, benchCallers/runtime.GOMAXPROCS(0)))
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			n := int(last.Add(1))
			in := reports.Incoming{
				Device:    inventory.Device{Name: fmt.Sprintf("host-%d.example.com", device(n)), OSPlatform: "Linux"},
				Source:    "collect",
				Documents: []inventory.Document{benchDocument(content(n))},
			}
			if _, err := s.Reports.Receive(b.Context(), org, manager, []reports.Incoming{in},
				noon.Add(time.Duration(n)*time.Millisecond)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
}

// BenchmarkReceive has 16 callers send 12 kB each; a report counts once it is durable.
func BenchmarkReceive(b *testing.B) {
	each := func(n int) int { return n }
	some := func(n int) int { return n % 1000 }
	same := func(int) int { return 0 }
	b.Run("new", func(b *testing.B) { benchmarkReceive(b, each, each) })
	b.Run("changed", func(b *testing.B) { benchmarkReceive(b, some, each) })
	b.Run("repeated", func(b *testing.B) { benchmarkReceive(b, some, same) })
}

// BenchmarkLoad reads one device with 12 kB of documents.
func BenchmarkLoad(b *testing.B) {
	s := storetest.Open(b, store.Config{})
	const devices = 1000
	var ids []string
	for n := range devices {
		in := software(fmt.Sprintf("host-%d", n), "")
		in.Documents[0] = benchDocument(n)
		ids = append(ids, receive(b, s, in, noon).DeviceID)
	}
	n := 0
	for b.Loop() {
		if _, documents, err := s.Reports.Load(b.Context(), org, ids[n%devices]); err != nil || len(documents) != 1 {
			b.Fatal(documents, err)
		}
		n++
	}
}

// BenchmarkReceiveBody has one caller send bodies of different numbers of reports, either of one
// device each, or all of one device with 64 sources. The cost of a report must not grow with their
// number.
func BenchmarkReceiveBody(b *testing.B) {
	for _, size := range []int{1, 100, 4000} {
		for what, named := range map[string]func(i int) (device, source int){
			"devices": func(i int) (int, int) { return i, 0 },
			"sources": func(i int) (int, int) { return 0, i % 64 },
		} {
			b.Run(fmt.Sprintf("%s/%d", what, size), func(b *testing.B) {
				s := storetest.Open(b, store.Config{})
				batch := make([]reports.Incoming, size)
				content := 0
				for b.Loop() {
					for i := range batch {
						device, source := named(i)
						content++
						batch[i] = software(fmt.Sprintf("host-%d.example.com", device), fmt.Sprint(content))
						batch[i].Source = fmt.Sprint("source-", source)
					}
					if _, err := s.Reports.Receive(b.Context(), org, manager, batch, noon); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "reports/s")
			})
		}
	}
}
