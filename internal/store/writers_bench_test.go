package store_test

import (
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/store/storetest"
	"github.com/muster-project/muster/internal/testneed"
)

// BenchmarkWriters has processes store reports of one organization: changed reports of 12 kB, by 1,000
// known devices, sent by 8 callers of each process. SQLite has one process.
func BenchmarkWriters(b *testing.B) {
	b.Run("sqlite/1", func(b *testing.B) {
		benchmarkWriters(b, 1, database.Config{Path: filepath.Join(b.TempDir(), "muster.db")})
	})
	server := testneed.NewPostgres(b, "max_wal_size=4GB")
	for _, processes := range []int{1, 2, 4} {
		b.Run(fmt.Sprintf("postgres/%d", processes), func(b *testing.B) {
			name := fmt.Sprintf("bench_%d_%d", processes, time.Now().UnixNano())
			server.SQL(b, "postgres", "CREATE DATABASE "+name)
			benchmarkWriters(b, processes, database.Config{URL: server.URL(name)})
		})
	}
}

func benchmarkWriters(b *testing.B, processes int, cfg database.Config) {
	const callers = 8
	var stores []*store.Store
	for range processes {
		stores = append(stores, storetest.Open(b, store.Config{Database: cfg}))
	}
	send := func(s *store.Store, device, content int) {
		name := fmt.Sprintf("host-%d.example.com", device)
		_, err := s.Reports.Receive(b.Context(), org, manager, []reports.Incoming{{
			Device: inventory.Device{ID: inventory.DeriveID("", name), Name: name, OSPlatform: "Linux"}, Source: "collect",
			Documents: []inventory.Document{benchDocument(content)}}}, noon.Add(time.Duration(content)*time.Millisecond))
		if err != nil {
			b.Error(err)
		}
	}
	const devices = 1000
	each := func(n int, do func(process, i int)) {
		var next atomic.Int64
		var wait sync.WaitGroup
		for c := range callers * processes {
			wait.Go(func() {
				for i := int(next.Add(1)); i <= n; i = int(next.Add(1)) {
					do(c%processes, i)
				}
			})
		}
		wait.Wait()
	}
	each(devices, func(process, i int) { send(stores[process], i%devices, i) })
	b.ResetTimer()
	each(b.N, func(process, i int) { send(stores[process], i%devices, devices+i) })
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reports/s")
}
