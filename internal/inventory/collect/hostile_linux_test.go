package collect

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/ncruces/go-sqlite3/driver"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/inventory/collect/facts/boot"
	"github.com/muster-project/muster/internal/inventory/collect/facts/policy"
	"github.com/muster-project/muster/internal/inventory/collect/facts/upkeep"
	"github.com/muster-project/muster/internal/inventory/collect/packages"
)

const machineID = "0123456789abcdef0123456789abcdef"

// wholeMachine has a file for everything that is read, and the source, as named in warnings, that
// reads it first.
var wholeMachine = []struct{ name, content, source string }{
	{"etc/os-release", debianRelease, "etc/os-release"},
	{"etc/machine-id", machineID, "etc/machine-id"},
	{"var/lib/dpkg/status", "Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n",
		"var/lib/dpkg/status"},
	{"var/lib/dpkg/status.d/b", "Package: b\nVersion: 2\n", "var/lib/dpkg/status.d/b"},
	{"lib/apk/db/installed", "P:musl\nV:1.2.5-r0\n", "lib/apk/db/installed"},
	{"var/lib/rpm/rpmdb.sqlite", "", "var/lib/rpm/rpmdb.sqlite"}, // written by rpmFiles
	{"var/lib/rpm/rpmdb.sqlite-wal", "", "var/lib/rpm/rpmdb.sqlite"},
	{"etc/login.defs", "UMASK 022\n", "facts login.defs"},
	{"etc/security/pwquality.conf", "minlen = 14\n", "facts pwquality"},
	{"etc/security/pwquality.conf.d/a.conf", "minlen = 15\n", "facts pwquality"},
	{"etc/security/faillock.conf", "deny = 5\n", "facts faillock"},
	{"etc/audit/auditd.conf", "max_log_file = 8\n", "facts auditd"},
	{"etc/systemd/journald.conf", "[Journal]\nStorage=persistent\n", "facts journald"},
	{"usr/lib/systemd/journald.conf.d/a.conf", "[Journal]\nCompress=yes\n", "facts journald"},
	{"etc/systemd/coredump.conf", "[Coredump]\nStorage=none\n", "facts coredump"},
	{"etc/apt/sources.list", "deb [trusted=yes] http://a.example.com/ x y\n", "facts sources"},
	{"etc/sudoers", "Defaults use_pty\n@includedir sudoers.d\n", "facts sudo"},
	{"etc/sudoers.d/a", "ann ALL=NOPASSWD: ALL\n", "facts sudo"},
	{"etc/selinux/config", "SELINUX=enforcing\n", "facts selinux"},
	{"etc/ufw/ufw.conf", "ENABLED=yes\n", "facts ufw"},
	{"etc/ssh/sshd_config", "Include sshd_config.d/*.conf\nUsePAM yes\n", "facts sshd"},
	{"etc/ssh/sshd_config.d/a.conf", "PermitRootLogin no\n", "facts sshd"},
	{"etc/sysctl.conf", "kernel.sysrq=0\n", "facts sysctl"},
	{"usr/lib/sysctl.d/a.conf", "net.ipv4.ip_forward=0\n", "facts sysctl"},
	{"etc/systemd/system/a.service", "[Unit]\n", "facts services"},
	{"usr/lib/systemd/system/x.target.wants/b.service", "", "facts services"},
	{"etc/default/ssh", "SSHD_OPTS=\n", "facts sshd"},
	{"usr/lib/systemd/system/ssh.service", "[Service]\nEnvironmentFile=-/etc/default/ssh\nExecStart=/usr/sbin/sshd -D $SSHD_OPTS\n",
		"facts sshd"},
	{"etc/systemd/system/ssh.service.d/a.conf", "[Service]\nNice=1\n", "facts sshd"},
	{"etc/systemd/system/m.target.wants/inetd.service", "", "facts services"},
	{"usr/lib/systemd/system/inetd.service", "[Service]\nExecStart=/usr/sbin/inetd\n", "facts services"},
	{"etc/inetd.conf", "telnet stream tcp nowait root /usr/sbin/in.telnetd\n", "facts services"},
	{"etc/ufw/sysctl.conf", "net/ipv4/tcp_syncookies=0\n", "facts sysctl"},
	{"usr/lib/modules/6.1/modules.dep", "kernel/fs/udf/udf.ko:\n", "facts modules"},
	{"usr/lib/modules/6.1/modules.builtin", "kernel/fs/fuse/fuse.ko\n", "facts modules"},
	{"usr/lib/systemd/system/tmp.mount", "[Mount]\nOptions=nodev\n", "facts mounts"},
	{"usr/lib/systemd/system/local-fs.target.wants/tmp.mount", "", "facts mounts"},
	{"etc/fstab", "tmpfs /var/tmp tmpfs nodev 0 0\n", "facts mounts"},
	{"etc/modprobe.d/a.conf", "blacklist rds\n", "facts modules"},
	{"etc/pam.d/sshd", "auth required pam_unix.so\n", "facts pam"},
	{"etc/passwd", "root:x:0:0::/root:/bin/sh\n", "facts accounts"},
	{"etc/shadow", "root:!:1::::::\n", "facts accounts"},
	{"boot/grub/grub.cfg", "linux /vmlinuz audit=1\n", "facts cmdline"},
	{"etc/apparmor.d/a", "profile a flags=(complain) {\n}\n", "facts apparmor"},
	{"etc/audit/rules.d/a.rules", "-w /etc/group -p wa\n", "facts audit_rules"},
	{"etc/issue", "text\n", "facts banners"},
	{"etc/security/limits.conf", "* hard core 0\n", "facts limits"},
	{"etc/profile", "TMOUT=900\n", "facts shell"},
	{"etc/chrony.conf", "server a.example.com\n", "facts time"},
	{"etc/apt/apt.conf", "APT::Periodic::Enable 1;\n", "facts updates"},
	{"etc/rsyslog.conf", "$FileCreateMode 0640\n", "facts rsyslog"},
}

