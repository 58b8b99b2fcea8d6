package rpmdb_test

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	reference "github.com/knqyf263/go-rpmdb/pkg"
	"github.com/ncruces/go-sqlite3/driver"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/rpmdb"
)

func TestMain(m *testing.M) {
	sql.Register("sqlite", &driver.SQLite{}) // the name that the reference uses
	os.Exit(m.Run())
}

// open is Berkeley or NDB.
type open = func(*io.SectionReader) iter.Seq2[[]byte, error]

// section returns data as a file.
func section(data []byte) *io.SectionReader {
	return io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data)))
}

// readAll collects the blobs of a container.
func readAll(open open, data []byte) ([][]byte, error) {
	var all [][]byte
	for blob, err := range open(section(data)) {
		if err != nil {
			return all, err
		}
		all = append(all, blob)
	}
	return all, nil
}

// TestRecorded compares with the reference, on the databases of its own tests: CentOS 5 to 8, RHEL
// of a big-endian machine, SLE, Fedora and Mariner.
func TestRecorded(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/knqyf263/go-rpmdb").Output()
	if err != nil {
		t.Skip("the reference's recorded databases are not here")
	}
	dir := filepath.Join(strings.TrimSpace(string(out)), "pkg", "testdata")
	for _, name := range []string{
		"libuuid/Packages", "centos5-plain/Packages", "centos6-plain/Packages", "centos7-plain/Packages",
		"centos8-modularitylabel/Packages", "ubi8-s390x/Packages", "sle15-bci/Packages.db",
		"cbl-mariner-2.0/rpmdb.sqlite", "fedora35-plus-mongo/rpmdb.sqlite",
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(dir, name)
			if _, err := os.Stat(file); err != nil {
				t.Skip("the reference's recorded databases are not here")
			}
			want := referencePackages(t, file)
			got := ownPackages(t, file)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-reference +got):\n%s", diff)
			}
			if len(got) == 0 {
				t.Error("no packages")
			}
			if diff := cmp.Diff(referenceFiles(t, file), ownFiles(t, file)); diff != "" {
				t.Errorf("files (-reference +got):\n%s", diff)
			}
		})
	}
}

// referenceFiles lists the files of all packages as the reference does.
func referenceFiles(t *testing.T, file string) (all []string) {
	t.Helper()
	for _, r := range referenceList(t, file) {
		names, err := r.InstalledFileNames()
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, names...)
	}
	return all
}

func ownFiles(t *testing.T, file string) (all []string) {
	t.Helper()
	for _, blob := range ownBlobs(t, file) {
		if err := rpmdb.EachFile(blob, func(name string) { all = append(all, name) }); err != nil {
			t.Error(err)
		}
	}
	return all
}

