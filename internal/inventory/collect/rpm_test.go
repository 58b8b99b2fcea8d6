package collect

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ncruces/go-sqlite3/driver"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
)

// rpmHeader makes the blob of one package in rpm's database: an index of tags, then their data
// (the header format of rpm 4, without a signature's region).
func rpmHeader(name, version, release, arch, source, module string, epoch int) []byte {
	const typeInt32, typeString = 4, 6
	type tag struct {
		number, kind uint32
		data         []byte
	}
	text := func(s string) []byte { return append([]byte(s), 0) }
	tags := []tag{{1000, typeString, text(name)}, {1001, typeString, text(version)}, {1002, typeString, text(release)}}
	if epoch >= 0 {
		tags = append(tags, tag{1003, typeInt32, binary.BigEndian.AppendUint32(nil, uint32(epoch))})
	}
	tags = append(tags, tag{1022, typeString, text(arch)}, tag{1044, typeString, text(source)})
	if module != "" {
		tags = append(tags, tag{5096, typeString, text(module)})
	}
	var index, data []byte
	for _, t := range tags {
		for t.kind == typeInt32 && len(data)%4 != 0 {
			data = append(data, 0)
		}
		for _, n := range []uint32{t.number, t.kind, uint32(len(data)), 1} {
			index = binary.BigEndian.AppendUint32(index, n)
		}
		data = append(data, t.data...)
	}
	head := binary.BigEndian.AppendUint32(nil, uint32(len(tags)))
	head = binary.BigEndian.AppendUint32(head, uint32(len(data)))
	return bytes.Join([][]byte{head, index, data}, nil)
}

// makeRPMDB makes an SQLite database of rpm as on a running machine: in WAL mode, with the newest
// changes only in the log.
func makeRPMDB(t testing.TB, file string, headers ...[]byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	db, err := driver.Open("file:" + file + "?_pragma=journal_mode(wal)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Exec("CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB NOT NULL)"); err != nil {
		t.Fatal(err)
	}
	for _, h := range headers {
		if _, err := db.Exec("INSERT INTO Packages (blob) VALUES ($1)", h); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRPMSQLite(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{
		"etc/os-release": "ID=\"rhel\"\nVERSION_ID=\"9.4\"\n",
		"var/lib/rpm":    "-> ../../usr/lib/sysimage/rpm",
	})
	makeRPMDB(t, filepath.Join(root, "usr/lib/sysimage/rpm/rpmdb.sqlite"),
		rpmHeader("kernel", "5.14.0", "427.42.1.el9_4", "x86_64", "kernel-5.14.0-427.42.1.el9_4.src.rpm", "", -1),
		rpmHeader("openssl-libs", "3.0.7", "27.el9", "x86_64", "openssl-3.0.7-27.el9.src.rpm", "", 1),
		rpmHeader("nodejs", "18.20.4", "1.module+el9.4.0", "x86_64", "nodejs-18.20.4-1.module+el9.4.0.src.rpm",
			"nodejs:18:9040020240807131341:rhel9", 1),
		rpmHeader("gpg-pubkey", "fd431d51", "4ae0493b", "", "", "", -1),
	)
	report := collect(t, Config{Root: root, Name: "r.example.com"})
	want := []inventory.Software{
		{
			Kind: "rpm", Vendor: "red_hat", Name: "kernel", Version: "0:5.14.0-427.42.1.el9_4",
			PURL:          "pkg:rpm/redhat/kernel@5.14.0-427.42.1.el9_4?arch=x86_64&distro=rhel-9.4&upstream=kernel-5.14.0-427.42.1.el9_4.src.rpm",
			SourcePackage: "kernel", SourceVersion: "5.14.0-427.42.1.el9_4",
		},
		{
			Kind: "rpm", Vendor: "red_hat", Name: "openssl-libs", Version: "1:3.0.7-27.el9",
			PURL:          "pkg:rpm/redhat/openssl-libs@3.0.7-27.el9?arch=x86_64&distro=rhel-9.4&epoch=1&upstream=openssl-3.0.7-27.el9.src.rpm",
			SourcePackage: "openssl", SourceVersion: "3.0.7-27.el9",
		},
		{
			Kind: "rpm", Vendor: "red_hat", Name: "nodejs", Version: "1:18.20.4-1.module+el9.4.0",
			PURL:          "pkg:rpm/redhat/nodejs@18.20.4-1.module%2Bel9.4.0?arch=x86_64&distro=rhel-9.4&epoch=1&rpmmod=nodejs:18:9040020240807131341:rhel9&upstream=nodejs-18.20.4-1.module%2Bel9.4.0.src.rpm",
			SourcePackage: "nodejs", SourceVersion: "18.20.4-1.module+el9.4.0",
		},
	}
	if diff := cmp.Diff(want, report.Software); diff != "" {
		t.Errorf("software (-want +got):\n%s", diff)
	}
	if report.Device.OSVersion != "enterprise_linux_9.4" || report.Device.OSArchitecture != "x64" {
		t.Errorf("device is %+v", report.Device)
	}
}

// TestRPMRecorded reads the databases in the tests of go-rpmdb, if the module cache has them;
// package rpmdb compares more of them entry by entry.
func TestRPMRecorded(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/knqyf263/go-rpmdb").Output()
	recorded := filepath.Join(strings.TrimSpace(string(out)), "pkg", "testdata")
	if _, statErr := os.Stat(recorded); err != nil || statErr != nil {
		t.Skip("go-rpmdb's recorded databases are not here")
	}
	for _, test := range []struct {
		from, to, os, arch string
		count              int
		first              string
	}{
		{"fedora35/rpmdb.sqlite", "var/lib/rpm/rpmdb.sqlite", "fedora:35", "x64", 137, "libgcc 0:11.2.1-1.fc35"},
		{"sle15-bci/Packages.db", "usr/lib/sysimage/rpm/Packages.db", "sles:15.3", "x64", 35,
			"system-user-root 0:20190513-3.3.1"},
		{"libuuid/Packages", "var/lib/rpm/Packages", "centos:8", "x64", 1, "libuuid 0:2.32.1-42.el8_8"},
		{"ubi8-s390x/Packages", "var/lib/rpm/Packages", "rhel:8.4", "s390x", 181, "tzdata 0:2022a-1.el8"},
	} {
		t.Run(test.from, func(t *testing.T) {
			data, err := os.ReadFile(filepath.Join(recorded, test.from))
			if err != nil {
				t.Fatal(err)
			}
			root := collecttest.LayMachine(t, map[string]string{test.to: string(data)})
			report := collect(t, Config{Root: root, Name: "h", OS: test.os})
			first := report.Software[0].Name + " " + report.Software[0].Version
			if len(report.Software) != test.count || first != test.first || report.Device.OSArchitecture != test.arch {
				t.Errorf("%d packages, first %q, on %q", len(report.Software), first, report.Device.OSArchitecture)
			}
		})
	}
}

func TestRPMDamaged(t *testing.T) {
	for _, content := range []string{"", "x", "SQLite format 3\x00rest", strings.Repeat("\x00", 4096)} {
		root := collecttest.LayMachine(t, map[string]string{"var/lib/rpm/Packages": content})
		report, warnings, err := Collect(context.Background(), Config{Root: root, Name: "h", OS: "centos:7"})
		if err != nil {
			t.Fatal(err)
		}
		if len(warnings) != 1 || report.Software != nil {
			t.Errorf("%.20q: warnings %v, software %v", content, warnings, report.Software)
		}
	}
}