// listedFolders are the folders that are listed, and which source lists them.
var listedFolders = map[string]string{
	"var/lib/dpkg/status.d":                 "var/lib/dpkg/status.d",
	"etc/security/pwquality.conf.d":         "facts pwquality",
	"usr/lib/systemd/journald.conf.d":       "facts journald",
	"etc/ssh/sshd_config.d":                 "facts sshd",
	"etc/sudoers.d":                         "facts sudo",
	"usr/lib/sysctl.d":                      "facts sysctl",
	"etc/systemd/system":                    "facts services",
	"usr/lib/systemd/system":                "facts services",
	"usr/lib/systemd/system/x.target.wants": "facts services",
	"etc/modprobe.d":                        "facts modules",
	"etc/audit/rules.d":                     "facts audit_rules",
	"etc/apparmor.d":                        "facts apparmor",
}

// rpmFiles is an rpm database of one package, as on a running machine.
func rpmFiles(t testing.TB) map[string]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "rpmdb.sqlite")
	makeRPMDB(t, file, rpmHeader("kernel", "5", "1", "x86_64", "kernel-5-1.src.rpm", "", -1))
	files := map[string]string{}
	for _, suffix := range []string{"", "-wal"} {
		data, err := os.ReadFile(file + suffix)
		if err != nil {
			t.Fatal(err)
		}
		files["var/lib/rpm/rpmdb.sqlite"+suffix] = string(data)
	}
	return files
}

// layWhole makes the whole machine.
func layWhole(t testing.TB, rpm map[string]string) string {
	files := map[string]string{}
	for _, f := range wholeMachine {
		files[f.name] = f.content
	}
	maps.Copy(files, rpm)
	return collecttest.LayMachine(t, files)
}

// hostileKind puts something in the place of a file or folder.
type hostileKind struct {
	name string
	// failsFile and failsFolder say that it cannot be read as a file or as a folder.
	failsFile, failsFolder bool
	make                   func(at string) error
}

