package stored_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/inventorytest"
	"github.com/muster-project/muster/internal/inventory/stored"
)

// received is the time of receipt of the tests' reports.
var received = inventorytest.Received

// typicalReport is the report of a Windows device with n software entries,
// about 330 bytes of JSON each.
func typicalReport(n int) *inventory.Report {
	r := &inventory.Report{
		Device: inventory.Device{Name: "host.corp.example.com", OSPlatform: "Windows11",
			OSVersion: "10.0.22631.4751", OSArchitecture: "x64"},
		Time:   received.Add(-time.Minute),
		Source: "collect",
		Facts:  inventory.Facts{"services": {}},
	}
	for i := range n {
		r.Software = append(r.Software, inventory.Software{
			Kind: "windows", Vendor: fmt.Sprintf("Vendor %d GmbH & Co. KG", i%40),
			Name:      fmt.Sprintf("Product %d (x64 en-US)", i*7919%n),
			Version:   fmt.Sprintf("%d.%d.%d", i%9, i%31, i*7919%9973),
			DiskPaths: []string{fmt.Sprintf(`C:\Program Files\Vendor %d\Product %d\bin\product.exe`, i%40, i)},
			RegistryPaths: []string{fmt.Sprintf(
				`HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall\{%032X}`, i*i)},
		})
	}
	for i := range 60 {
		r.Hotfixes = append(r.Hotfixes, fmt.Sprintf("KB%d", 5050000+i*37))
		r.Facts["services"][fmt.Sprintf("service-%d", i)] = "enabled"
	}
	return r
}

// BenchmarkReceive measures the work for a report before it is stored: decoding, normalising,
// encoding and compressing a report of 100 kB.
func BenchmarkReceive(b *testing.B) {
	codec, err := stored.NewCodec()
	if err != nil {
		b.Fatal(err)
	}
	data, err := json.Marshal(typicalReport(295))
	if err != nil {
		b.Fatal(err)
	}
	stored := 0
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		r, err := inventory.DecodeReport(data, inventory.Given{})
		if err != nil {
			b.Fatal(err)
		}
		if err := r.Normalize(received); err != nil {
			b.Fatal(err)
		}
		docs, err := codec.Documents(r)
		if err != nil {
			b.Fatal(err)
		}
		stored = 0
		for _, doc := range docs {
			stored += len(doc.Data)
		}
	}
	b.ReportMetric(float64(len(data)), "report-bytes")
	b.ReportMetric(float64(stored), "stored-bytes")
}

// BenchmarkDecode measures only decoding, and for comparison encoding/json.
func BenchmarkDecode(b *testing.B) {
	data, err := json.Marshal(typicalReport(295))
	if err != nil {
		b.Fatal(err)
	}
	b.Run("inventory", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			if _, err := inventory.DecodeReport(data, inventory.Given{}); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		b.SetBytes(int64(len(data)))
		for b.Loop() {
			var r inventory.Report
			if err := json.Unmarshal(data, &r); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkOpen measures joining the documents of a device for assessment.
func BenchmarkOpen(b *testing.B) {
	codec, err := stored.NewCodec()
	if err != nil {
		b.Fatal(err)
	}
	r := typicalReport(295)
	if err := r.Normalize(received); err != nil {
		b.Fatal(err)
	}
	docs, err := codec.Documents(r)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := codec.Open(r.Device, docs); err != nil {
			b.Fatal(err)
		}
	}
}
