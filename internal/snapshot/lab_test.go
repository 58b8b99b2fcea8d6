package snapshot_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/proof"
)

// noon is the time at which the tests' generations begin.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// lab is a folder of snapshots with a source of file names.
type lab struct {
	testing.TB
	folder   string
	files    *snapshot.Files
	attempts int
	encoder  *gzipjoin.Encoder
}

func newLab(t testing.TB) *lab {
	t.Helper()
	l := &lab{TB: t, folder: t.TempDir(), encoder: gzipjoin.NewEncoder()}
	dir, err := blob.OpenDir(l.folder)
	if err != nil {
		t.Fatal(err)
	}
	l.files = snapshot.New(dir)
	t.Cleanup(func() { l.files.Close() })
	return l
}

// writer begins a range of a group under a name of its own.
func (l *lab) writer(group int64) *snapshot.RangeWriter {
	l.attempts++
	name := snapshot.Naming{Organization: "org", Begun: noon, Group: group,
		Attempt: fmt.Sprintf("attempt-%d", l.attempts)}
	return l.files.NewRangeWriter(name, "", "", "catalog-1", l.encoder)
}

// host is a device with its rows.
type host struct {
	n    int
	id   string
	rows assess.Rows
}

// id is the id of device n.
func id(n int) string { return fmt.Sprintf("%040x", n) }

// newHost makes device n with a number of rows for each dataset; version appears in all rows.
func newHost(n int, version string, rows ...int) host {
	h := host{n: n, id: id(n)}
	d := row.Device{ID: h.id, Name: fmt.Sprintf("host-%d.example.com", n), OSPlatform: "Windows11",
		GroupName: defender.GroupNone}
	piece, evidence := d.Piece(), row.Evidence([]string{fmt.Sprintf(`C:\%d\a.exe`, n)}, nil)
	seen := row.NewTimestamp(noon)
	for dataset, count := range rows {
		for i := range count {
			key := row.SoftwareKey{Vendor: "acme", Name: fmt.Sprintf("rocket_%06d", i), Version: version}
			h.rows[dataset] = appendRow(h.rows[dataset], defender.Dataset(dataset), &piece, key, &evidence, seen)
		}
	}
	return h
}

func appendRow(dst []byte, d defender.Dataset, device *row.DevicePiece, key row.SoftwareKey,
	evidence *row.EvidencePiece, seen row.Timestamp) []byte {
	software := key.Piece(row.EndOfSupport{})
	switch d {
	case defender.Configurations:
		c := row.Configuration{ID: key.Name, Name: key.Version}
		piece := c.Piece()
		return row.AppendConfiguration(dst, device, &piece, seen, true, true)
	case defender.Software:
		return row.AppendSoftware(dst, device, &software, evidence, 1, seen)
	case defender.NoProductCode:
		return row.AppendNoProductCode(dst, device, &software, seen, "")
	}
	v := row.Vulnerability{SoftwareKey: key, Score: 7.5, Scored: true}
	switch d {
	case defender.Vulnerabilities:
		v.CVE = "CVE-2024-0001"
	case defender.NonCVEAdvisories:
		v.CVE = "GHSA-5j5w-g665-5m35"
	}
	piece := v.Piece()
	return row.AppendVulnerability(dst, device, &piece, evidence, seen, seen)
}

// write makes a range of hosts; its delta says that all rows are New.
func (l *lab) write(group int64, hosts ...host) *snapshot.Made {
	l.Helper()
	w := l.writer(group)
	for _, h := range hosts {
		l.add(w, h)
		l.addDelta(w, nil, &h.rows)
	}
	return l.close(w)
}

func (l *lab) add(w *snapshot.RangeWriter, h host) {
	l.Helper()
	if err := w.Add(snapshot.Entry{ID: h.id}, &h.rows); err != nil {
		l.Fatal(err)
	}
}

func (l *lab) addDelta(w *snapshot.RangeWriter, old, new *assess.Rows) {
	l.Helper()
	var differ assess.Differ
	var delta assess.Delta
	if err := differ.Diff(old, new, row.NewTimestamp(noon), &delta); err != nil {
		l.Fatal(err)
	}
	if err := w.AddDelta(&delta); err != nil {
		l.Fatal(err)
	}
}

func (l *lab) close(w *snapshot.RangeWriter) *snapshot.Made {
	l.Helper()
	r, err := w.Close()
	if err != nil {
		l.Fatal(err)
	}
	return r
}