// hostileKinds returns the kinds that need no privileges, and a device if it can be made.
func hostileKinds(t testing.TB) []hostileKind {
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.WriteFile(outside, []byte("ID=outside\nPackage: outside\nVersion: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	kinds := []hostileKind{
		{"pipe", true, true, func(at string) error { return syscall.Mkfifo(at, 0o666) }},
		{"socket", true, true, func(at string) error { return syscall.Mknod(at, syscall.S_IFSOCK|0o666, 0) }},
		{"folder", true, false, func(at string) error { return os.Mkdir(at, 0o755) }},
		{"file", false, true, func(at string) error { return os.WriteFile(at, []byte("x"), 0o644) }},
		{"link in a circle", true, true, func(at string) error { return os.Symlink(filepath.Base(at), at) }},
		{"link out of the root", true, true, func(at string) error { return os.Symlink(outside, at) }},
		{"link up and out", true, true, func(at string) error {
			return os.Symlink(strings.Repeat("../", 40)+outside[1:],
				at)
		}},
		{"link to itself as a folder", true, true, func(at string) error { return os.Symlink(filepath.Base(at)+"/x", at) }},
		{"sparse file", true, true, func(at string) error { return makeSparse(at, 256<<30) }},
	}
	device := func(at string) error { return syscall.Mknod(at, syscall.S_IFCHR|0o666, 1<<8|5) } // /dev/zero
	if device(filepath.Join(t.TempDir(), "zero")) == nil {
		kinds = append(kinds, hostileKind{"device", true, true, device})
	}
	if os.Geteuid() != 0 {
		kinds = append(kinds, hostileKind{"no permission", true, true,
			func(at string) error { return os.WriteFile(at, nil, 0) }})
	}
	return kinds
}

// makeSparse makes a file of size bytes that takes no space.
func makeSparse(at string, size int64) error {
	file, err := os.Create(at)
	if err != nil {
		return err
	}
	return errors.Join(file.Truncate(size), file.Close())
}

// collectHostile collects a prepared machine in the time given, and checks the promises for every
// disk.
func collectHostile(t testing.TB, root string) (*inventory.Report, []Warning) {
	t.Helper()
	defer os.Setenv("TMPDIR", os.Getenv("TMPDIR"))
	os.Setenv("TMPDIR", filepath.Join(root, "nowhere")) // makes temporary files fail
	report, warnings, err := Collect(t.Context(), Config{Root: root, Name: "h.example.com", Time: time.Minute})
	if err != nil {
		t.Fatalf("no report: %v", err)
	}
	for _, w := range warnings {
		if errors.Is(w.Err, errPanic) || errors.Is(w.Err, errHangs) || errors.Is(w.Err, errSlow) ||
			errors.Is(w.Err, errOver) {
			t.Errorf("%v", w)
		}
	}
	if report.Device.Name != "h.example.com" || report.Device.OSPlatform != inventory.Linux {
		t.Errorf("device is %+v", report.Device)
	}
	if err := report.Validate(); err != nil {
		t.Errorf("a server refuses the report: %v", err)
	}
	noneLeft(t)
	return report, warnings
}

// noneLeft fails if a source's goroutine is still running.
func noneLeft(t testing.TB) {
	t.Helper()
	var stacks []byte
	for range 1000 {
		stacks = make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		if !bytes.Contains(stacks, []byte("collect.within[")) {
			return
		}
		runtime.Gosched()
		time.Sleep(time.Millisecond)
	}
	t.Errorf("a goroutine is left:\n%s", stacks)
}

// named reports whether a warning names the source.
func named(warnings []Warning, source string) bool {
	return slices.ContainsFunc(warnings, func(w Warning) bool { return w.What == source })
}

// TestEveryPlaceThatIsHostile puts every kind of non-file in every place where a file is read, and
// every kind of non-folder where a folder is listed. The source is named, its section is absent, or the facts that it
// may hold, and the other sources are present.
func TestEveryPlaceThatIsHostile(t *testing.T) {
	rpm := rpmFiles(t)
	whole, warnings := collectHostile(t, layWhole(t, rpm))
	all := slices.Concat(facts.Families(), boot.Families(), policy.Families(), upkeep.Families())
	configured := slices.DeleteFunc(all, func(f facts.Family) bool { return f.Running })
	if len(warnings) > 0 || len(whole.Software) != 4 || len(whole.Facts) != len(configured) {
		t.Fatalf("the machine itself: %d packages, %d families, warnings %v", len(whole.Software),
			len(whole.Facts), warnings)
	}
	for _, kind := range hostileKinds(t) {
		t.Run(kind.name, func(t *testing.T) {
			root := layWhole(t, rpm)
			for _, f := range wholeMachine {
				if kind.failsFile && !harmless(f.name, kind.name) {
					checkPlace(t, root, whole, f.name, f.source, kind)
				}
			}
			for folder, source := range listedFolders {
				if kind.failsFolder {
					checkPlace(t, root, whole, folder, source, kind)
				}
			}
		})
	}
}

// harmless reports which things cause no failure in which places.
func harmless(place, kind string) bool {
	switch {
	case strings.Contains(place, ".wants/"): // only the name counts
		return true
	case strings.HasSuffix(place, ".service"): // a unit is not opened; links enable it
		return strings.Contains(kind, "link") || kind == "sparse file" || kind == "no permission"
	}
	return (place == "etc/ssh/sshd_config.d/a.conf" || place == "etc/apparmor.d/a") && kind == "folder" // it is skipped
}

// checkPlace puts one hostile thing in one place and removes it afterwards.
func checkPlace(t *testing.T, root string, whole *inventory.Report, place, source string, kind hostileKind) {
	t.Helper()
	at, aside := filepath.Join(root, place), filepath.Join(root, "aside")
	if err := errors.Join(os.Rename(at, aside), kind.make(at)); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := errors.Join(os.RemoveAll(at), os.Rename(aside, at)); err != nil {
			t.Fatal(err)
		}
	}()
	report, warnings := collectHostile(t, root)
	if source == "etc/os-release" && errors.Is(warnings[0].Err, disk.ErrDangling) {
		return // as in a copy without /usr: software without a distribution, and a warning
	}
	if !named(warnings, source) {
		t.Errorf("%s is a %s: warnings %v", place, kind.name, warnings)
	}
	family, isFact := strings.CutPrefix(source, "facts ")
	for name, values := range whole.Facts {
		unread := len(report.Unread[name]) > 0
		if isFact && name == family && !unread {
			t.Errorf("%s is a %s: nothing of facts %s is told to be unread", place, kind.name, name)
		}
		if unread {
			for key, value := range report.Facts[name] { // what remains is certain
				if values[key] != value {
					t.Errorf("%s is a %s: facts %s have %q: %q", place, kind.name, name, key, value)
				}
			}
		} else if name != "filemode" && !maps.Equal(report.Facts[name], values) {
			t.Errorf("%s is a %s: facts %s are %v, want %v", place, kind.name, name, report.Facts[name], values)
		}
	}
	if complete := isFact || source == "etc/machine-id"; complete != (len(report.Software) == 4) ||
		report.Software != nil && !complete {
		t.Errorf("%s is a %s: %d packages", place, kind.name, len(report.Software))
	}
	id := inventory.DeriveID(machineID, "h.example.com")
	if source == "etc/machine-id" {
		id = "" // and not another device's
	}
	if report.Device.ID != id {
		t.Errorf("%s is a %s: the device's id is %q, want %q", place, kind.name, report.Device.ID, id)
	}
}

