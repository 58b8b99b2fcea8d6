package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/store/storetest"
)

func TestReceiveKeepsWhatItAcknowledges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := reports.Incoming{
			Device: inventory.Device{
				ID: inventory.DeriveID("machine", ""), Name: "Host.Example.com",
				OSPlatform: "Linux", OSVersion: "debian_linux_12", OSArchitecture: "x64", Tags: []string{"prod"},
			},
			Source:    "collect",
			Seen:      noon.Add(-time.Minute),
			Documents: []inventory.Document{document(inventory.SectionFacts, "f"), document(inventory.SectionSoftware, "s")},
		}
		receipt := receive(t, s, in, noon)
		device, documents := load(t, s, in.Device.ID)
		equal(t, "receipt", receipt, reports.Receipt{
			ID: receipt.ID, DeviceID: in.Device.ID, Source: "collect", Revision: 1, Received: noon, Changed: true,
		})
		equal(t, "device", device, reports.Device{
			Device: in.Device, FirstSeen: in.Seen, LastSeen: in.Seen, Received: noon, Revision: 1, Hash: device.Hash,
		})
		equal(t, "documents", documents, []reports.SourceDocument{
			{Source: "collect", Document: document(inventory.SectionSoftware, "s")},
			{Source: "collect", Document: document(inventory.SectionFacts, "f")},
		})
	})
}

func TestReceiveIdentifiesDevices(t *testing.T) {
	const one, two = "1111111111111111111111111111111111111111", "2222222222222222222222222222222222222222"
	tests := []struct {
		name  string
		known []inventory.Device
		said  inventory.Device
		want  inventory.Device
	}{
		{"an unknown name gives the id",
			nil,
			inventory.Device{Name: "Host"},
			inventory.Device{ID: inventory.DeriveID("", "Host"), Name: "Host"}},
		{"a name joins the one device of that name, whatever its case",
			[]inventory.Device{{ID: one, Name: "HOST", OSPlatform: "Linux"}},
			inventory.Device{Name: "host"},
			inventory.Device{ID: one, Name: "host", OSPlatform: "Linux"}},
		{"an id is taken as it is, though another device has the name",
			[]inventory.Device{{ID: one, Name: "host"}},
			inventory.Device{ID: two, Name: "host"},
			inventory.Device{ID: two, Name: "host"}},
		{"a device that got another name is not made twice",
			[]inventory.Device{{Name: "old"}, {ID: inventory.DeriveID("", "old"), Name: "new"}},
			inventory.Device{Name: "old"},
			inventory.Device{ID: inventory.DeriveID("", "old"), Name: "old"}},
		{"what is empty stays as it was known",
			[]inventory.Device{{ID: one, Name: "host", OSPlatform: "Linux", OSVersion: "v",
				OSArchitecture: "x64", Tags: []string{"a"}}},
			inventory.Device{ID: one},
			inventory.Device{ID: one, Name: "host", OSPlatform: "Linux", OSVersion: "v",
				OSArchitecture: "x64", Tags: []string{"a"}}},
		{"what is said replaces what was known",
			[]inventory.Device{{ID: one, Name: "host", OSPlatform: "Linux", OSVersion: "v",
				OSArchitecture: "x64", Tags: []string{"a"}}},
			inventory.Device{ID: one, Name: "h", OSPlatform: "macOS", OSVersion: "w",
				OSArchitecture: "arm64", Tags: []string{}},
			inventory.Device{ID: one, Name: "h", OSPlatform: "macOS", OSVersion: "w", OSArchitecture: "arm64"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				for _, device := range test.known {
					receive(t, s, reports.Incoming{Device: device}, noon)
				}
				receipt := receive(t, s, reports.Incoming{Device: test.said}, noon)
				device, _ := load(t, s, receipt.DeviceID)
				equal(t, "device", device.Device, test.want)
			})
		})
	}
}

func TestReceiveReplacesSections(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const s1, s2 = inventory.SectionSoftware, inventory.SectionFacts
		device := inventory.Device{Name: "host"}
		say := func(source string, documents ...inventory.Document) reports.Receipt {
			return receive(t, s, reports.Incoming{Device: device, Source: source, Documents: documents}, noon)
		}
		say("collect", document(s1, "old"), document(s2, "facts"))
		say("sbom", document(s1, "other source"))
		say("collect", document(s1, "new"))
		_, documents := load(t, s, inventory.DeriveID("", "host"))
		equal(t, "documents", documents, []reports.SourceDocument{
			{Source: "collect", Document: document(s1, "new")},
			{Source: "collect", Document: document(s2, "facts")},
			{Source: "sbom", Document: document(s1, "other source")},
		})
		say("collect", document(s1, "first"), document(s1, ""))
		_, documents = load(t, s, inventory.DeriveID("", "host"))
		equal(t, "a section said twice and empty at last", documents[0].Data, []byte{})
	})
}

func TestRepeatedReportMovesTimesOnly(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := software("host", "text")
		first := receive(t, s, in, noon)
		before, _ := load(t, s, first.DeviceID)

		in.Seen = noon.Add(time.Hour)
		second := receive(t, s, in, noon.Add(2*time.Hour))
		after, _ := load(t, s, first.DeviceID)
		equal(t, "changed", []bool{first.Changed, second.Changed}, []bool{true, false})
		equal(t, "receipt's revision", second.Revision, first.Revision+1)
		want := before
		want.LastSeen, want.Received = noon.Add(time.Hour), noon.Add(2*time.Hour)
		equal(t, "device", after, want)

		in.Seen = noon.Add(-time.Hour)
		receive(t, s, in, noon.Add(3*time.Hour))
		after, _ = load(t, s, first.DeviceID)
		equal(t, "last seen by an older report", after.LastSeen, noon.Add(time.Hour))
		equal(t, "first seen by an older report", after.FirstSeen, noon)

		in.Device.Tags = []string{"new"}
		third := receive(t, s, in, noon.Add(4*time.Hour))
		after, _ = load(t, s, first.DeviceID)
		equal(t, "identity alone is a change", third.Changed, true)
		equal(t, "device's revision", after.Revision, third.Revision)
		if after.Hash == before.Hash {
			t.Error("device's hash is what it was")
		}
	})
}