// TestEachFile: packages of before rpm 4 have whole names. What is damaged gives an error.
func TestEachFile(t *testing.T) {
	number := binary.BigEndian.AppendUint32
	blob := func(folder uint32, count uint32, whole string) []byte {
		var index, data []byte
		for _, e := range []struct {
			tag, kind, count uint32
			data             []byte
		}{{1116, 4, 2, number(number(nil, 0), folder)}, {1117, 8, count, []byte("a\x00b\x00")},
			{1118, 8, 2, []byte("/usr/bin/\x00/opt/\x00")}, {1027, 8, 1, []byte(whole)}} {
			index = number(number(number(number(index, e.tag), e.kind), uint32(len(data))), e.count)
			data = append(data, e.data...)
		}
		return slices.Concat(number(number(nil, 4), uint32(len(data))), index, data)
	}
	files := func(blob []byte) (all []string, err error) {
		err = rpmdb.EachFile(blob, func(name string) { all = append(all, name) })
		return all, err
	}
	got, err := files(blob(1, 2, "/etc/old\x00"))
	if want := []string{"/etc/old", "/usr/bin/a", "/opt/b"}; !slices.Equal(got, want) || err != nil {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
	if got, err := files(collecttest.RPMHeader(map[uint32]string{1000: "n", 1001: "v", 1002: "r"}, 0)); len(got) > 0 || err != nil {
		t.Errorf("a package without files: %q, %v", got, err)
	}
	for what, blob := range map[string][]byte{"no such folder": blob(2, 2, "x\x00"), "fewer folders": blob(1, 3, "x\x00"),
		"many": blob(1, 1<<30, "x\x00"), "no end": blob(1, 2, "x"), "cut off": blob(1, 2, "x\x00")[:70]} {
		if _, err := files(blob); !errors.Is(err, rpmdb.ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// referenceList reads a database with the reference.
func referenceList(t *testing.T, file string) []*reference.PackageInfo {
	t.Helper()
	db, err := reference.Open(copyOf(t, file))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	list, err := db.ListPackages()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// referencePackages lists a database as the reference reads it.
func referencePackages(t *testing.T, file string) (all []rpmdb.Package) {
	t.Helper()
	for _, r := range referenceList(t, file) {
		p := rpmdb.Package{Name: r.Name, Version: r.Version, Release: r.Release, Arch: r.Arch, SourceRPM: r.SourceRpm,
			Module: r.Modularitylabel}
		if p.SourceRPM == "(none)" {
			p.SourceRPM = ""
		}
		if r.Epoch != nil {
			p.Epoch, p.HasEpoch = *r.Epoch, true
		}
		all = append(all, p)
	}
	return all
}

// ownPackages lists a database as this package reads it.
func ownPackages(t *testing.T, file string) (all []rpmdb.Package) {
	t.Helper()
	for _, blob := range ownBlobs(t, file) {
		p, err := rpmdb.ParseHeader(blob)
		if err != nil {
			t.Fatal(err)
		}
		if p.SourceRPM == "(none)" {
			p.SourceRPM = ""
		}
		all = append(all, p)
	}
	return all
}

func ownBlobs(t *testing.T, file string) (blobs [][]byte) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	switch filepath.Base(file) {
	case "rpmdb.sqlite":
		blobs, err = readAll(plainSQLite, data)
	case "Packages.db":
		blobs, err = readAll(rpmdb.NDB, data)
	default:
		blobs, err = readAll(rpmdb.Berkeley, data)
	}
	if err != nil {
		t.Fatal(err)
	}
	return blobs
}

// copyOf copies a file to a writable place, as SQLite requires.
func copyOf(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	to := filepath.Join(t.TempDir(), filepath.Base(file))
	if err := os.WriteFile(to, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return to
}

// makeBerkeley writes a hash with the blobs: one hash page, then their overflow pages, after a
// value of another kind.
func makeBerkeley(order binary.ByteOrder, blobs [][]byte) []byte {
	const size = 512
	newPage := func(kind byte) []byte {
		page := make([]byte, size)
		page[25] = kind
		return page
	}
	hash, pages := newPage(13), [][]byte{}
	order.PutUint16(hash[20:], uint16(2*len(blobs)))
	for i, blob := range blobs {
		offset := size - 12*(i+1)
		order.PutUint16(hash[26+4*i+2:], uint16(offset))
		hash[offset] = 3
		order.PutUint32(hash[offset+4:], uint32(2+len(pages)))
		order.PutUint32(hash[offset+8:], uint32(len(blob)))
		for part := range slices.Chunk(blob, size-26) {
			page := newPage(7)
			order.PutUint32(page[16:], uint32(2+len(pages)+1))
			order.PutUint16(page[22:], uint16(copy(page[26:], part)))
			pages = append(pages, page)
		}
	}
	meta := newPage(8)
	order.PutUint32(meta[12:], 0x061561)
	order.PutUint32(meta[20:], size)
	order.PutUint32(meta[32:], uint32(1+len(pages)))
	return bytes.Join(append([][]byte{meta, hash}, pages...), nil)
}

// containers are the ways to write blobs and to read them back.
var containers = []struct {
	name string
	make func([][]byte) []byte
	open open
}{
	{"ndb", collecttest.MakeNDB, rpmdb.NDB},
	{"berkeley little-endian", func(b [][]byte) []byte { return makeBerkeley(binary.LittleEndian, b) }, rpmdb.Berkeley},
	{"berkeley big-endian", func(b [][]byte) []byte { return makeBerkeley(binary.BigEndian, b) }, rpmdb.Berkeley},
	{"sqlite", makeSQLite, plainSQLite},
}

// TestContainersReturnWhatWasWritten is the containers' law.
func TestContainersReturnWhatWasWritten(t *testing.T) {
	for _, c := range containers {
		t.Run(c.name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				want := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 1, 2000), 0, 20).Draw(t, "blobs")
				got, err := readAll(c.open, c.make(want))
				if err != nil {
					t.Fatal(err)
				}
				if !slices.EqualFunc(want, got, bytes.Equal) {
					t.Fatalf("wrote %d blobs, read %d others", len(want), len(got))
				}
			})
		})
	}
}