// TestHostileDisks puts hostile things in several random places, including folders on the way to
// others, and damages files. The promises for every disk hold.
func TestHostileDisks(t *testing.T) {
	rpm := rpmFiles(t)
	kinds := append(hostileKinds(t), damages(t)...)
	var places []string
	for _, f := range wholeMachine {
		for name := f.name; name != "."; name = path.Dir(name) {
			places = append(places, name)
		}
	}
	for folder := range listedFolders {
		places = append(places, folder)
	}
	slices.Sort(places)
	places = slices.Compact(places)
	rapid.Check(t, func(r *rapid.T) {
		root := layWhole(t, rpm)
		defer os.RemoveAll(root)
		mustWarn := map[string]bool{} // by place
		for range rapid.IntRange(1, 5).Draw(r, "places") {
			place, kind := rapid.SampledFrom(places).Draw(r, "place"), rapid.SampledFrom(kinds).Draw(r, "kind")
			at := filepath.Join(root, place)
			var before []byte
			info, err := os.Lstat(at)
			isFile := err == nil && info.Mode().IsRegular() && info.Size() < 1<<20
			if isFile {
				before, err = os.ReadFile(at)
			}
			if err != nil || os.RemoveAll(at) != nil {
				continue // a folder on the way is hostile already
			}
			if kind.make == nil {
				err = damage(r, at, before, kind.name)
			} else {
				err = kind.make(at)
			}
			if err != nil {
				continue
			}
			maps.DeleteFunc(mustWarn, func(name string, _ bool) bool {
				return name == place ||
					strings.HasPrefix(name, place+"/")
			})
			mustWarn[place] = isFile && kind.failsFile && kind.failsFolder && !strings.HasPrefix(place, "usr/") &&
				!strings.Contains(place, ".service")
		}
		_, warnings := collectHostile(t, root)
		if slices.Contains(slices.Collect(maps.Values(mustWarn)), true) && len(warnings) == 0 {
			r.Error("nothing is said")
		}
	})
}

