package store_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/store/storetest"
)

// fleet is the simplest model of the store: the identity, times and newest documents of each
// device.
type fleet map[string]*member

type member struct {
	device    inventory.Device
	seen      time.Time
	documents map[string]reports.SourceDocument // by source and section
}

// receive applies one report to the model; false if it is refused.
func (f fleet) receive(in reports.Incoming) bool {
	id := in.Device.ID
	if id == "" {
		var named []string
		for known, m := range f {
			if strings.EqualFold(m.device.Name, in.Device.Name) {
				named = append(named, known)
			}
		}
		switch len(named) {
		case 0:
			id = inventory.DeriveID("", in.Device.Name)
		case 1:
			id = named[0]
		default:
			return false
		}
	}
	m := f[id]
	if m == nil {
		m = &member{device: inventory.Device{ID: id}, documents: map[string]reports.SourceDocument{}}
		f[id] = m
	}
	m.take(in)
	return true
}

func (m *member) take(in reports.Incoming) {
	m.device.Name = in.Device.Name
	m.device.OSVersion = cmp.Or(in.Device.OSVersion, m.device.OSVersion)
	if in.Device.Tags != nil {
		m.device.Tags = append([]string(nil), in.Device.Tags...)
	}
	if in.Seen.After(m.seen) {
		m.seen = in.Seen
	}
	for _, doc := range in.Documents {
		m.documents[fmt.Sprintf("%s/%d", in.Source, doc.Section)] = reports.SourceDocument{Source: in.Source, Document: doc}
	}
}

func (f fleet) clone() fleet {
	copied := fleet{}
	for id, m := range f {
		one := *m
		one.documents = maps.Clone(m.documents)
		copied[id] = &one
	}
	return copied
}

// drawReport draws from few names and contents, so that reports often concern the same device.
func drawReport(t *rapid.T) reports.Incoming {
	id := func(digit string) string { return strings.Repeat(digit, inventory.DeviceIDLength) }
	in := reports.Incoming{
		Device: inventory.Device{
			ID:        rapid.SampledFrom([]string{"", id("1"), id("2"), id("3")}).Draw(t, "id"),
			Name:      rapid.SampledFrom([]string{"a", "A", "b", "c"}).Draw(t, "name"),
			OSVersion: rapid.SampledFrom([]string{"", "1", "2"}).Draw(t, "version"),
			Tags:      rapid.SampledFrom([][]string{nil, {}, {"x"}, {"x", "y"}}).Draw(t, "tags"),
		},
		Source: rapid.SampledFrom([]string{"collect", "sbom"}).Draw(t, "source"),
		Seen:   noon.Add(time.Duration(rapid.IntRange(-5, 5).Draw(t, "seen")) * time.Hour),
	}
	for range rapid.IntRange(0, 2).Draw(t, "documents") {
		section := rapid.SampledFrom([]inventory.Section{inventory.SectionSoftware, inventory.SectionFacts}).Draw(t,
			"section")
		in.Documents = append(in.Documents, document(section, rapid.SampledFrom([]string{"", "p", "q"}).Draw(t, "text")))
	}
	return in
}

// TestStoreIsTheFleetThatReported sends random histories of batches, each to
// an organization of its own, and compares the store with the fleet.
func TestStoreIsTheFleetThatReported(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		history := 0
		rapid.Check(t, func(rt *rapid.T) {
			history++
			org := fmt.Sprint("organization ", history)
			must(t, s.Organizations.Ensure(t.Context(), org, ""))
			want := fleet{}
			for range rapid.IntRange(1, 6).Draw(rt, "batches") {
				batch := rapid.SliceOfN(rapid.Custom(drawReport), 1, 4).Draw(rt, "batch")
				after := want.clone()
				refused := slices.ContainsFunc(batch, func(in reports.Incoming) bool { return !after.receive(in) })
				if _, err := s.Reports.Receive(t.Context(), org, manager, batch, noon); (err != nil) != refused {
					rt.Fatalf("batch of %d: error %v, want refused: %v", len(batch), err, refused)
				}
				if !refused {
					want = after
				}
			}
			compareFleet(t, rt, s, org, want)
		})
	})
}

func compareFleet(t *testing.T, rt *rapid.T, s *store.Store, org string, want fleet) {
	devices, err := s.Reports.ListDevices(t.Context(), org, reports.DeviceFilter{AllGroups: true}, 100)
	must(t, err)
	if len(devices) != len(want) {
		rt.Fatalf("%d devices, want %d", len(devices), len(want))
	}
	for _, listed := range devices {
		device, documents, err := s.Reports.Load(t.Context(), org, listed.ID)
		must(t, err)
		m := want[device.ID]
		if m == nil {
			rt.Fatalf("device %q never reported", device.ID)
		}
		expected := slices.SortedFunc(maps.Values(m.documents), func(a, b reports.SourceDocument) int {
			return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Section, b.Section))
		})
		diff := gocmp.Diff(m.device, device.Device) + gocmp.Diff(expected, documents) + gocmp.Diff(m.seen, device.LastSeen)
		if diff != "" {
			rt.Fatalf("device %q (-want +got):\n%s", device.ID, diff)
		}
	}
}
