package gzipjoin_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/gzipjoin"
)

// part is a joined file with its fragments.
type part struct {
	bytes     []byte
	fragments []gzipjoin.Fragment
	whole     gzipjoin.Fragment
}

// join makes a part with one fragment per piece.
func join(t testing.TB, pieces ...[]byte) part {
	t.Helper()
	encoder := gzipjoin.NewEncoder()
	p := part{bytes: gzipjoin.AppendHeader(nil)}
	for _, piece := range pieces {
		var f gzipjoin.Fragment
		var err error
		if p.bytes, f, err = encoder.Append(p.bytes, piece); err != nil {
			t.Fatal(err)
		}
		p.fragments = append(p.fragments, f)
		p.whole = p.whole.Join(f)
	}
	p.bytes = gzipjoin.AppendTrailer(p.bytes, p.whole)
	return p
}

// run returns the compressed bytes of fragments [from, to) and their Fragment.
func (p part) run(from, to int) ([]byte, gzipjoin.Fragment) {
	offset := int64(gzipjoin.HeaderSize)
	for _, f := range p.fragments[:from] {
		offset += f.Size
	}
	var whole gzipjoin.Fragment
	for _, f := range p.fragments[from:to] {
		whole = whole.Join(f)
	}
	return p.bytes[offset : offset+whole.Size], whole
}

// rows returns about size bytes that look like one device's vulnerability rows.
func rows(random *rand.Rand, size int) []byte {
	var b bytes.Buffer
	device := random.Uint64()
	for b.Len() < size {
		product := random.IntN(200)
		fmt.Fprintf(&b, `{"deviceId":"%040x","rbacGroupName":"hospital","softwareVendor":"vendor%d","softwareName":"product%d",`+
			`"softwareVersion":"%d.%d.0.0","cveId":"CVE-20%02d-%d","vulnerabilitySeverityLevel":"High","exploitabilityLevel":"NoExploit"}`+"\n",
			device, product, product, product%17, product%5, 10+random.IntN(17), random.IntN(50_000))
	}
	return b.Bytes()
}

func seeded() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// inflateOneMember reads the first gzip member of file with the standard library, and
// fails unless it is the only one and nothing follows it.
func inflateOneMember(t rapid.TB, file []byte) []byte {
	t.Helper()
	in := bytes.NewReader(file)
	r, err := gzip.NewReader(in)
	if err != nil {
		t.Fatalf("reading the header: %v", err)
	}
	r.Multistream(false)
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("reading the member: %v", err)
	}
	if in.Len() != 0 {
		t.Fatalf("%d bytes follow the first member", in.Len())
	}
	return raw
}

func TestPartIsOneMember(t *testing.T) {
	random := seeded()
	tests := []struct {
		name   string
		pieces [][]byte
	}{
		{"nothing", nil},
		{"an empty piece", [][]byte{{}}},
		{"one byte", [][]byte{{'x'}}},
		{"empty pieces among others", [][]byte{{}, []byte("a"), {}, []byte("b"), {}}},
		{"rows", [][]byte{rows(random, 30_000), rows(random, 200), rows(random, 400_000)}},
		{"noise", [][]byte{noise(random, 70_000), noise(random, 1), noise(random, 65_535)}},
		{"zeros", [][]byte{make([]byte, 1<<20), make([]byte, 3)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := join(t, tt.pieces...)
			want := bytes.Join(tt.pieces, nil)
			if got := inflateOneMember(t, p.bytes); !bytes.Equal(got, want) {
				t.Errorf("read %d bytes that are not the %d written", len(got), len(want))
			}
			wantWhole := gzipjoin.Fragment{
				Raw:  int64(len(want)),
				Size: int64(len(p.bytes) - gzipjoin.HeaderSize - gzipjoin.TrailerSize),
				CRC:  crc32.ChecksumIEEE(want),
			}
			if diff := cmp.Diff(wantWhole, p.whole); diff != "" {
				t.Errorf("whole (-want +got):\n%s", diff)
			}
		})
	}
}