// damages are kinds that damage the content of a file.
func damages(t testing.TB) []hostileKind {
	return []hostileKind{{name: "garbage"}, {name: "truncated"}, {name: "flipped"}, {name: "zeros"}, {name: "database"}}
}

// damage writes a file that keeps a part of its content.
func damage(r *rapid.T, at string, before []byte, kind string) error {
	data := bytes.Clone(before)
	switch kind {
	case "garbage":
		data = rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(r, "garbage")
	case "truncated":
		data = data[:rapid.IntRange(0, len(data)).Draw(r, "length")]
	case "flipped":
		for range rapid.IntRange(1, 20).Draw(r, "flips") {
			if len(data) > 0 {
				data[rapid.IntRange(0, len(data)-1).Draw(r, "at")] ^= rapid.Byte().Draw(r, "bits")
			}
		}
	case "zeros":
		return makeSparse(at, rapid.Int64Range(0, 1<<25).Draw(r, "length"))
	case "database":
		return makeSchema(at, rapid.SampledFrom(hostileSchemas).Draw(r, "schema"))
	}
	return os.WriteFile(at, data, 0o644)
}

// hostileSchemas are databases that SQLite itself would read for ever, or that would fill its disk
// or memory or make it fail; package rpmdb has more.
var hostileSchemas = []string{
	"CREATE VIEW Packages AS WITH RECURSIVE i(hnum, blob) AS (SELECT 1, zeroblob(1000) UNION ALL SELECT hnum + 1, blob FROM i) SELECT * FROM i",
	"CREATE VIEW Packages AS WITH RECURSIVE i(hnum, blob) AS (SELECT 1, randomblob(1000000) UNION ALL SELECT hnum + 1, randomblob(1000000) FROM i) SELECT * FROM i ORDER BY blob",
	"CREATE TABLE t (x); CREATE VIEW Packages AS SELECT 1 AS hnum, zeroblob(1000000000) AS blob FROM (SELECT 1 UNION ALL SELECT 2)",
	"CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB AS (zeroblob(1000000000)) VIRTUAL); INSERT INTO Packages VALUES (1)",
	"CREATE TABLE Packages (hnum INTEGER PRIMARY KEY, blob BLOB); INSERT INTO Packages VALUES (1, zeroblob(3000000))",
}

// makeSchema makes an SQLite file.
func makeSchema(at, schema string) error {
	db, err := driver.Open("file:" + at + "?_pragma=synchronous(off)")
	if err != nil {
		return err
	}
	_, err = db.Exec(schema)
	return errors.Join(err, db.Close())
}

