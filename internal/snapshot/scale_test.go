package snapshot_test

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/snapshot"
)

// A snapshot of a million devices, each with 300 findings, 300 software and 200
// configurations, as a generation cuts it: parts of some 32 MiB.
const (
	millionRanges  = 625
	millionDevices = 1_600 // in a range
)

// synthetic makes indexes, deltas and manifests without the parts.
type synthetic struct{ random *rand.Rand }

func newSynthetic() *synthetic { return &synthetic{rand.New(rand.NewPCG(1, 2))} }

func (s *synthetic) fill(b []byte) {
	for i := 0; i < len(b); i += 8 {
		var word [8]byte
		binary.LittleEndian.PutUint64(word[:], s.random.Uint64())
		copy(b[i:], word[:])
	}
}

func (s *synthetic) file(name string, bytes int64) snapshot.File {
	f := snapshot.File{Path: name, Bytes: bytes}
	s.fill(f.SHA256[:])
	return f
}

func (s *synthetic) attempt() string {
	var id uuid.UUID
	s.fill(id[:])
	return id.String()
}

// part makes a part with a number of segments, each of about rows rows and size bytes.
func (s *synthetic) part(name string, segments int, rows, size int64) *snapshot.Part {
	p := &snapshot.Part{File: s.file(name, gzipjoin.HeaderSize+gzipjoin.TrailerSize)}
	for range segments {
		seg := snapshot.Fragment{Rows: rows + s.random.Int64N(rows/8+1), Size: size + s.random.Int64N(size/4+1),
			Raw: snapshot.SegmentRaw + s.random.Int64N(300<<10), CRC: s.random.Uint32()}
		p.Segments = append(p.Segments, seg)
		p.Rows, p.Bytes, p.Raw = p.Rows+seg.Rows, p.Bytes+seg.Size, p.Raw+seg.Raw
	}
	return p
}

// million makes a snapshot of a million devices, in which changed of a thousand rows of each range
// have changed.
func (s *synthetic) million(changed int) *snapshot.Manifest {
	m := &snapshot.Manifest{Organization: uuid.NewString(), Number: 4711, Previous: 4710, Begun: noon,
		Catalog: "catalog-1", Benchmark: "benchmark-1", RowShape: 1}
	lo := ""
	for n := range millionRanges {
		var bound [20]byte
		s.fill(bound[4:])
		binary.BigEndian.PutUint32(bound[:], uint32((n+1)*(1<<32/millionRanges)))
		hi := hex.EncodeToString(bound[:])
		if n == millionRanges-1 {
			hi = ""
		}
		m.Add(s.rangeOf(m, n, lo, hi, changed))
		lo = hi
	}
	return m
}

func (s *synthetic) rangeOf(m *snapshot.Manifest, n int, lo, hi string, changed int) *snapshot.Made {
	attempt := s.attempt()
	name := func(folder string) string {
		return fmt.Sprintf("%s/%s/2026-11-23/1200/json/_RbacGroupId=0/part-%05d-%s.c000.json.gz",
			m.Organization, folder, n, attempt)
	}
	x := &snapshot.Index{Full: snapshot.Parts{},
		Sheet: s.file(fmt.Sprintf("%s/sheet/2026-11-23/1200/0/sheet-%05d-%s", m.Organization, n, attempt),
			900_000+s.random.Int64N(9_000))}
	d := snapshot.Delta{Parts: snapshot.Parts{}, Changes: map[string]counts.Changes{}}
	for set, segments := range map[defender.Dataset]int{defender.Vulnerabilities: 250, defender.Software: 135,
		defender.Configurations: 75,
		defender.CleanSoftware:  60, defender.NoProductCode: 20} {
		x.Full[set.String()] = s.part(name(set.Folder(false)), segments, 1_900, 120_000)
		if changed > 0 {
			p := s.part(name(set.Folder(true)), segments*changed/1000+1, 1_900, 120_000)
			d.Parts[set.String()], d.Changes[set.String()] = p, counts.Changes{New: p.Rows / 2, Updated: p.Rows - p.Rows/2}
		}
	}
	index := fmt.Sprintf("%s/index/2026-11-23/1200/0/index-%05d-%s", m.Organization, n, attempt)
	return snapshot.MadeOf(snapshot.Range{Lo: lo, Hi: hi, Devices: millionDevices,
		Index:      s.file(index, 8_000+s.random.Int64N(500)),
		Severities: counts.Severities{Critical: 20_000, High: 150_000, Medium: 200_000, Low: 100_000, Unrated: 9_000}}, x, d)
}

// TestManifestOfAMillionDevices bounds the size of the manifest, whatever changed.
func TestManifestOfAMillionDevices(t *testing.T) {
	for _, changed := range []int{0, 50, 1000} {
		manifest, deltas, err := snapshot.ManifestBytes("m.manifest", newSynthetic().million(changed))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d in 1,000 rows changed: manifest of %d bytes, deltas of %d", changed, len(manifest), len(deltas))
		if len(manifest) >= 100_000 {
			t.Errorf("a manifest of %d bytes", len(manifest))
		}
	}
}

// BenchmarkManifest reads manifests of a million devices, of this version and
// of the one before.
func BenchmarkManifest(b *testing.B) {
	for _, version := range []int{1, 2} {
		b.Run(fmt.Sprintf("version %d", version), func(b *testing.B) {
			m := newSynthetic().million(0)
			m.Version = version
			data, _, err := snapshot.ManifestBytes("m.manifest", m)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := snapshot.ParseManifest("m.manifest", data); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(data)), "bytes")
		})
	}
}

// BenchmarkIndex reads the index of one of 625 ranges of a million devices.
func BenchmarkIndex(b *testing.B) {
	m := newSynthetic().million(0)
	x, err := m.Ranges[7].Full()
	if err != nil {
		b.Fatal(err)
	}
	name := m.Ranges[7].Index.Path
	data, err := snapshot.AppendIndex(x, nil, name)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := snapshot.ParseIndex(name, data); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(data)), "bytes")
}

// BenchmarkDeltas reads the deltas of a million devices, with one row in twenty changed, and the
// delta of one range.
func BenchmarkDeltas(b *testing.B) {
	_, data, err := snapshot.ManifestBytes("m.manifest", newSynthetic().million(50))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		all, err := snapshot.ParseDeltas(data)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := snapshot.DeltaOf(all, 300); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(data)), "bytes")
}