func noise(random *rand.Rand, size int) []byte {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

// Other programs read a part, each in the way that a client was seen to use (contract.md, section
// 5).
func TestPartReadByOthers(t *testing.T) {
	random := seeded()
	pieces := [][]byte{rows(random, 100_000), noise(random, 1_000), rows(random, 70), rows(random, 300_000)}
	dir := t.TempDir()
	file, raw := filepath.Join(dir, "part.gz"), filepath.Join(dir, "raw")
	if err := errors.Join(
		os.WriteFile(file, join(t, pieces...).bytes, 0o600),
		os.WriteFile(raw, bytes.Join(pieces, nil), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		program string
		args    []string
	}{
		{"gzip", "gzip", []string{"-t", file}},
		{"python, first member only", "python3", []string{"-c", `
import sys, zlib
d = zlib.decompressobj(31)
raw = d.decompress(open(sys.argv[1], "rb").read())
assert d.eof and d.unused_data == b"", "more than one member"
assert raw == open(sys.argv[2], "rb").read(), "other bytes"`, file, raw}},
		{"node", "node", []string{"-e", `
const fs = require("fs"), [file, raw] = process.argv.slice(1).map(f => fs.readFileSync(f));
if (!require("zlib").gunzipSync(file).equals(raw)) throw new Error("other bytes");`, file, raw}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := exec.LookPath(tt.program); err != nil {
				t.Skip(err)
			}
			if out, err := exec.Command(tt.program, tt.args...).CombinedOutput(); err != nil {
				t.Errorf("%s: %v\n%s", tt.program, err, out)
			}
		})
	}
}

// However bytes are split into pieces, the pieces join to one member with those bytes, and every
// run of fragments can be read separately.
func TestAnySplitJoins(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		piece := rapid.OneOf(
			rapid.SliceOfN(rapid.Byte(), 0, 300),
			rapid.Map(rapid.IntRange(0, 70_000), func(n int) []byte { return rows(seeded(), n) }),
		)
		pieces := rapid.SliceOfN(piece, 0, 6).Draw(rt, "pieces")
		p := join(t, pieces...)
		if got := inflateOneMember(rt, p.bytes); !bytes.Equal(got, bytes.Join(pieces, nil)) {
			rt.Fatalf("the part does not hold its pieces")
		}
		from := rapid.IntRange(0, len(pieces)).Draw(rt, "from")
		to := rapid.IntRange(from, len(pieces)).Draw(rt, "to")
		compressed, f := p.run(from, to)
		got, err := gzipjoin.NewDecoder().Append([]byte("before"), compressed, f)
		if err != nil {
			rt.Fatalf("reading fragments [%d, %d): %v", from, to, err)
		}
		if want := append([]byte("before"), bytes.Join(pieces[from:to], nil)...); !bytes.Equal(got, want) {
			rt.Fatalf("fragments [%d, %d) read as other bytes", from, to)
		}
	})
}

func TestJoinIsAssociative(t *testing.T) {
	fragment := rapid.Custom(func(t *rapid.T) gzipjoin.Fragment {
		return gzipjoin.Fragment{
			Raw:  rapid.Int64Range(0, 1<<40).Draw(t, "raw"),
			Size: rapid.Int64Range(0, 1<<40).Draw(t, "size"),
			CRC:  rapid.Uint32().Draw(t, "crc"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := fragment.Draw(t, "a"), fragment.Draw(t, "b"), fragment.Draw(t, "c")
		if diff := cmp.Diff(a.Join(b).Join(c), a.Join(b.Join(c))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestZeroFragmentIsNeutral(t *testing.T) {
	f := gzipjoin.Fragment{Raw: 5, Size: 9, CRC: 0x3610a686}
	if got := f.Join(gzipjoin.Fragment{}); got != f {
		t.Errorf("joined with nothing: %+v, want %+v", got, f)
	}
	if got := (gzipjoin.Fragment{}).Join(f); got != f {
		t.Errorf("joined to nothing: %+v, want %+v", got, f)
	}
}

func BenchmarkJoin(b *testing.B) {
	random := seeded()
	const devices = 200
	pieces := make([][]byte, devices)
	for i := range pieces {
		pieces[i] = rows(random, 150_000)
	}
	p := join(b, pieces...)
	compressed := p.bytes[gzipjoin.HeaderSize:]
	out := make([]byte, 0, len(p.bytes))
	b.SetBytes(p.whole.Raw)
	for b.Loop() {
		out = gzipjoin.AppendHeader(out[:0])
		var whole gzipjoin.Fragment
		for _, f := range p.fragments {
			out = append(out, compressed[whole.Size:whole.Size+f.Size]...)
			whole = whole.Join(f)
		}
		out = gzipjoin.AppendTrailer(out, whole)
	}
}
