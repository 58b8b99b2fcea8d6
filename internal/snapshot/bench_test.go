package snapshot_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
)

// fleet makes devices with 262 findings of about 1.1 kB each, with distinct paths, and returns the
// number of rows and raw bytes.
func fleet(devices int) (hosts []host, rows, raw int64) {
	seen := row.NewTimestamp(noon)
	for n := range devices {
		h := host{n: n, id: id(n)}
		d := row.Device{ID: h.id, Name: fmt.Sprintf("host-%d.example.com", n), OSPlatform: "Windows11",
			OSVersion:      "10.0.22631.4751",
			OSArchitecture: "x64", GroupName: defender.GroupNone}
		piece := d.Piece()
		for i := range 262 {
			v := row.Vulnerability{
				SoftwareKey: row.SoftwareKey{Vendor: "acme", Name: fmt.Sprintf("rocket_%d", i/20), Version: "12.0.0.0"},
				CVE:         fmt.Sprintf("CVE-2024-%05d", i*31%40_000), Score: float64(i%100) / 10, Scored: true,
				Update: row.Update{Title: "Rocket 13", ID: fmt.Sprintf("ACME-%d", i),
					URL: "https://acme.example/advisories/rocket"},
			}
			finding, evidence := v.Piece(), row.Evidence(
				[]string{fmt.Sprintf(`C:\Users\user-%d\AppData\Local\Programs\Acme\Rocket %d\rocket.exe`, n, i/20)}, nil)
			h.rows[defender.Vulnerabilities] = row.AppendVulnerability(h.rows[defender.Vulnerabilities], &piece,
				&finding, &evidence, seen, seen)
			rows++
		}
		raw += int64(len(h.rows[defender.Vulnerabilities]))
		hosts = append(hosts, h)
	}
	return hosts, rows, raw
}

func BenchmarkAdd(b *testing.B) {
	l := newLab(b)
	hosts, rows, raw := fleet(200)
	var bytes int64
	b.SetBytes(raw)
	for b.Loop() {
		w := l.writer(0)
		for _, h := range hosts {
			l.add(w, h)
		}
		bytes = l.full(l.close(w), defender.Vulnerabilities).Bytes
		w.Abort()
	}
	b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(100*float64(bytes)/float64(raw), "%ofraw")
}

// BenchmarkCopy copies all devices of a range: reading and checking the old
// files, and writing and syncing the new ones.
func BenchmarkCopy(b *testing.B) {
	l := newLab(b)
	hosts, _, raw := fleet(1_000)
	w := l.writer(0)
	for _, h := range hosts {
		entry := snapshot.Entry{ID: h.id}
		for i := range 150 {
			entry.Components = append(entry.Components,
				w.Component(assess.Component{Key: fmt.Sprintf("component %d", (h.n+i)%400)}))
		}
		if err := w.Add(entry, &h.rows); err != nil {
			b.Fatal(err)
		}
	}
	old := l.close(w)
	var mem snapshot.Buffers
	b.SetBytes(raw)
	for b.Loop() {
		reader, err := l.files.OpenRange(&old.Range, &mem)
		if err != nil {
			b.Fatal(err)
		}
		w := l.writer(0)
		if err := w.Copy(reader, 0, len(hosts)); err != nil {
			b.Fatal(err)
		}
		l.close(w)
		w.Abort()
	}
}

func BenchmarkRows(b *testing.B) {
	l := newLab(b)
	hosts, _, raw := fleet(200)
	parts := snapshot.PartsOf(l.full(l.write(0, hosts...), defender.Vulnerabilities))
	b.SetBytes(raw)
	for b.Loop() {
		err := l.files.Rows(context.Background(), parts, snapshot.Position{}, snapshot.Position{Part: 1},
			func([]byte) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
	}
}
