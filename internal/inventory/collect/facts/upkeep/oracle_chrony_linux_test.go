package upkeep

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/testneed"
)

// chronyLines are lines of chrony.conf(5), of which some read other files.
var chronyLines = []string{"server a iburst", "  pool  b   maxsources 2", "PEER c", "Server d", "refclock PPS /dev/pps0", "# server no", "! server no", ";x", "% y",
	"", "user one", "USER two", "makestep 1 3", "rtcsync", "server a"}

// chronyIncludes are lines that read other files, in an order of their own.
var chronyIncludes = []string{"confdir /etc/chrony/conf.d", "confdir /etc/chrony/more /etc/chrony/conf.d", "ConfDir /etc/chrony/none /etc/chrony/more",
	"include /etc/chrony/inc*", "include /etc/chrony/a.inc", "include /etc/chrony/none*", "include /etc/chrony/conf.d/?.conf"}

// chronyFiles are files of which a tree has some.
var chronyFiles = []string{"conf.d/1.conf", "conf.d/2.conf", "conf.d/10.conf", "conf.d/3.off", "conf.d/.4.conf", "more/2.conf", "more/0.conf", "inc1", "inc2", "incx"}

// printed is what chronyd -p prints of a folder that lies at /etc/chrony in a namespace of its own: each line that
// counts.
func printed(t *testing.T) func(folder string) (string, error) {
	chronyd := testneed.Command(t, "chronyd")
	if _, err := os.Stat("/etc/chrony"); err != nil {
		testneed.Missing(t, "the folder /etc/chrony", err)
	}
	arguments := []string{"--mount", "--propagation", "private"}
	if os.Geteuid() != 0 {
		arguments = append(arguments, "--user", "--map-root-user")
	}
	arguments = append(arguments, testneed.Command(t, "sh"), "-c", `mount --bind "$1" /etc/chrony && exec "$2" -p -f /etc/chrony/chrony.conf`, "sh")
	unshare := testneed.Command(t, "unshare")
	return func(folder string) (string, error) {
		out, err := exec.Command(unshare, append(slices.Clone(arguments), folder, chronyd)...).Output()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			err = errors.New(string(exit.Stderr))
		}
		return string(out), err
	}
}

// TestSourcesAsChrony: from where chrony has the time, and who it runs as, is what chronyd says of the same files.
func TestSourcesAsChrony(t *testing.T) {
	show := printed(t)
	root := t.TempDir()
	folder := filepath.Join(root, "etc/chrony")
	write := func(name, text string) {
		file := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	write("chrony.conf", "server a\n")
	if _, err := show(folder); err != nil {
		testneed.Missing(t, "a namespace of mounts", err)
	}
	rapid.Check(t, func(t *rapid.T) {
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
		lines := rapid.SampledFrom(chronyLines)
		main := rapid.SliceOfN(rapid.SampledFrom(slices.Concat(chronyLines, chronyIncludes)), 1, 8).Draw(t, "chrony.conf")
		drawn := map[string]string{"chrony.conf": strings.Join(main, "\n") + "\n", "a.inc": "server of-inc\n",
			"conf.d/5.conf": "server five\n"} // a pattern of a folder that is not there is an error
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(chronyFiles), 0, 6, rapid.ID).Draw(t, "files") {
			drawn[name] = strings.Join(rapid.SliceOfN(lines, 0, 3).Draw(t, name), "\n") + "\nserver of-" + strings.ReplaceAll(name, "/", "-") + "\n"
		}
		for name, text := range drawn {
			write(name, text)
		}
		out, err := show(folder)
		if err != nil {
			t.Fatalf("%v of %q", err, drawn)
		}
		var sources []string
		user := ""
		for line := range strings.Lines(out) {
			fields := strings.Fields(line)
			switch strings.ToLower(fields[0]) {
			case "server", "pool", "peer", "refclock":
				if !slices.Contains(sources, fields[1]) {
					sources = append(sources, fields[1])
				}
			case "user":
				user = fields[1]
			}
		}
		got := sourcesOf(t, root)
		if got["chrony"] != strings.Join(sources, " ") || got["chrony user"] != user {
			t.Fatalf("%q, want %q as %q, of %q", got, sources, user, drawn)
		}
	})
}

// sourcesOf returns what is told of the time of a tree.
func sourcesOf(t *rapid.T, folder string) map[string]string {
	root, err := disk.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	m := &facts.Machine{Tree: disk.NewTree(t.Context(), root, disk.MaxSettings, false)}
	m.Warn = func(err error) { t.Fatal(err) }
	found, err := timeSources(m)
	if err != nil {
		t.Fatal(err)
	}
	return found.Values
}
