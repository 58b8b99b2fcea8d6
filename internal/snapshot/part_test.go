package snapshot_test

import (
	"bytes"
	stdgzip "compress/gzip"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/testneed"
)

// TestReaders: the readers that clients use get all rows of a part, including those that stop
// after the first gzip member (contract.md, section 5).
func TestReaders(t *testing.T) {
	l := newLab(t)
	hosts := []host{newHost(1, "1", 3, 3, 400), newHost(2, "1", 0, 0, 0, 5), newHost(3, "1", 1, 1, 1)}
	r := l.write(0, hosts...)
	want := concat(hosts, defender.Vulnerabilities)
	path := l.path(l.full(r, defender.Vulnerabilities).Path)
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for name, read := range map[string]func() ([]byte, error){
		"compress/gzip": func() ([]byte, error) {
			z, err := stdgzip.NewReader(bytes.NewReader(file))
			if err != nil {
				return nil, err
			}
			z.Multistream(false)
			return io.ReadAll(z)
		},
		"klauspost": func() ([]byte, error) {
			z, err := gzip.NewReader(bytes.NewReader(file))
			if err != nil {
				return nil, err
			}
			return io.ReadAll(z)
		},
	} {
		if got, err := read(); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, %d bytes, want %d", name, err, len(got), len(want))
		}
	}
	for _, c := range []struct {
		name string
		args []string
	}{
		{"gzip", []string{"-dc", path}},
		{"python3", []string{"-c", "import sys, zlib; d = zlib.decompressobj(31); out = d.decompress(open(sys.argv[1], 'rb').read()); " +
			"assert d.eof and not d.unused_data; sys.stdout.buffer.write(out)", path}},
		{"node", []string{"-e", "process.stdout.write(require('zlib').gunzipSync(require('fs').readFileSync(process.argv[1])))", path}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := exec.Command(testneed.Command(t, c.name), c.args...).Output()
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%v, %d bytes, want %d", err, len(got), len(want))
			}
		})
	}
	t.Run("gzip -t", func(t *testing.T) {
		if out, err := exec.Command(testneed.Command(t, "gzip"), "-t", path).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
}

// TestPartsWithoutRows says that parts without rows do not exist.
func TestPartsWithoutRows(t *testing.T) {
	l := newLab(t)
	r := l.write(0, newHost(1, "1", 0, 2))
	if full := l.index(&r.Range).Full; len(full) != 1 || len(r.Delta.Parts) != 1 || full.Of(defender.Software) == nil {
		t.Errorf("parts %v, %v, want those of software alone", full, r.Delta.Parts)
	}
	empty := l.write(0)
	if x := l.index(&empty.Range); len(x.Full) != 0 || len(empty.Delta.Parts) != 0 ||
		x.Sheet.Path != "" || empty.Index.Path != "" {
		t.Errorf("a range without devices has %+v", empty)
	}
	if n := len(l.open(empty).Sheet().Entries); n != 0 {
		t.Errorf("%d devices in none", n)
	}
}

// huge is a device with more rows than a segment holds.
func huge(n int) host { return newHost(n, "1", 0, 0, 12_000) }

// TestHugeDevice says that the memory for a page stays small if one device has very many rows,
// also after the device was copied, and that segments cover the part.
func TestHugeDevice(t *testing.T) {
	l := newLab(t)
	hosts := []host{newHost(1, "1", 0, 0, 10), huge(2), newHost(3, "1", 0, 0, 10), huge(4)}
	r := l.write(0, hosts...)
	w := l.writer(0)
	if err := w.Copy(l.open(r), 0, len(hosts)); err != nil {
		t.Fatal(err)
	}
	copied := l.close(w)
	for name, r := range map[string]*snapshot.Made{"made": r, "copied": copied} {
		part := l.full(r, defender.Vulnerabilities)
		checkSegments(t, name, part)
		if got := l.rows(snapshot.PartsOf(part), snapshot.Position{}, snapshot.Position{Part: 1}); !bytes.Equal(got,
			concat(hosts, defender.Vulnerabilities)) {
			t.Errorf("%s: other rows", name)
		}
		var rows assess.Rows
		for i := range hosts {
			if err := l.open(r).Rows(i, &rows); err != nil ||
				!bytes.Equal(rows[defender.Vulnerabilities], hosts[i].rows[defender.Vulnerabilities]) {
				t.Errorf("%s: device %d: %v, or other rows", name, i, err)
			}
		}
	}
}

func checkSegments(t *testing.T, name string, part *snapshot.Part) {
	t.Helper()
	var rows, raw, size int64
	for i, s := range part.Segments {
		if s.Raw > snapshot.SegmentRaw+snapshot.FragmentRaw || s.Raw < snapshot.SegmentRaw && i < len(part.Segments)-1 {
			t.Errorf("%s: segment %d of %d has %d raw bytes", name, i, len(part.Segments), s.Raw)
		}
		rows, raw, size = rows+s.Rows, raw+s.Raw, size+s.Size
	}
	if rows != part.Rows || raw != part.Raw || size != part.Bytes-gzipjoin.HeaderSize-gzipjoin.TrailerSize {
		t.Errorf("%s: segments hold %d rows, %d raw, %d bytes of %+v", name, rows, raw, size, part)
	}
	if len(part.Segments) < 4 {
		t.Errorf("%s: %d segments only", name, len(part.Segments))
	}
}

// TestLongRow says that a row longer than a fragment gets its own fragment, and that half a row is
// refused.
func TestLongRow(t *testing.T) {
	l := newLab(t)
	long := strings.Repeat("x", 2*snapshot.FragmentRaw)
	h := host{id: id(1)}
	h.rows[defender.Software] = []byte("a\n" + long + "\nb\n")
	w := l.writer(rbac.HiddenGroup) // which has no projection: these are no rows
	l.add(w, h)
	var got assess.Rows
	if err := l.open(l.close(w)).Rows(0, &got); err != nil ||
		!bytes.Equal(got[defender.Software], h.rows[defender.Software]) {
		t.Errorf("%v, %d bytes, want %d", err, len(got[defender.Software]), len(h.rows[defender.Software]))
	}
	h.rows[defender.Software] = []byte("a\n" + long)
	if err := l.writer(rbac.HiddenGroup).Add(snapshot.Entry{ID: h.id}, &h.rows); err == nil {
		t.Error("half a row was written")
	}
}
