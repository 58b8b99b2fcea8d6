package language_test

import (
	"bytes"
	"compress/zlib"
	"debug/buildinfo"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory/collect/language"
	"github.com/muster-project/muster/internal/testneed"
)

// executable makes an ELF file of some sections.
func executable(wide bool, order binary.AppendByteOrder, sections map[string]string) string {
	names, data := "\x00", make([]byte, 64)
	type entry struct{ name, offset, size int }
	entries := []entry{{}}
	for _, name := range append(slices.Sorted(keys(sections)), ".shstrtab") {
		e := entry{name: len(names), offset: len(data), size: len(sections[name])}
		names += name + "\x00"
		data = append(data, sections[name]...)
		if name == ".shstrtab" {
			e.offset, e.size = len(data), len(names)
			data = append(data, names...)
		}
		entries = append(entries, e)
	}
	at, size := len(data), 40
	for _, e := range entries {
		data = order.AppendUint32(data, uint32(e.name))
		data = order.AppendUint32(data, 1)
		if size = 40; wide {
			size = 64
			data = append(data, make([]byte, 16)...)
			data = order.AppendUint64(order.AppendUint64(data, uint64(e.offset)), uint64(e.size))
			data = append(data, make([]byte, 24)...)
			continue
		}
		data = append(data, make([]byte, 8)...)
		data = order.AppendUint32(order.AppendUint32(data, uint32(e.offset)), uint32(e.size))
		data = append(data, make([]byte, 16)...)
	}
	head := append([]byte("\x7fELF"), 1, 1)
	if wide {
		head[4] = 2
	}
	if order == binary.AppendByteOrder(binary.BigEndian) {
		head[5] = 2
	}
	copy(data, head)
	rest := data[46:]
	if wide {
		copy(data[40:], order.AppendUint64(nil, uint64(at)))
		rest = data[58:]
	} else {
		copy(data[32:], order.AppendUint32(nil, uint32(at)))
	}
	for i, n := range []int{size, len(entries), len(entries) - 1} {
		copy(rest[2*i:], order.AppendUint16(nil, uint16(n)))
	}
	return string(data)
}

func keys(m map[string]string) func(func(string) bool) {
	return func(yield func(string) bool) {
		for key := range m {
			if !yield(key) {
				return
			}
		}
	}
}

// goRecord makes what Go records of a build.
func goRecord(version, modules string) string {
	head := make([]byte, 32)
	copy(head, "\xff Go buildinf:\x08\x02")
	if modules != "" {
		modules = strings.Repeat("(", 16) + modules + strings.Repeat(")", 16)
	}
	for _, text := range []string{version, modules} {
		head = append(binary.AppendUvarint(head, uint64(len(text))), text...)
	}
	return string(head)
}

// rustRecord makes what cargo-auditable records.
func rustRecord(text string) string {
	var packed bytes.Buffer
	z := zlib.NewWriter(&packed)
	z.Write([]byte(text))
	z.Close()
	return packed.String()
}

const (
	// goLines are of the form that runtime/debug.BuildInfo documents.
	goLines = "path\texample.com/tool\nmod\texample.com/tool\t(devel)\t\ndep\tgolang.org/x/net\tv0.36.0\th1:x=\n" +
		"dep\tgithub.com/old/one\tv1.0.0\n=>\tgithub.com/new/one\tv1.2.3\th1:y=\ndep\texample.com/local\tv0.1.0\n=>\t./local\t\t\n" +
		"build\t-compiler=gc\nbuild\tGOOS=linux\n"
	// rustText is the example of auditable-serde's documentation, with a private crate and one for building.
	rustText = `{"packages":[{"name":"adler","version":"0.2.3","source":"registry"},{"name":"serde","version":"1.0.195","source":"crates.io",` +
		`"dependencies":[0]},{"name":"cc","version":"1.0.83","source":"crates.io","kind":"build"},{"name":"app","version":"0.1.0","source":"local","root":true}],"format":1}`
)

func purls(packages []language.Package) (all []string) {
	for _, p := range packages {
		all = append(all, p.PURL())
	}
	return all
}