// manifestOf makes a manifest of ranges.
func manifestOf(ranges ...*snapshot.Made) *snapshot.Manifest {
	m := &snapshot.Manifest{}
	for _, made := range ranges {
		m.Add(made)
	}
	return m
}

// index reads the index of a range.
func (l *lab) index(r *snapshot.Range) *snapshot.Index {
	l.Helper()
	x, err := r.Full()
	if err != nil {
		l.Fatal(err)
	}
	return x
}

// full returns the full part of a range.
func (l *lab) full(r *snapshot.Made, d defender.Dataset) *snapshot.Part {
	l.Helper()
	return l.index(&r.Range).Full.Of(d)
}

// parts lists parts of a snapshot.
func (l *lab) parts(m *snapshot.Manifest, delta bool, groups func(int64) bool,
	wanted ...defender.Dataset) *snapshot.PartList {
	l.Helper()
	list, err := m.Parts(delta, groups, wanted...)
	if err != nil {
		l.Fatal(err)
	}
	return list
}

// named lists the files that a manifest names, without itself and its deltas.
func (l *lab) named(m *snapshot.Manifest) (full, delta []snapshot.File) {
	l.Helper()
	full, err := m.FullFiles()
	if err != nil {
		l.Fatal(err)
	}
	if delta, err = m.DeltaFiles(); err != nil {
		l.Fatal(err)
	}
	return full, delta
}

// open opens a range for reading.
func (l *lab) open(r *snapshot.Made) *snapshot.RangeReader {
	l.Helper()
	reader, err := l.files.OpenRange(&r.Range, nil)
	if err != nil {
		l.Fatal(err)
	}
	return reader
}

// rows reads the rows between two positions of a list of parts.
func (l *lab) rows(parts *snapshot.PartList, from, to snapshot.Position) []byte {
	l.Helper()
	var all []byte
	err := l.files.Rows(context.Background(), parts, from, to, func(lines []byte) error {
		all = append(all, lines...)
		return nil
	})
	if err != nil {
		l.Fatal(err)
	}
	return all
}

// path returns the path of a file in the folder.
func (l *lab) path(name string) string { return filepath.Join(l.folder, filepath.FromSlash(name)) }

// damage changes a byte of a file.
func (l *lab) damage(name string, at int64) {
	l.Helper()
	file, err := os.OpenFile(l.path(name), os.O_RDWR, 0)
	if err != nil {
		l.Fatal(err)
	}
	defer file.Close()
	b := make([]byte, 1)
	if _, err := file.ReadAt(b, at); err != nil {
		l.Fatal(err)
	}
	b[0] ^= 0x55
	if _, err := file.WriteAt(b, at); err != nil {
		l.Fatal(err)
	}
}

// drawHosts draws devices with few rows, or none, in order of their ids.
func drawHosts(t *rapid.T, version string) []host {
	var hosts []host
	for _, n := range rapid.SliceOfNDistinct(rapid.IntRange(0, 30), 0, 8, rapid.ID).Draw(t, "devices") {
		hosts = append(hosts, newHost(n, version,
			rapid.SliceOfN(rapid.IntRange(0, 5), 0, defender.DatasetCount).Draw(t, "rows")...))
	}
	slices.SortFunc(hosts, func(a, b host) int { return strings.Compare(a.id, b.id) })
	return hosts
}

// concat joins the rows of one dataset of many devices.
func concat(hosts []host, d defender.Dataset) []byte {
	var all [][]byte
	for i := range hosts {
		all = append(all, hosts[i].rows[d])
	}
	return bytes.Join(all, nil)
}

func (l *lab) remove(name string) {
	l.Helper()
	if err := os.Remove(l.path(name)); err != nil {
		l.Fatal(err)
	}
}

// verify checks a snapshot's files and law 1 between each two snapshots, and returns the problems.
func (l *lab) verify(snapshots ...*snapshot.Manifest) (problems []error) {
	l.Helper()
	v := proof.NewVerifier(l.files, func(snapshot.File) {},
		func(err error) { problems = append(problems, err) }, unpaced, nil)
	for i, m := range snapshots {
		v.Files(context.Background(), m, true, true)
		if i > 0 {
			v.Delta(context.Background(), snapshots[i-1], m)
		}
	}
	return problems
}

// unpaced reads as fast as it can.
func unpaced(context.Context, int64) error { return nil }