func TestRemovedDeviceStartsAnew(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		old := receive(t, s, software("host", "a"), noon)
		must(t, s.Reports.RemoveDevice(t.Context(), org, old.DeviceID))
		receive(t, s, reports.Incoming{Device: inventory.Device{Name: "host"}}, noon.Add(time.Hour))
		device, documents := load(t, s, old.DeviceID)
		equal(t, "first seen", device.FirstSeen, noon.Add(time.Hour))
		equal(t, "documents", len(documents), 0)
		_, _, err := s.Reports.Receipt(t.Context(), org, old.ID)
		must(t, err)
	})
}

func TestReportWithoutTimeIsSeenNow(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		receipt := receive(t, s, reports.Incoming{Device: inventory.Device{Name: "host"}}, noon)
		device, _ := load(t, s, receipt.DeviceID)
		equal(t, "seen", []time.Time{device.FirstSeen, device.LastSeen}, []time.Time{noon, noon})
	})
}

func TestBatchIsWholeOrNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		twin := func(digit byte) reports.Incoming {
			id := make([]byte, inventory.DeviceIDLength)
			for i := range id {
				id[i] = digit
			}
			return reports.Incoming{Device: inventory.Device{ID: string(id), Name: "twin"}}
		}
		receive(t, s, twin('a'), noon)
		receive(t, s, twin('b'), noon)
		_, err := s.Reports.Receive(t.Context(), org, manager,
			[]reports.Incoming{software("good", "x"), software("Twin", "y")}, noon)
		isError(t, err, reports.ErrAmbiguousDevice, `"Twin"`)
		var refused *reports.BatchError
		if !errors.As(err, &refused) || refused.Index != 1 {
			t.Errorf("error %v, want a BatchError of index 1", err)
		}
		_, _, err = s.Reports.Load(t.Context(), org, inventory.DeriveID("", "good"))
		isError(t, err, database.ErrNotFound, "")
		next := receive(t, s, software("good", "x"), noon).Revision
		// Where others take revisions meanwhile, those of what fails are not used.
		if next < 3 || !s.DB.Together() && next != 3 {
			t.Errorf("next revision %d, want 3", next)
		}
	})
}

func TestReceiveRefuses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		receipts, err := s.Reports.Receive(t.Context(), org, manager, nil, noon)
		equal(t, "receipts of no reports", len(receipts), 0)
		isError(t, err, nil, "")

		_, err = s.Reports.Receive(t.Context(), "nobody", manager, []reports.Incoming{software("host", "")}, noon)
		isError(t, err, database.ErrNotFound, `organization "nobody"`)

		_, err = s.Reports.Receive(t.Context(), org, manager,
			[]reports.Incoming{{Device: inventory.Device{ID: "abc"}}}, noon)
		if err == nil {
			t.Error("a new device without a name was stored")
		}
	})
}

func TestOrganizationsAreApart(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.Organizations.Ensure(t.Context(), "other", "Other"))
		receipt := receive(t, s, software("host", "ours"), noon)
		theirs, err := s.Reports.Receive(t.Context(), "other", manager, []reports.Incoming{software("host", "theirs")}, noon)
		must(t, err)
		equal(t, "their revision", theirs[0].Revision, int64(1))
		_, documents := load(t, s, receipt.DeviceID)
		equal(t, "our document", string(documents[0].Data), "ours")
		_, _, err = s.Reports.Receipt(t.Context(), "other", receipt.ID)
		isError(t, err, database.ErrNotFound, receipt.ID)
	})
}

func TestReceipts(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		old := receive(t, s, software("host", "a"), noon)
		kept := receive(t, s, software("host", "b"), noon.Add(time.Hour))
		got, snapshot, err := s.Reports.Receipt(t.Context(), org, kept.ID)
		must(t, err)
		equal(t, "receipt", got, kept)
		equal(t, "snapshot before any", snapshot, int64(0))

		must(t, s.Reports.PruneReceipts(t.Context(), org, noon.Add(time.Hour)))
		_, _, err = s.Reports.Receipt(t.Context(), org, old.ID)
		isError(t, err, database.ErrNotFound, old.ID)
		_, _, err = s.Reports.Receipt(t.Context(), org, kept.ID)
		must(t, err)
	})
}

func TestReceiptNamesTheFirstSnapshotBegunAfterIt(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		before := receive(t, s, software("host", "a"), noon)
		fail := begin(t, s, noon)
		must(t, owner(t, s).Fail(t.Context(), fail.Number, "no reason"))
		first := begin(t, s, noon)
		during := receive(t, s, software("host", "a"), noon) // a repetition still counts as a report
		seal(t, s, first, noon)
		second := begin(t, s, noon)
		seal(t, s, second, noon)
		for _, test := range []struct {
			receipt reports.Receipt
			want    int64
		}{{before, first.Number}, {during, second.Number}} {
			_, snapshot, err := s.Reports.Receipt(t.Context(), org, test.receipt.ID)
			must(t, err)
			equal(t, "snapshot", snapshot, test.want)
		}
	})
}
