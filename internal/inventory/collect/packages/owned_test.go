package packages_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/packages"
)

// markOwned returns which of some files packages of a machine own, and the error.
func markOwned(t *testing.T, machine map[string]string, names ...string) ([]string, error) {
	t.Helper()
	root, err := disk.OpenRoot(collecttest.LayMachine(t, machine))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	files := map[string]bool{}
	for _, name := range names {
		files[name] = false
	}
	m := &packages.Machine{Tree: disk.NewTree(context.Background(), root, 1<<20, false)}
	_, err = m.MarkOwned(files)
	var owned []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if files[name] {
			owned = append(owned, name)
		}
	}
	return owned, err
}

// ndb makes a database of rpm with one package that has these files: SUSE's format, a page of slots and a blob.
func rpmOf(files ...string) string {
	number := binary.BigEndian.AppendUint32
	var index, data []byte
	add := func(tag, kind, count uint32, value string) {
		index = number(number(number(number(index, tag), kind), uint32(len(data))), count)
		data = append(data, value...)
	}
	add(1000, 6, 1, "n\x00")
	add(1001, 6, 1, "1\x00")
	add(1002, 6, 1, "1\x00")
	add(1027, 8, uint32(len(files)), strings.Join(files, "\x00")+"\x00")
	blob := slices.Concat(number(number(nil, 4), uint32(len(data))), index, data)
	return ndb(blob)
}

// ndb makes a database of one blob in SUSE's format: a head, a page of slots, and blocks of 16 bytes.
func ndb(blob []byte) string {
	little := binary.LittleEndian.AppendUint32
	page := little(little(little(little(nil, 'R'|'p'<<8|'m'<<16|'P'<<24), 0), 1), 1)
	page = append(page, make([]byte, 16)...)
	const pageSize, block = 4096, 16
	blocks := (16 + len(blob) + 12 + block - 1) / block
	page = little(little(little(little(page, 'S'|'l'<<8|'o'<<16|'t'<<24), 1), pageSize/block), uint32(blocks))
	for len(page) < pageSize {
		page = little(little(little(little(page, 'S'|'l'<<8|'o'<<16|'t'<<24), 0), 0), 0)
	}
	head := little(little(little(little(nil, 'B'|'l'<<8|'b'<<16|'S'<<24), 1), 1), uint32(len(blob)))
	body := append(head, blob...)
	for (len(body)+12)%block != 0 {
		body = append(body, 0)
	}
	return string(append(page, append(body, make([]byte, 12)...)...))
}

// TestMarkOwned: each package manager owns the files that it lists, also by names from before /usr was merged.
func TestMarkOwned(t *testing.T) {
	const (
		yaml    = "usr/lib/python3/dist-packages/PyYAML-6.0.dist-info/METADATA"
		local   = "usr/local/lib/python3.11/dist-packages/requests-2.0.dist-info/METADATA"
		dash    = "usr/bin/dash"
		ip      = "usr/bin/ip"
		removed = "usr/bin/removed"
	)
	status := func(name, status string) string {
		return "Package: " + name + "\nStatus: " + status + "\nArchitecture: amd64\nVersion: 1\n\n"
	}
	dpkg := map[string]string{
		"var/lib/dpkg/status": status("python3-yaml", "install ok installed") + status("dash", "install ok installed") +
			status("iproute2", "install ok installed") + status("gone", "deinstall ok config-files"),
		"var/lib/dpkg/info/python3-yaml.list": "/.\n/usr\n/" + yaml + "\n",
		"var/lib/dpkg/info/dash:amd64.list":   "/.\n/bin\n/bin/dash\n",
		"var/lib/dpkg/info/iproute2.list":     "/sbin/ip\r\n",
		"var/lib/dpkg/info/gone.list":         "/" + removed + "\n",
		"var/lib/dpkg/info/leftover.list":     "/" + local + "\n",
	}
	names := []string{yaml, local, dash, ip, removed}
	for _, test := range []struct {
		what    string
		machine map[string]string
		want    []string
		problem string
	}{
		{"dpkg", dpkg, []string{dash, ip, yaml}, ""},
		{"dpkg without a list", map[string]string{"var/lib/dpkg/status": status("dash", "install ok installed")}, nil,
			`package "dash" has no list`},
		{"an image without dpkg", map[string]string{"var/lib/dpkg/status.d/python3-yaml": "Package: python3-yaml\nVersion: 1\n",
			"var/lib/dpkg/status.d/python3-yaml.md5sums": "d41d8cd98f00b204e9800998ecf8427e  " + yaml + "\n"}, []string{yaml}, ""},
		{"one of old", map[string]string{"var/lib/dpkg/status.d/base": "Package: base\nVersion: 1\n"}, nil, `"base" has no list`},
		{"apk", map[string]string{"lib/apk/db/installed": "P:py3-yaml\nV:6.0-r1\nF:usr/lib/python3/dist-packages/PyYAML-6.0.dist-info\n" +
			"R:METADATA\nZ:Q1x=\nR:RECORD\n\nP:dash\nV:1\nF:bin\nR:dash\n"}, []string{dash, yaml}, ""},
		{"rpm", map[string]string{"var/lib/rpm/Packages.db": rpmOf("/bin/dash", "/"+yaml)}, []string{dash, yaml}, ""},
		{"a damaged rpm", map[string]string{"var/lib/rpm/Packages.db": "x"}, nil, "who owns which file"},
		{"no package manager", map[string]string{"etc/hostname": "a"}, nil, ""},
	} {
		got, err := markOwned(t, test.machine, names...)
		if !slices.Equal(got, test.want) && test.problem == "" || (err != nil) != (test.problem != "") ||
			err != nil && !strings.Contains(err.Error(), test.problem) {
			t.Errorf("%s: %q, %v, want %q", test.what, got, err, test.want)
		}
	}
}

// TestMarkOwnedReadsAllLists: none of many lists is passed over.
func TestMarkOwnedReadsAllLists(t *testing.T) {
	machine, status := map[string]string{}, ""
	var names []string
	for i := range 300 {
		name := fmt.Sprintf("usr/bin/p%d", i)
		status += fmt.Sprintf("Package: p%d\nStatus: install ok installed\nVersion: 1\n\n", i)
		machine[fmt.Sprintf("var/lib/dpkg/info/p%d.list", i)] = "/" + name + "\n"
		names = append(names, name)
	}
	machine["var/lib/dpkg/status"] = status
	if got, err := markOwned(t, machine, append(names, "usr/bin/other")...); len(got) != len(names) || err != nil {
		t.Errorf("%d of %d are owned, %v", len(got), len(names), err)
	}
}
