package store_test

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"

	"github.com/ncruces/go-sqlite3/driver"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/reports"
)

// fillUp reports from numbered sources until one is refused, and returns how many were accepted.
func fillUp(t *testing.T, s *store.Store, sender trust.Sender, name string) (taken int) {
	t.Helper()
	for ; taken < 100; taken++ {
		if _, err := s.Reports.Receive(t.Context(), org, sender,
			[]reports.Incoming{from(fmt.Sprint(name, taken), "x")}, noon); err != nil {
			isError(t, err, reports.ErrTooManySources, fmt.Sprint(name, taken))
			return taken
		}
	}
	return taken
}

// A sender that fills a device with sources keeps out neither the device's own agent nor senders
// trusted with all devices; a device's agent does not keep others out.
func TestSourcesOfOneSenderKeepNobodyElseOut(t *testing.T) {
	w := watch(t)
	device := receive(t, w.Store, from("first", "x"), noon).DeviceID
	scoped := trust.Sender{Role: trust.Scoped, Groups: []int64{0}, ID: "scoped"}
	own := trust.Sender{Role: trust.Own, Device: device, Name: "many.example.com", ID: "own"}
	equal(t, "sources of the scoped sender", fillUp(t, w.Store, scoped, "scoped-"), 47)
	equal(t, "sources of the device", fillUp(t, w.Store, own, "own-"), 64)
	equal(t, "sources of a fleet sender", fillUp(t, w.Store, trust.Sender{Role: trust.Fleet, ID: "fleet"}, "fleet-"), 16)
	equal(t, "more of a manager", fillUp(t, w.Store, manager, "manager-"), 0)
}

// Loaded documents tell which ones the device's own credential wrote.
func TestDocumentsTellWhatIsTheDevicesOwn(t *testing.T) {
	w := watch(t)
	device := receive(t, w.Store, from("others", "x"), noon).DeviceID
	_, err := w.Reports.Receive(t.Context(), org, trust.Sender{Role: trust.Own, Device: device},
		[]reports.Incoming{from("collect", "x")}, noon)
	must(t, err)
	_, documents := load(t, w.Store, device)
	got := map[string]bool{}
	for _, d := range documents {
		got[d.Source] = d.Own
	}
	equal(t, "whose they are", got, map[string]bool{"collect": true, "others": false})
}

// A large call is checked before it is stored. The memory for that depends on the call, not on how
// much is stored of its devices.
func TestLookingThroughALargeCallHoldsLittle(t *testing.T) {
	const devices, stored = 2000, 120
	w := watch(t)
	batch := reportsOf("host-", devices)
	_, err := w.Reports.Receive(t.Context(), org, manager, batch, noon)
	must(t, err)
	db, err := driver.Open(w.path)
	must(t, err)
	_, err = db.Exec(`
		WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < $1)
		INSERT INTO document (organization, device, source, section, hash, data)
		SELECT organization, id, 'a source with a name that takes some memory ' || n, $2, $3, $3 FROM device, n WHERE organization = $4`,
		stored, int64(inventory.SectionSoftware), make([]byte, 32), org)
	must(t, err)
	must(t, db.Close())

	release := hold(t, w.Store) // until the call has been checked
	var most atomic.Int64
	done, sent := make(chan bool), make(chan error)
	before := live()
	go func() {
		_, err := w.Reports.Receive(t.Context(), org, manager, batch, noon)
		sent <- err
	}()
	go func() {
		defer close(done)
		for w.Reports.Waiting().Begun == 0 {
			most.Store(max(most.Load(), live()-before))
		}
	}()
	<-done
	release()
	must(t, <-sent)
	if limit := int64(32 << 20); most.Load() > limit {
		t.Errorf("looking through %d reports held %d MiB", devices, most.Load()>>20)
	}
}

// live is the memory in use, in bytes.
func live() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
