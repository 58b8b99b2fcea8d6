package catalog_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/catalog"
)

func TestOpen(t *testing.T) {
	feed := compile(t, "test", affects("CVE-2024-0001", "acme", "rocket", "9"))
	data := write(t, catalog.Config{}, feed)
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "catalog"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Open(os.DirFS(folder), "catalog", known(feed))
	if err != nil {
		t.Fatal(err)
	}
	want := counts.Catalog{Products: 1, Rules: 1, CVEs: 1, Feeds: []counts.FeedRecords{{Name: "test", Records: 1}}}
	if diff := cmp.Diff(want, c.Summary()); diff != "" {
		t.Error(diff)
	}
	if v := c.Verdict(windows("Acme", "Rocket", "1")); len(v.Hits) != 1 {
		t.Errorf("%+v", v)
	}
	if _, err := catalog.Open(os.DirFS(folder), "none", known(feed)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestID(t *testing.T) {
	one := build(t, catalog.Config{}, affects("CVE-2024-0001", "acme", "rocket", "9"))
	same := build(t, catalog.Config{}, affects("CVE-2024-0001", "acme", "rocket", "9"))
	other := build(t, catalog.Config{}, affects("CVE-2024-0001", "acme", "rocket", "8"))
	overridden := build(t, catalog.Config{Overrides: "none\n\tvendor Acme\n\ttitle Rocket\n"},
		affects("CVE-2024-0001", "acme", "rocket", "9"))
	if one.ID() != same.ID() || one.ID() == other.ID() || one.ID() == overridden.ID() ||
		one.ID() == catalog.Empty().ID() || len(one.ID()) != 32 {
		t.Errorf("%q %q %q %q", one.ID(), same.ID(), other.ID(), overridden.ID())
	}
}

// TestDamaged cuts and changes a catalog at every byte.
func TestDamaged(t *testing.T) {
	feed := compile(t, "test", affects("CVE-2024-0001", "acme", "rocket", "9"))
	data := write(t, catalog.Config{}, feed)
	for i := range data {
		if _, err := catalog.Decode(data[:i], known(feed)); !errors.Is(err, catalog.ErrDamaged) {
			t.Fatalf("the first %d bytes: %v", i, err)
		}
	}
	const format = 15 // offset of the format's number
	for i := 0; i < len(data); i += 1 + i/100 {
		changed := append([]byte(nil), data...)
		changed[i] ^= 0x55
		_, err := catalog.Decode(changed, known(feed))
		if i >= format && i < format+4 {
			if !errors.Is(err, catalog.ErrNewer) {
				t.Errorf("byte %d of the format: %v", i, err)
			}
		} else if !errors.Is(err, catalog.ErrDamaged) {
			t.Errorf("byte %d: %v", i, err)
		}
	}
}

// seal puts the right checksum on a changed catalog.
func seal(data []byte) []byte { return sealed(data, len("muster catalog\n")) }

// sealed puts the right checksum on a changed file with a first line of length magic.
func sealed(data []byte, magic int) []byte {
	header := magic + 4 + sha256.Size
	if len(data) < header {
		return data
	}
	data = append([]byte(nil), data...)
	sum := sha256.Sum256(data[header:])
	copy(data[header-sha256.Size:], sum[:])
	return data
}

// FuzzDecode changes a catalog and corrects its checksum: if it opens, it answers. A patch is a
// list of offsets, two bytes each, and new bytes.
func FuzzDecode(f *testing.F) {
	feed := compile(f, "test", affects("CVE-2024-0001", "acme", "rocket", "9"),
		advises("AlmaLinux:9", "openssl", "ALSA-1", "", "1:3.0.7-2.el9", "CVE-2023-0001"),
		intel.Record{Source: "windows", Lifecycle: &intel.Lifecycle{Product: "windows",
			Cycles: []intel.Cycle{{Name: "11-23h2-e", Latest: "10.0.22631"}}}})
	whole := write(f, catalog.Config{}, feed)
	f.Add([]byte{0x40, 0, 1})
	f.Add(binary.BigEndian.AppendUint16(nil, uint16(len(whole)-20)))
	f.Fuzz(func(t *testing.T, patch []byte) {
		data := bytes.Clone(whole)
		for ; len(patch) >= 3; patch = patch[3:] {
			// The tables follow the texts, which are most of the file.
			data[len(data)-1-int(binary.BigEndian.Uint16(patch))%len(data)] = patch[2]
		}
		c, err := catalog.Decode(seal(data), known(feed))
		if err != nil {
			if !errors.Is(err, catalog.ErrDamaged) && !errors.Is(err, catalog.ErrNewer) && !errors.Is(err, catalog.ErrOlder) &&
				!errors.Is(err, fs.ErrNotExist) {
				t.Errorf("an error without a name: %v", err)
			}
			return
		}
		c.Verdict(windows("Acme", "Rocket", "1"))
		c.Verdict(linux("rpm", "openssl", "1", "enterprise_linux_9"))
		c.Verdict(system("Windows11", "10.0.22631.1"))
		c.Summary()
	})
}

// TestAliasErrors says that a table's errors name the line.
func TestAliasErrors(t *testing.T) {
	const product = "product acme/rocket\n\tcpe a:acme:rocket\n"
	for _, test := range []struct{ table, want string }{
		{"rocket\n", `overrides: alias table: line 1: unknown block "rocket"`},
		{"product acme\n", `overrides: alias table: line 1: product "acme": want VENDOR/NAME`},
		{"product acme/rocket\n\ttitle Rocket\n", `overrides: alias table: line 1: product acme/rocket has no cpe`},
		{"\n# comment\nproduct acme/rocket\n\tcpe h:acme:rocket\n",
			`overrides: alias table: line 4: cpe "h:acme:rocket": want PART:VENDOR:PRODUCT[:SW_EDITION]`},
		{product + "\tcolour red\n", `overrides: alias table: line 3: unknown word "colour" in a block`},
		{product + "\tversion upside-down\n", `overrides: alias table: line 3: unknown version transform "upside-down"`},
		{product + "\tversion parts none\n", `overrides: alias table: line 3: parts "none": want a positive number`},
		{product + "\tpattern (\n", "overrides: alias table: line 3: error parsing regexp: missing closing ): `(`"},
		{product + "\tvendor Acme\n\ttitle Rocket\n" + product + "\tvendor ACME Inc.\n\ttitle rocket\n",
			`overrides: alias table: line 5: title "rocket" of "acme" is already taken by acme/rocket`},
		{product + "\tbundle a.b\n" + product + "\tbundle A.B\n",
			`overrides: alias table: line 4: id "a.b" is already taken by acme/rocket`},
	} {
		_, err := catalog.Merge(catalog.Config{Overrides: test.table}, nil)
		if !errors.Is(err, alias.ErrFormat) || err.Error() != test.want {
			t.Errorf("%q:\n got %v\nwant %s", test.table, err, test.want)
		}
	}
}

// FuzzAliases reads any text as a table.
func FuzzAliases(f *testing.F) {
	f.Add("product acme/rocket\n\tcpe a:acme:rocket\n\tvendor Acme\n\ttitle Rocket\n\tversion parts 2\n")
	f.Fuzz(func(t *testing.T, table string) {
		if _, err := catalog.Merge(catalog.Config{Overrides: table}, nil); err != nil && !errors.Is(err, alias.ErrFormat) {
			t.Errorf("an error without a name: %v", err)
		}
	})
}