// TestDamagedContainers damages one number at a time.
func TestDamagedContainers(t *testing.T) {
	blob := bytes.Repeat([]byte("x"), 700)
	for _, test := range []struct {
		container int
		name      string
		at        int
		value     uint32
		problem   string
	}{
		{0, "no magic", 0, 0, "not an ndb file"},
		{0, "newer version", 4, 1, "not an ndb file"},
		{0, "too many pages", 12, 4000, "not an ndb file"},
		{0, "pages beyond the end", 12, 3, "beyond the end of the file"},
		{0, "slot without magic", 48, 0, "a slot begins"},
		{0, "blob beyond the end", 40, 1 << 20, "beyond the end of the file"},
		{0, "blob of another package", 36, 9, "no blob of package 9"},
		{0, "blob too large", 4096 + 12, 1 << 30, "a header of"},
		{0, "blob larger than the file", 4096 + 12, 1 << 20, "larger than the file"},
		{1, "no magic", 12, 0, "not a Berkeley DB hash"},
		{1, "odd page size", 20, 513, "pages of 513 bytes"},
		{1, "encrypted", 24, 1, "encrypted"},
		{1, "pages beyond the end", 32, 100, "beyond the end of the file"},
		{1, "odd entries", 512 + 20, 3, "3 entries"},
		{1, "entries beyond the page", 512 + 20, 0xfffe, "65534 entries"},
		{1, "value beyond the file", 1024 - 8, 77, "beyond the end of the file"},
		{1, "value too large", 1024 - 4, 1 << 31, "a header of"},
		{1, "chain in a circle", 1024 + 16, 2, ""},
		{1, "chain into the hash page", 1024 + 16, 1, "not an overflow page"},
	} {
		t.Run(containers[test.container].name+" "+test.name, func(t *testing.T) {
			c := containers[test.container]
			data := c.make([][]byte{blob})
			binary.LittleEndian.PutUint32(data[test.at:], test.value)
			got, err := readAll(c.open, data)
			if test.problem == "" { // it ends with a value of the right length
				if err != nil || len(got) != 1 || len(got[0]) != len(blob) {
					t.Errorf("%d blobs, %v", len(got), err)
				}
				return
			}
			if !errors.Is(err, rpmdb.ErrDamaged) || !strings.Contains(fmt.Sprint(err), test.problem) {
				t.Errorf("error is %v, want %q", err, test.problem)
			}
		})
	}
}

func TestReadingStopsEarly(t *testing.T) {
	for _, c := range containers {
		read := 0
		for range c.open(section(c.make([][]byte{{1}, {2}, {3}}))) {
			if read++; read == 2 {
				break
			}
		}
		if read != 2 {
			t.Errorf("%s: %d blobs", c.name, read)
		}
	}
}