func TestReadExecutable(t *testing.T) {
	modules := []string{"pkg:golang/stdlib@1.24.3", "pkg:golang/golang.org/x/net@v0.36.0", "pkg:golang/github.com/new/one@v1.2.3"}
	for _, test := range []struct {
		what     string
		sections map[string]string
		want     []string
		fails    bool
	}{
		{"Go", map[string]string{".text": "x", ".go.buildinfo": goRecord("go1.24.3", goLines)}, modules, false},
		{"Go of a distribution", map[string]string{".go.buildinfo": goRecord("go1.22.1 X:nocoverageredesign", "")},
			[]string{"pkg:golang/stdlib@1.22.1"}, false},
		{"Go from its sources", map[string]string{".go.buildinfo": goRecord("devel +abc", goLines)}, modules[1:], false},
		{"Rust", map[string]string{".dep-v0": rustRecord(rustText)}, []string{"pkg:cargo/serde@1.0.195"}, false},
		{"both", map[string]string{".go.buildinfo": goRecord("go1.24.3", ""), ".dep-v0": rustRecord(rustText)},
			[]string{modules[0], "pkg:cargo/serde@1.0.195"}, false},
		{"neither", map[string]string{".text": "x"}, nil, false},
		{"an old Go", map[string]string{".go.buildinfo": "\xff Go buildinf:\x08\x00" + strings.Repeat("\x00", 32)}, nil, true},
		{"a record that is cut off", map[string]string{".go.buildinfo": goRecord("go1.24.3", goLines)[:60]}, nil, true},
		{"no zlib", map[string]string{".dep-v0": "{}"}, nil, true},
		{"no JSON", map[string]string{".dep-v0": rustRecord("[")}, nil, true},
	} {
		for _, wide := range []bool{true, false} {
			for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
				got, err := language.ReadExecutable(strings.NewReader(executable(wide, order, test.sections)))
				if diff := cmp.Diff(test.want, purls(got)); diff != "" || (err != nil) != test.fails {
					t.Errorf("%s, 64 bits %t, %v: %v (-want +got):\n%s", test.what, wide, order, err, diff)
				}
			}
		}
	}
	for _, text := range []string{"", "#!/bin/sh\n" + strings.Repeat("x", 99), "\x7fELF", "MZ" + strings.Repeat("\x00", 99)} {
		if got, err := language.ReadExecutable(strings.NewReader(text)); got != nil || err != nil {
			t.Errorf("%.10q: %v, %v", text, got, err)
		}
	}
}

// TestPackedTooFar: what inflates to more than is read costs its file alone.
func TestPackedTooFar(t *testing.T) {
	bomb := executable(true, binary.LittleEndian, map[string]string{".dep-v0": rustRecord(strings.Repeat(" ", 17<<20) + rustText)})
	if got, err := language.ReadExecutable(strings.NewReader(bomb)); err == nil || got != nil {
		t.Errorf("%v, %v", got, err)
	}
}

// TestGoSaysTheSame: Go's own reader says the same of the program that compiles Go.
func TestGoSaysTheSame(t *testing.T) {
	name, err := filepath.EvalSymlinks(testneed.Command(t, "go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{name, filepath.Join(filepath.Dir(name), "gofmt"), os.Args[0]} {
		want, err := buildinfo.ReadFile(name)
		if err != nil {
			continue
		}
		file, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		got, err := language.ReadExecutable(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		all := strings.Join(purls(got), "\n")
		if number, ok := strings.CutPrefix(strings.Fields(want.GoVersion)[0], "go"); ok && !strings.Contains(all, "stdlib@"+number) {
			t.Errorf("%s by %s: %q", name, want.GoVersion, all)
		}
		for _, d := range want.Deps {
			if d.Replace == nil && !strings.Contains(strings.ToLower(all), strings.ToLower("pkg:golang/"+d.Path+"@")) {
				t.Errorf("%s: lacks %s", name, d.Path)
			}
		}
	}
}

// TestForeignRust reads a program that cargo-auditable made, a test of osv-scalibr.
func TestForeignRust(t *testing.T) {
	out, err := exec.Command(testneed.Command(t, "go"), "list", "-m", "-f", "{{.Dir}}", "github.com/google/osv-scalibr").Output()
	folder := filepath.Join(strings.TrimSpace(string(out)), "extractor/filesystem/language/rust/cargoauditable/testdata")
	data, missing := os.ReadFile(filepath.Join(folder, "uses_serde_json/uses_serde_json"))
	if err != nil || missing != nil {
		t.Skip("the module is not here")
	}
	got, err := language.ReadExecutable(bytes.NewReader(data))
	want := []string{"pkg:cargo/itoa@1.0.14", "pkg:cargo/memchr@2.7.4", "pkg:cargo/proc-macro2@1.0.92", "pkg:cargo/quote@1.0.38",
		"pkg:cargo/ryu@1.0.18", "pkg:cargo/serde@1.0.217", "pkg:cargo/serde_derive@1.0.217", "pkg:cargo/serde_json@1.0.135",
		"pkg:cargo/syn@2.0.95", "pkg:cargo/unicode-ident@1.0.14"}
	if diff := cmp.Diff(want, purls(got)); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

func FuzzReadExecutable(f *testing.F) {
	f.Add([]byte(executable(true, binary.LittleEndian, map[string]string{".go.buildinfo": goRecord("go1.24.3", goLines)})))
	f.Add([]byte(executable(false, binary.BigEndian, map[string]string{".dep-v0": rustRecord(rustText)})))
	f.Fuzz(func(t *testing.T, data []byte) {
		packages, err := language.ReadExecutable(bytes.NewReader(data))
		if err != nil && len(packages) > 0 {
			t.Errorf("%d packages, %v", len(packages), err)
		}
		for _, p := range packages {
			sound(t, p, true)
		}
	})
}
