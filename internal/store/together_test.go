package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/store/storetest"
)

// manyKnown makes reports of many devices under their ids. Of each three, one says what it said before, one
// has other software, and one another name, version, collector and address.
func manyKnown(round int, seen time.Time) (batch []reports.Incoming) {
	for i := range 150 {
		name := fmt.Sprintf("host-%03d", i)
		in := software(name, "old")
		in.Device.ID, in.Seen, in.Said = inventory.DeriveID("", name), seen, seen
		if i%3 == 1 {
			in.Documents[0] = document(inventory.SectionSoftware, fmt.Sprint("new ", i, round))
		}
		if i%3 == 2 {
			in.Device.Name, in.Device.OSVersion = fmt.Sprint(name, "-", round), fmt.Sprint(round)
			in.Collector = inventory.Collector{Name: "collector", Version: fmt.Sprint(round)}
			in.Addresses = []inventory.Address{{IP: fmt.Sprintf("10.0.%d.%d", round, i)}}
		}
		batch = append(batch, in)
	}
	return batch
}

// Reports of many known devices are stored as each alone would be, and one that is refused leaves nothing of
// its call.
func TestReportsOfManyKnownDevices(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for round := range 3 {
			now := noon.Add(time.Duration(round) * time.Hour)
			batch := manyKnown(round, now)
			receipts, err := s.Reports.Receive(ctx, org, manager, batch, now)
			must(t, err)
			for i, in := range batch {
				device, documents := load(t, s, in.Device.ID)
				r := receipts[i]
				changed := round == 0 || i%3 != 0
				if device.Name != in.Device.Name || device.OSVersion != in.Device.OSVersion || !device.LastSeen.Equal(now) ||
					!device.Received.Equal(now) || r.DeviceID != device.ID || r.Changed != changed ||
					changed && device.Revision != r.Revision || i > 0 && r.Revision != receipts[i-1].Revision+1 {
					t.Errorf("round %d: %+v after %+v with %+v", round, device, in, r)
				}
				equal(t, "documents", documents, []reports.SourceDocument{{Source: "collect", Document: in.Documents[0]}})
				must(t, reports.CheckDevice(device, documents))
				stored, _, err := s.Reports.Receipt(ctx, org, r.ID)
				must(t, err)
				equal(t, "receipt", stored, r)
			}
			last := batch[len(batch)-1]
			collectors, err := s.Reports.Collectors(ctx, org, last.Device.ID)
			must(t, err)
			equal(t, "collectors", collectors[last.Device.ID], []reports.SourceCollector{{Source: "collect", Collector: last.Collector}})
			addresses, err := s.Reports.Addresses(ctx, org, last.Device.ID)
			must(t, err)
			equal(t, "addresses", addresses[last.Device.ID], last.Addresses)
		}
		refused := manyKnown(3, noon.Add(4*time.Hour))[:20]
		own := trust.Sender{Role: trust.Own, Device: refused[0].Device.ID}
		_, err := s.Reports.Receive(ctx, org, own, refused, noon.Add(4*time.Hour))
		isError(t, err, trust.ErrRefused, "")
		for _, in := range refused {
			if device, _ := load(t, s, in.Device.ID); !device.Received.Equal(noon.Add(2 * time.Hour)) {
				t.Errorf("a refused call stored %+v", device)
			}
		}
	})
}
