package collect

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

// TestSysctlOrder lays out drop-ins of any names in any folders, with a link to sysctl.conf or
// without, and compares with the order of systemd-sysctl(8): files by base name, of equal names that
// of the first folder, and the last value wins.
func TestSysctlOrder(t *testing.T) {
	folders := []string{"etc/sysctl.d", "run/sysctl.d", "usr/local/lib/sysctl.d", "usr/lib/sysctl.d"}
	names := []string{"10-a.conf", "50-b.conf", "99-sysctl.conf", "99-zz-c.conf", "allow.conf", "README"}
	base := t.TempDir()
	laid := 0
	rapid.Check(t, func(r *rapid.T) {
		laid++
		files := map[string]string{}
		value := 0
		byName := map[string]int{} // the value that a base name gives; -1 if it is masked
		for _, folder := range folders {
			for _, name := range names {
				kind := rapid.SampledFrom([]string{"none", "none", "none", "file", "link", "mask"}).Draw(r, folder+"/"+name)
				if kind == "none" {
					continue
				}
				value++
				content, gives := "vm.mmap_min_addr="+strconv.Itoa(value)+"\n", value
				switch kind {
				case "link":
					content, gives = "-> /etc/sysctl.conf", 0 // the value of sysctl.conf
				case "mask":
					content, gives = "-> /dev/null", -1
				}
				files[folder+"/"+name] = content
				if _, known := byName[name]; !known && filepath.Ext(name) == ".conf" {
					byName[name] = gives
				}
			}
		}
		systemd, conf := rapid.Bool().Draw(r, "systemd"), rapid.Bool().Draw(r, "sysctl.conf")
		if systemd {
			files["usr/lib/systemd/systemd-sysctl"] = ""
		}
		if conf {
			files["etc/sysctl.conf"] = "vm.mmap_min_addr=0\n"
		}
		want, linked := "", false
		for _, name := range slices.Sorted(maps.Keys(byName)) {
			gives := byName[name]
			if linked = linked || gives == 0; gives > 0 || gives == 0 && conf {
				want = strconv.Itoa(gives)
			}
		}
		if conf && !linked && !systemd {
			want = "0"
		}
		root := filepath.Join(base, strconv.Itoa(laid))
		lay(r, root, files)
		report, warnings, err := Collect(t.Context(), Config{Root: root, Name: "h", OS: "debian:12"})
		if err != nil || len(warnings) > 0 {
			r.Fatalf("%v, %v", err, warnings)
		}
		if got := report.Facts["sysctl"]["vm.mmap_min_addr"]; got != want {
			r.Fatalf("the value is %q, want %q", got, want)
		}
	})
}

// lay makes the files of a machine; the content "-> x" makes a link to x.
func lay(t *rapid.T, root string, files map[string]string) {
	files["etc/passwd"] = ""
	for name, content := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		err := os.MkdirAll(filepath.Dir(file), 0o755)
		if err == nil && len(content) > 3 && content[:3] == "-> " {
			err = os.Symlink(content[3:], file)
		} else if err == nil {
			err = os.WriteFile(file, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
