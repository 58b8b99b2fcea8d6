package facts

import (
	"bytes"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/testneed"
)

// The programs themselves are the oracle of what facts resolve: they run in a root folder of their own, in which trees
// are laid out anew.

// oracle is a root folder with a program and its libraries.
type oracle struct {
	root, program string
	laid          []string // what is removed before the next tree
}

// newOracle makes the root folder of a program. Changing the root takes root.
func newOracle(t *testing.T, program string) *oracle {
	t.Helper()
	if os.Geteuid() != 0 {
		testneed.Missing(t, "root", fmt.Errorf("user %d cannot change the root", os.Geteuid()))
	}
	o := &oracle{root: t.TempDir(), program: testneed.Command(t, program)}
	libraries, err := exec.Command(testneed.Command(t, "ldd"), o.program).Output()
	if err != nil {
		t.Fatal(err)
	}
	files := []string{o.program}
	for _, word := range strings.Fields(string(libraries)) {
		if filepath.IsAbs(word) {
			files = append(files, word)
		}
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err == nil {
			err = o.write(strings.TrimPrefix(file, "/"), string(data), 0o755)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func (o *oracle) write(name, content string, mode fs.FileMode) error {
	file := filepath.Join(o.root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	if target, link := strings.CutPrefix(content, "-> "); link {
		return os.Symlink(target, file)
	}
	return os.WriteFile(file, []byte(content), mode)
}

// lay replaces the tree of before.
func (o *oracle) lay(t *rapid.T, files map[string]string) {
	for _, name := range o.laid {
		if err := os.Remove(filepath.Join(o.root, name)); err != nil {
			t.Fatal(err)
		}
	}
	o.laid = slices.Sorted(maps.Keys(files))
	for _, name := range o.laid {
		if err := o.write(name, files[name], 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// run runs the program in its root, and returns what it prints.
func (o *oracle) run(arguments ...string) (string, error) {
	var out, errors bytes.Buffer
	command := &exec.Cmd{Path: o.program, Args: append([]string{o.program}, arguments...), Env: []string{}, Dir: "/",
		Stdout: &out, Stderr: &errors, SysProcAttr: &syscall.SysProcAttr{Chroot: o.root}}
	if err := command.Run(); err != nil {
		return out.String(), fmt.Errorf("%w: %s", err, errors.String())
	}
	return out.String(), nil
}

// machineOf returns a machine whose files lie in a folder.
func machineOf(t testing.TB, folder string) *Machine {
	t.Helper()
	root, err := disk.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return &Machine{disk.NewTree(t.Context(), root, disk.MaxSettings, false), func(err error) { t.Error(err) }}
}

// read reads a family of the tree.
func (o *oracle) read(t *rapid.T, read func(*Machine) (*Found, error)) *Found {
	root, err := disk.OpenRoot(o.root)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	m := &Machine{disk.NewTree(t.Context(), root, disk.MaxSettings, false), func(err error) { t.Fatal(err) }}
	found, err := read(m)
	if err != nil || found == nil || found.Check() != nil || len(found.Unread) > 0 {
		t.Fatalf("%+v, %v", found, err)
	}
	return found
}

var (
	sysctlNames = []string{"net.ipv4.conf.all.rp_filter", "net.ipv4.conf.default.rp_filter",
		"net.ipv4.conf.all.log_martians", "net.ipv4.conf.default.log_martians", "kernel.sysrq", "fs.suid_dumpable"}
	sysctlSpellings = slices.Concat(sysctlNames, []string{"net/ipv4/conf/all/rp_filter", "net.ipv4.conf.*.rp_filter",
		"net/ipv4/conf/*/log_martians", "net.ipv4.conf.[!d]*.rp_filter", "net.ipv4.*.default.rp_filter", "*.sysrq",
		"kernel.*", "net.ipv4.conf.al?.log_martians", "net.ipv4.conf.all.*"})
)

// Settings of the kernel are those that systemd-sysctl writes, for any files in any folders.
func TestSysctlsAsSystemd(t *testing.T) {
	o := newOracle(t, "/usr/lib/systemd/systemd-sysctl")
	line := rapid.Custom(func(t *rapid.T) string {
		name := rapid.SampledFrom(sysctlSpellings).Draw(t, "name")
		switch rapid.IntRange(0, 9).Draw(t, "form") {
		case 0:
			return "-" + name // an exemption
		case 1:
			name = "-" + name
		case 2:
			name = " # " + name
		case 3:
			name = "\t" + name + " "
		}
		return name + rapid.SampledFrom([]string{"=", " = ", "= "}).Draw(t, "equals") + rapid.SampledFrom([]string{"0", "1", "2"}).Draw(t, "value")
	})
	rapid.Check(t, func(t *rapid.T) {
		files := map[string]string{"usr/lib/sysctl.d/00-x.conf": ""}
		for _, name := range sysctlNames {
			files["proc/sys/"+sysctlPath(name)] = ""
		}
		for _, folder := range sysctlFolders[:4] {
			for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"10-a.conf", "50-b.conf", "90-c.conf", "d", ".e.conf", "f.conf~"}), 0, 2,
				rapid.ID).Draw(t, folder) {
				content := strings.Join(rapid.SliceOfN(line, 0, 4).Draw(t, name), "\n")
				if rapid.IntRange(0, 5).Draw(t, "masked") == 0 {
					content = "-> /dev/null"
				}
				files[folder+"/"+name] = content
			}
		}
		o.lay(t, files)
		if _, err := o.run(); err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for _, name := range sysctlNames {
			value, err := os.ReadFile(filepath.Join(o.root, "proc/sys", sysctlPath(name)))
			if err != nil {
				t.Fatal(err)
			}
			if text := strings.TrimSpace(string(value)); text != "" {
				want[name] = text
			}
		}
		got := o.read(t, configuredSysctls).Values
		maps.DeleteFunc(got, func(name, _ string) bool { return !slices.Contains(sysctlNames, name) })
		if !maps.Equal(got, want) {
			t.Fatalf("%v, want %v, of %q", got, want, files)
		}
	})
}

// commandsNothing load no module, commandsModule do.
var (
	commandsNothing = []string{"/bin/false", "/bin/true", "/usr/bin/true", "/bin/sh -c 'exit 1'", "\\\n  /bin/false", "/bin/true; exit 0",
		"/bin/echo no && /bin/false"}
	commandsModule = []string{"/sbin/modprobe --ignore-install $CMDLINE_OPTS x", "/bin/true; /sbin/modprobe -i x", "/opt/load",
		"/bin/sh -c '/sbin/insmod x'", "/bin/true $(/sbin/modprobe x)"}
)

// A module is disabled if the command with which modprobe answers loads none, for any files in any folders.
func TestModulesAsModprobe(t *testing.T) {
	o := newOracle(t, "modprobe")
	names := []string{"usb-storage", "usb_storage", "hfs", "dccp", "sctp"}
	line := rapid.Custom(func(t *rapid.T) string {
		name := rapid.SampledFrom(names).Draw(t, "name")
		switch rapid.IntRange(0, 6).Draw(t, "form") {
		case 0:
			return "# install " + name + " /bin/false"
		case 1:
			return "blacklist " + name
		case 2:
			return "options " + name + " a=1 \\\ninstall hfs /bin/false"
		case 3:
			return "softdep " + name + " pre: fuse"
		}
		commands := slices.Concat(commandsNothing, commandsModule)
		return " install\t" + name + " " + rapid.SampledFrom(commands).Draw(t, "command")
	})
	rapid.Check(t, func(t *rapid.T) {
		files := map[string]string{"etc/modprobe.d/00-x.conf": ""}
		for _, folder := range []string{"etc/modprobe.d", "run/modprobe.d", "usr/local/lib/modprobe.d", "lib/modprobe.d"} {
			for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"10-a.conf", "50-b.conf", "d", ".e.conf", "f.conf~"}), 0, 2,
				rapid.ID).Draw(t, folder) {
				content := strings.Join(rapid.SliceOfN(line, 0, 4).Draw(t, name), "\n") + "\n"
				if rapid.IntRange(0, 5).Draw(t, "masked") == 0 {
					content = "-> /dev/null"
				}
				files[folder+"/"+name] = content
			}
		}
		o.lay(t, files)
		got := o.read(t, modules).Values
		shown, err := o.run("-c")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"usb_storage", "hfs", "dccp", "sctp"} {
			want := ""
			if strings.Contains(shown, "blacklist "+name+"\n") {
				want = "blacklisted"
			}
			answer, _ := o.run("-n", "-v", name)
			if command, ok := strings.CutPrefix(strings.TrimSpace(answer), "install "); ok && !strings.Contains(command, "modprobe") &&
				!strings.Contains(command, "insmod") && !strings.Contains(command, "/opt") {
				want = "disabled"
			}
			if got[name] != want {
				t.Fatalf("%s is %q, want %q, of %q:\n%s", name, got[name], want, files, answer)
			}
		}
	})
}
