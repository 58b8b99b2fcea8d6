package table_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/table"
)

// TestUpdates: updates of one product and number are one, with all that records say of it, and come back from a file.
func TestUpdates(t *testing.T) {
	day := time.Date(2025, time.September, 9, 0, 0, 0, 0, time.UTC)
	first := intel.Update{CVE: "CVE-2025-0001", Product: "Windows", ID: "5065431", Title: "September", Published: day,
		Supersedes: []string{"5063875"}, Severity: intel.SeverityHigh}
	again, other, revised := first, first, first
	again.CVE, again.Supersedes, again.FixedBuild = "CVE-2025-0002", []string{"5062552", "5065431"}, "10.0.22631.5909"
	again.URL = "https://example.com"
	other.Product = "Another"
	revised.CVE, revised.Published = "CVE-2025-0003", day.AddDate(0, 2, 0)
	records := []intel.Record{{Source: "1", Updates: []intel.Update{first, again, {Product: "Windows"}}},
		{Source: "2", Updates: []intel.Update{other, first, {CVE: "CVE-2025-0004", Product: "Windows"}, revised}}}
	var files [][]byte
	for range 2 {
		b := table.NewBuilder("test")
		for _, r := range records {
			b.Add(r)
		}
		slices.Reverse(records)
		made, err := b.Table()
		var file bytes.Buffer
		if err == nil {
			err = made.WriteFile(&file)
		}
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file.Bytes())
	}
	if !bytes.Equal(files[0], files[1]) {
		t.Error("the table depends on the order of records")
	}
	read, err := table.Decode(files[0])
	if err != nil {
		t.Fatal(err)
	}
	var got []table.Update
	for row := range read.Updates.Product {
		got = append(got, read.Update(uint32(row)))
	}
	high := byte(intel.SeverityHigh)
	want := []table.Update{
		{ID: "5065431", Title: "September", Published: day, CVEs: []uint32{0}, Severities: []byte{high},
			Supersedes: []string{"5063875"}},
		{CVEs: []uint32{3}, Severities: []byte{0}},
		{ID: "5065431", Title: "September", URL: "https://example.com", Build: "10.0.22631.5909", Published: day,
			CVEs: []uint32{0, 1, 2}, Severities: []byte{high, high, high}, Supersedes: []string{"5062552", "5063875"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
