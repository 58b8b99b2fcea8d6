package api_test

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/snapshot"
)

// BenchmarkDeltaPages begins a pull of two weeks of changes of a million devices: 56 snapshots in
// each of which one row in twenty changed. The server's memory is empty (cold), or has what the
// previous page left (warm). A page has 1,000 rows.
func BenchmarkDeltaPages(b *testing.B) {
	l := newLab(b)
	since := l.clock()
	random := rand.New(rand.NewPCG(1, 2))
	for range 14 * 4 {
		l.sealMillion(random)
		l.advance(6 * time.Hour)
	}
	r := httptest.NewRequest(http.MethodGet,
		"http://localhost/api/machines/SoftwareVulnerabilityChangesByMachine?pageSize=1000&sinceTime="+
			since.Add(-time.Second).UTC().Format(time.RFC3339), nil)
	l.advance(-time.Minute) // less than 14 days
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			handler := l.forgetful()
			b.StartTimer()
			first := httptest.NewRecorder()
			if handler.ServeHTTP(first, r); first.Code != http.StatusOK {
				b.Fatalf("%d: %s", first.Code, first.Body)
			}
		}
	})
	b.Run("warm", func(b *testing.B) {
		handler := l.forgetful()
		for b.Loop() {
			handler.ServeHTTP(&sink{header: http.Header{}}, r)
		}
	})
}

// forgetful returns a server that has read no snapshot yet.
func (l *lab) forgetful() http.Handler {
	l.Helper()
	l.config.Publisher = l.newPublisher()
	return l.handler()
}

// sealMillion publishes a snapshot with the manifest and deltas of a million devices. Only the
// first range has a part that exists.
func (l *lab) sealMillion(random *rand.Rand) {
	l.Helper()
	name := func(number int64) string { return snapshot.ManifestName(org, number, uuid.NewString()) }
	l.sealManifest(name, func(m *snapshot.Manifest) {
		naming := snapshot.Naming{Organization: org, Begun: m.Begun, Attempt: uuid.NewString()}
		real := l.write(naming, l.fleet(0, 0, 6, 250))
		folder := m.Begun.UTC().Format("2006-01-02/1504")
		const ranges = 625
		for n := range ranges {
			made := snapshot.NewMade(snapshot.Range{Lo: fmt.Sprintf("%040x", n), Hi: fmt.Sprintf("%040x", n+1), Devices: 1_600,
				Rows: [defender.DatasetCount]int64{320_000, 480_000, 480_000, 100_000, 20_000}, Bytes: 60 << 20,
				Largest: 30 << 20}, snapshot.Delta{})
			id := uuid.NewString()
			made.Index = fakeFile(random, fmt.Sprintf("%s/index/%s/0/index-%05d-%s", org, folder, n, id), 8_000)
			made.Delta = fakeDelta(random, fmt.Sprintf("/%s/json/_RbacGroupId=0/part-%05d-%s.c000.json.gz", folder, n, id))
			if n == 0 {
				made.Delta = real.Delta
			}
			m.Add(made)
		}
	})
}

func fakeFile(random *rand.Rand, name string, bytes int64) snapshot.File {
	f := snapshot.File{Path: name, Bytes: bytes}
	for i := 0; i < len(f.SHA256); i += 8 {
		binary.LittleEndian.PutUint64(f.SHA256[i:], random.Uint64())
	}
	return f
}

// fakeDelta returns the delta of a range in which one row in twenty changed.
func fakeDelta(random *rand.Rand, tail string) snapshot.Delta {
	d := snapshot.Delta{Parts: snapshot.Parts{}, Changes: map[string]counts.Changes{}}
	for set, segments := range []int{4, 7, 13, 3, 1} {
		dataset := defender.Dataset(set)
		p := &snapshot.Part{File: fakeFile(random, org+"/"+dataset.Folder(true)+tail,
			gzipjoin.HeaderSize+gzipjoin.TrailerSize)}
		for range segments {
			s := snapshot.Fragment{Rows: 1_900, Size: 120_000 + random.Int64N(9_000),
				Raw: 2_100_000 + random.Int64N(90_000), CRC: random.Uint32()}
			p.Segments = append(p.Segments, s)
			p.Rows, p.Bytes, p.Raw = p.Rows+s.Rows, p.Bytes+s.Size, p.Raw+s.Raw
		}
		d.Parts[dataset.String()], d.Changes[dataset.String()] = p,
			counts.Changes{New: p.Rows / 2, Updated: p.Rows - p.Rows/2}
	}
	return d
}
