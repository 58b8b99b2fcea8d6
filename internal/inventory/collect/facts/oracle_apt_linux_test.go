package facts

import (
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/testneed"
)

// aptNames are settings; the last ones are also the beginning of others.
var aptNames = []string{"APT::Periodic::Enable", "apt::periodic::update-package-lists", "APT::Periodic", "APT"}

// aptStatements draws a statement of apt.conf(5), in blocks or not.
func aptStatements() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		name, value := rapid.SampledFrom(aptNames).Draw(t, "name"), rapid.SampledFrom([]string{"0", "1", "7d"}).Draw(t, "value")
		switch rapid.IntRange(0, 8).Draw(t, "form") {
		case 0:
			return "// " + name + " \"" + value + "\";"
		case 1:
			return "/* " + name + "\n \"" + value + "\"; */"
		case 2:
			return "# " + name + " \"" + value + "\";"
		case 3:
			return "#clear " + name + ";"
		case 4:
			return "APT { Periodic { Enable \"" + value + "\"; }; };"
		case 5:
			return "apt::Periodic {\n\tUpdate-Package-Lists \"" + value + "\"; // why\n};"
		case 6:
			return name + "\n  \"" + value + "\";"
		}
		return name + " \"" + value + "\";"
	})
}

// Settings of apt are those that apt-config shows, for any files.
func TestSettingsAsApt(t *testing.T) {
	program := testneed.Command(t, "apt-config")
	o := &oracle{root: t.TempDir()}
	rapid.Check(t, func(t *rapid.T) {
		files := map[string]string{"apt": "Dir \"" + o.root + "\";\n"}
		for _, name := range []string{"apt.conf", "apt.conf.d/10a", "apt.conf.d/20b.conf", "apt.conf.d/30c.bak", "apt.conf.d/5~"} {
			files["etc/apt/"+name] = strings.Join(rapid.SliceOfN(aptStatements(), 0, 4).Draw(t, name), "\n") + "\n"
		}
		o.lay(t, files)
		command := exec.Command(program, "dump", "--no-empty")
		command.Env = []string{"APT_CONFIG=" + filepath.Join(o.root, "apt")}
		out, err := command.Output()
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{}
		for line := range strings.Lines(string(out)) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
			if name = strings.ToLower(name); slices.Contains([]string{"apt::periodic::enable", "apt::periodic::update-package-lists"}, name) {
				want[name] = strings.Trim(value, "\";")
			}
		}
		got := aptValues(t, o.root)
		maps.DeleteFunc(got, func(name, _ string) bool { return !strings.Contains(name, "periodic::") })
		if !maps.Equal(got, want) {
			t.Fatalf("%v, want %v, of %q", got, want, files)
		}
	})
}

// aptValues returns the settings that the files of a machine give in the end.
func aptValues(t *rapid.T, root string) map[string]string {
	opened, err := disk.OpenRoot(root)
	if err != nil {
		t.Fatal(err)
	}
	defer opened.Close()
	m := &Machine{disk.NewTree(t.Context(), opened, disk.MaxSettings, false), func(err error) { t.Fatal(err) }}
	files, err := AptFiles(m)
	if err != nil {
		t.Fatal(err)
	}
	settings, values := AptSettings{}, map[string]string{}
	for _, file := range files {
		data, err := m.Read(file)
		if err != nil {
			t.Fatal(err)
		}
		all, err := ParseApt(data)
		if err != nil {
			t.Fatal(err)
		}
		settings.Add(file, all)
	}
	for name, s := range settings {
		values[name] = s.Value
	}
	return values
}
