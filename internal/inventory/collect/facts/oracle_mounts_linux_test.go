package facts

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/testneed"
)

// mountWords are options of mounts of which some undo others.
var mountWords = []string{"suid", "nosuid", "dev", "nodev", "exec", "noexec", "user", "users", "owner", "group", "defaults", "relatime",
	"ro", "rw", "nofail"}

func drawOptions(t *rapid.T, label string, more ...string) string {
	words := rapid.SampledFrom(slices.Concat(mountWords, more))
	return strings.Join(rapid.SliceOfN(words, 1, 5).Draw(t, label), ",")
}

// What a start mounts of fstab is what systemd's generator makes units of.
func TestMountsAsSystemd(t *testing.T) {
	generator := testneed.Command(t, "/usr/lib/systemd/system-generators/systemd-fstab-generator")
	o := &oracle{root: t.TempDir()}
	points := []string{"/tmp", "/tmp/", "/var/tmp", "/var//tmp", "/home", "/var/log", "/dev/shm"}
	rapid.Check(t, func(t *rapid.T) {
		var lines []string
		for range rapid.IntRange(0, 6).Draw(t, "lines") {
			line := "tmpfs " + rapid.SampledFrom(points).Draw(t, "point") + "\ttmpfs"
			switch rapid.IntRange(0, 6).Draw(t, "form") {
			case 0:
				line = "# " + line + " nosuid"
			case 1: // without options
			default:
				line += " " + drawOptions(t, "options", "noauto", "auto", "x-systemd.automount", "comment=systemd.automount") + " 0 0"
			}
			lines = append(lines, line)
		}
		o.lay(t, map[string]string{"etc/fstab": strings.Join(lines, "\n") + "\n", "usr/lib/systemd/system/x.target": "[Unit]\n"})
		got := o.read(t, configuredMounts).Values
		delete(got, "/dev/shm") // mounted already: systemd-remount-fs gives it its options
		want := generated(t, generator, filepath.Join(o.root, "etc/fstab"))
		if !maps.Equal(got, want) {
			t.Fatalf("%v, want %v, of\n%s", got, want, strings.Join(lines, "\n"))
		}
	})
}

// generated returns the options of the mount points for which the generator makes units that start.
func generated(t *rapid.T, generator, fstab string) map[string]string {
	out, err := os.MkdirTemp(filepath.Dir(fstab), "units")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(out)
	command := exec.Command(generator, out, out, out)
	command.Env = []string{"SYSTEMD_FSTAB=" + fstab, "SYSTEMD_LOG_TARGET=null"}
	_ = command.Run() // of two entries for one mount point it complains
	found := map[string]string{}
	for _, point := range mountPoints {
		name := mountUnit(point)
		automount := strings.TrimSuffix(name, ".mount") + ".automount"
		links, _ := filepath.Glob(filepath.Join(out, "*.target.*", name))
		more, _ := filepath.Glob(filepath.Join(out, "*.target.*", automount))
		data, err := os.ReadFile(filepath.Join(out, name))
		if err != nil || len(links)+len(more) == 0 {
			continue
		}
		_, rest, has := strings.Cut(string(data), "\nOptions=")
		options, _, _ := strings.Cut(rest, "\n")
		if !has {
			options = "defaults"
		}
		found[point] = mountOptions(options)
	}
	return found
}

// TestMountOptionsAsMount mounts what is drawn, in a namespace of its own, and compares with the kernel: file systems,
// and folders that are mounted a second time, with options and without.
func TestMountOptionsAsMount(t *testing.T) {
	root := t.TempDir()
	var lines, points []string
	rapid.Check(t, func(t *rapid.T) {
		first, second := fmt.Sprintf("%s/%d", root, len(points)), fmt.Sprintf("%s/%d", root, len(points)+1)
		lines = append(lines, "x "+first+" tmpfs "+drawOptions(t, "options", "size=5%")+" 0 0")
		bind := "bind"
		if rapid.Bool().Draw(t, "with options") {
			bind += "," + drawOptions(t, "options of the folder")
		}
		lines = append(lines, first+"/ "+second+" none "+bind+" 0 0")
		points = append(points, first, second)
		for _, point := range []string{first, second} {
			if err := os.MkdirAll(point, 0o755); err != nil {
				t.Fatal(err)
			}
		}
	})
	o := &oracle{root: root}
	if err := o.write("fstab", strings.Join(lines, "\n")+"\n", 0o644); err != nil {
		t.Fatal(err)
	}
	entries, err := machineOf(t, root).mountTable("fstab")
	if err != nil {
		t.Fatal(err)
	}
	mounted := mountAll(t, filepath.Join(root, "fstab"))
	table := starting(entries, false)
	for i, point := range points {
		got, want := restrictions(table.optionsOf(entries[i], 0)), restrictions(mounted[point])
		if mounted[point] == "" {
			t.Fatalf("%s was not mounted", lines[i])
		}
		own := slices.ContainsFunc(mountFlags[:], func(flag string) bool {
			return slices.Contains(strings.Split(mountOptions(entries[i].options), ","), flag)
		})
		if i%2 == 1 && own { // mount(8) may keep more than these
			of := restrictions(mounted[points[i-1]])
			want = slices.DeleteFunc(want, func(flag string) bool {
				return !slices.Contains(got, flag) && slices.Contains(of, flag)
			})
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q are %v, want %v (%s; %q)", entries[i].options, got, want, mounted[point], lines[i/2*2])
		}
	}
}

// mountAll mounts all of a table in a namespace, and returns the options that the kernel tells, by mount point.
func mountAll(t *testing.T, table string) map[string]string {
	arguments := []string{"--mount", "--propagation", "private"}
	if os.Geteuid() != 0 {
		arguments = append(arguments, "--user", "--map-root-user")
	}
	script := `mount --all --fstab "$1" && cat /proc/self/mounts`
	command := exec.Command(testneed.Command(t, "unshare"), append(arguments, testneed.Command(t, "sh"), "-c", script, "sh", table)...)
	out, err := command.Output()
	if err != nil {
		testneed.Missing(t, "a namespace of mounts", err)
	}
	mounted := map[string]string{}
	for line := range strings.Lines(string(out)) {
		if fields := strings.Fields(line); len(fields) > 3 {
			mounted[fields[1]] = fields[3]
		}
	}
	return mounted
}

// restrictions returns those of options that forbid something, sorted.
func restrictions(options string) []string {
	all := slices.DeleteFunc(strings.Split(options, ","), func(option string) bool {
		return !slices.Contains([]string{"nodev", "noexec", "nosuid", "ro"}, option)
	})
	slices.Sort(all)
	return slices.Compact(all)
}