func TestParseHeader(t *testing.T) {
	good := collecttest.RPMHeader(map[uint32]string{1000: "n", 1001: "v", 1002: "r", 1022: "noarch", 9999: "other"}, 2)
	want := rpmdb.Package{Name: "n", Version: "v", Release: "r", Arch: "noarch", Epoch: 2, HasEpoch: true}
	got, err := rpmdb.ParseHeader(good)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	change := func(at int, value uint32) []byte {
		data := bytes.Clone(good)
		binary.BigEndian.PutUint32(data[at:], value)
		return data
	}
	for problem, blob := range map[string][]byte{
		"a header of 3 bytes":           good[:3],
		"claims 6 tags":                 good[:len(good)-1],
		"claims 4294967295 tags":        change(0, 0xffffffff),
		"no name":                       collecttest.RPMHeader(map[uint32]string{1000: "n"}, 0),
		"tag 1003 is of type 6":         change(12, 6),
		"tag 1003 is beyond":            change(16, 1<<31),
		"the epoch is cut short":        change(16, uint32(len(good)-8-6*16-1)),
		"text of tag 1000 does not end": bytes.TrimSuffix(collecttest.RPMHeader(map[uint32]string{1000: ""}, 0), []byte{0}),
	} {
		if problem == "text of tag 1000 does not end" {
			blob[7]-- // one byte of data less
		}
		if _, err := rpmdb.ParseHeader(blob); !errors.Is(err, rpmdb.ErrDamaged) || !strings.Contains(err.Error(), problem) {
			t.Errorf("%s: %v", problem, err)
		}
	}
}

func FuzzNDB(f *testing.F) {
	f.Add(collecttest.MakeNDB([][]byte{{1}, bytes.Repeat([]byte{2}, 99)}))
	fuzzContainer(f, rpmdb.NDB)
}

func FuzzBerkeley(f *testing.F) {
	f.Add(makeBerkeley(binary.LittleEndian, [][]byte{{1}, bytes.Repeat([]byte{2}, 999)}))
	f.Add(makeBerkeley(binary.BigEndian, [][]byte{{1}}))
	fuzzContainer(f, rpmdb.Berkeley)
}

// fuzzContainer checks the limits of a container.
func fuzzContainer(f *testing.F, open open) {
	f.Fuzz(func(t *testing.T, data []byte) {
		total := 0
		for blob, err := range open(section(data)) {
			if err != nil && !errors.Is(err, rpmdb.ErrDamaged) {
				t.Fatal(err)
			}
			if total += len(blob); total > len(data) {
				t.Fatalf("%d bytes of blobs in a file of %d", total, len(data))
			}
		}
	})
}

func FuzzParseHeader(f *testing.F) {
	f.Add(collecttest.RPMHeader(map[uint32]string{1000: "n", 1001: "v", 1002: "r"}, 1))
	f.Fuzz(func(t *testing.T, blob []byte) {
		p, err := rpmdb.ParseHeader(blob)
		if err == nil && (p.Name == "" || len(p.Name) > len(blob) || p.Version == "" || p.Release == "") {
			t.Fatalf("package is %+v", p)
		}
		files := 0
		if err := rpmdb.EachFile(blob, func(string) { files++ }); err == nil && files > len(blob) {
			t.Fatalf("%d files in %d bytes", files, len(blob))
		}
	})
}

func BenchmarkBerkeley(b *testing.B) {
	blob := collecttest.RPMHeader(map[uint32]string{1000: "n", 1001: "v", 1002: "r", 1117: strings.Repeat("/usr/share/doc/x\x00", 1000)},
		1)
	data := makeBerkeley(binary.LittleEndian, slices.Repeat([][]byte{blob}, 20))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		blobs, err := readAll(rpmdb.Berkeley, data)
		if err != nil || len(blobs) != 20 {
			b.Fatal(len(blobs), err)
		}
	}
}
