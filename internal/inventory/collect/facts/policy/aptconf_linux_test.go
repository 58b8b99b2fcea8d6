package policy

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

// Settings of apt are those that apt-config itself reads, whatever the form of the files.
func TestSettingsAsApt(t *testing.T) {
	program := testneed.Command(t, "apt-config")
	root := t.TempDir()
	main := filepath.Join(root, "main")
	if err := os.WriteFile(main, fmt.Appendf(nil, "Dir %q;\nDir::Etc::main \"none\";\nDir::Etc::parts \"parts\";\nDir::Etc \"\";\n", root), 0o600); err != nil {
		t.Fatal(err)
	}
	names := []string{"Zq::Get::A", "zq::get::b", "ZQ::Get", "Zq::C"}
	var block *rapid.Generator[string]
	setting := rapid.Custom(func(t *rapid.T) string {
		name := rapid.SampledFrom([]string{"Zq::Get::A", "zq::get::b", "ZQ::Get", "Zq::C", "Zq::L::"}).Draw(t, "name")
		value := rapid.SampledFrom([]string{"true", `"no"`, `"a // b"`, `"x;y"`, `"/*"`, "1"}).Draw(t, "value")
		return name + rapid.SampledFrom([]string{" ", "\t", "\n "}).Draw(t, "blank") + value + ";"
	})
	block = rapid.Custom(func(t *rapid.T) string {
		inner := rapid.SampledFrom([]string{`A "1";`, "b no;", `Get::A "2";`, `"element";`, "Get { A 3; b \"4\"; };", "# a }\nA 5;"})
		return rapid.SampledFrom([]string{"Zq", "Zq::Get", "zq::get"}).Draw(t, "of") + " { " +
			strings.Join(rapid.SliceOfN(inner, 0, 3).Draw(t, "in"), "\n") + rapid.SampledFrom([]string{" };", "};\n", "}"}).Draw(t, "end")
	})
	line := rapid.OneOf(setting, setting, block, rapid.SampledFrom([]string{"// Zq::C 9;", "# Zq::C 9;", "/* Zq::C 9;\n */", "/**/",
		"#clear Zq::Get;", "#clear zq;", "", "Zq::C 7; // c", "Zq::C /* x */ 8;"}))
	rapid.Check(t, func(t *rapid.T) {
		parts := filepath.Join(root, "parts")
		if err := os.RemoveAll(parts); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(parts, 0o700); err != nil {
			t.Fatal(err)
		}
		files := map[string]string{}
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"10a", "20-b.conf", "30c.bak", "40d~", ".e", "50_f"}), 1, 3,
			rapid.ID).Draw(t, "files") {
			files[name] = strings.Join(rapid.SliceOfN(line, 0, 5).Draw(t, name), "\n") + "\n"
			if err := os.WriteFile(filepath.Join(parts, name), []byte(files[name]), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c := exec.CommandContext(t.Context(), program, "dump", "--no-empty")
		c.Env = []string{"APT_CONFIG=" + main, "PATH=/usr/bin:/bin"}
		out, err := c.CombinedOutput()
		if err != nil {
			t.Skipf("%v: %s", err, out) // a form that apt refuses
		}
		want, got := map[string]string{}, map[string]string{}
		for l := range strings.Lines(string(out)) {
			name, value, _ := strings.Cut(strings.TrimSuffix(strings.TrimSpace(l), ";"), " ")
			if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) {
				want[strings.ToLower(name)] = strings.Trim(value, `"`)
			}
		}
		settings := aptSettings{}
		for _, name := range aptParts(slices.Sorted(maps.Keys(files))) {
			if name[0] != '.' {
				settings.add(name, []byte(files[name]))
			}
		}
		for name, s := range settings {
			if slices.ContainsFunc(names, func(n string) bool { return strings.EqualFold(n, name) }) && s.value != "" {
				got[name] = s.value
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("%v, want %v, of %q", got, want, files)
		}
	})
}