// TestHostileRPMDatabases makes databases in each container that are built to cost time, memory or
// space.
func TestHostileRPMDatabases(t *testing.T) {
	databases := map[string]func(at string) error{
		"Packages of Berkeley DB without end": func(at string) error { return makeSparseBerkeley(at, 64<<20, 1<<30) },
		"Packages of 256 GiB":                 func(at string) error { return makeSparseBerkeley(at, 256<<30, 1<<31) },
		"Packages.db of 256 GiB":              func(at string) error { return makeSparse(at, 256<<30) },
		"Packages.db of zeros":                func(at string) error { return makeSparse(at, 1<<28) },
		"rpmdb.sqlite of 256 GiB": func(at string) error {
			return errors.Join(makeSchema(at, hostileSchemas[4]), os.Truncate(at, 256<<30))
		},
		"rpmdb.sqlite with a log that is a pipe": func(at string) error {
			return errors.Join(makeSchema(at, hostileSchemas[4]), syscall.Mkfifo(at+"-wal", 0o600))
		},
		"rpmdb.sqlite with half a change": func(at string) error {
			return errors.Join(makeSchema(at, hostileSchemas[4]),
				os.WriteFile(at+"-journal", []byte("\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"), 0o600))
		},
	}
	for i, schema := range hostileSchemas {
		databases[fmt.Sprintf("rpmdb.sqlite of schema %d", i)] = func(at string) error { return makeSchema(at, schema) }
	}
	for name, lay := range databases {
		t.Run(name, func(t *testing.T) {
			file, _, _ := strings.Cut(name, " ")
			root := collecttest.LayMachine(t, map[string]string{
				"etc/os-release": "ID=fedora\nVERSION_ID=40\n", "etc/machine-id": machineID,
				"etc/ufw/ufw.conf": "ENABLED=yes\n", "var/lib/rpm/x": "",
			})
			if err := lay(filepath.Join(root, "var/lib/rpm", file)); err != nil {
				t.Fatal(err)
			}
			report, warnings := collectHostile(t, root)
			if len(warnings) != 1 || warnings[0].What != "var/lib/rpm/"+file || report.Software != nil ||
				report.Facts["ufw"] == nil {
				t.Errorf("warnings %v, software %v, facts %v", warnings, report.Software, report.Facts)
			}
			if strings.Contains(name, "256 GiB") &&
				!strings.Contains(fmt.Sprint(warnings), "274877906944 bytes, the limit is 1073741824") {
				t.Errorf("warnings %v", warnings)
			}
		})
	}
}

// makeSparseBerkeley makes a Berkeley DB file that claims a number of pages of 512 bytes, all
// zeros but the first.
func makeSparseBerkeley(at string, size int64, pages uint32) error {
	meta := make([]byte, 512)
	binary.LittleEndian.PutUint32(meta[12:], 0x061561)
	binary.LittleEndian.PutUint32(meta[20:], 512)
	meta[25] = 8
	binary.LittleEndian.PutUint32(meta[32:], pages)
	return errors.Join(os.WriteFile(at, meta, 0o600), os.Truncate(at, size))
}

// expiring is a context that ends after it was checked a number of times.
type expiring struct {
	context.Context
	left int
}

func (e *expiring) Err() error {
	if e.left--; e.left < 0 {
		return errSlow
	}
	return nil
}

// TestSlowSourceIsGivenUp ends a source's time while it reads a gigabyte: it stops within a page.
func TestSlowSourceIsGivenUp(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{"var/lib/rpm/x": ""})
	if err := makeSparseBerkeley(filepath.Join(root, "var/lib/rpm/Packages"), disk.MaxDatabase,
		disk.MaxDatabase/512-1); err != nil {
		t.Fatal(err)
	}
	files, err := disk.OpenRoot(root)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	tree := disk.NewTree(&expiring{t.Context(), 1000}, files, 1000*512,
		false) // with more bytes the error would be another
	managers := packages.Managers()
	rpm := managers[slices.IndexFunc(managers, func(m packages.Manager) bool { return m.Name == "rpm" })]
	all, file, err := rpm.Read(&packages.Machine{Tree: tree})
	if all != nil || file != "var/lib/rpm/Packages" || !errors.Is(err, errSlow) {
		t.Errorf("%v, %s, %v", all, file, err)
	}
}

// TestCollectEndsWithItsContext ends the context while a gigabyte is read, as
// SIGTERM does.
func TestCollectEndsWithItsContext(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{"etc/os-release": debianRelease, "var/lib/rpm/x": ""})
	if err := makeSparseBerkeley(filepath.Join(root, "var/lib/rpm/Packages"), disk.MaxDatabase,
		disk.MaxDatabase/512-1); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if report, _, err := Collect(ctx, Config{Root: root, Name: "h"}); !errors.Is(err, context.DeadlineExceeded) ||
		report != nil {
		t.Errorf("report %v, error %v", report, err)
	}
	noneLeft(t)
}

// TestRootThatIsNoFolder gives a root that is not a folder.
func TestRootThatIsNoFolder(t *testing.T) {
	for _, kind := range hostileKinds(t) {
		if !kind.failsFolder {
			continue
		}
		root := filepath.Join(t.TempDir(), "root")
		if err := kind.make(root); err != nil {
			t.Fatal(err)
		}
		if report, _, err := Collect(t.Context(), Config{Root: root, Name: "h"}); err == nil {
			t.Errorf("%s: report %v", kind.name, report)
		}
	}
}
