package macos_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/macos"
	"github.com/muster-project/muster/internal/testneed"
)

// signature is a signature to be made. These executables are made up here, by the layout of XNU's cs_blobs.h and
// loader.h: they have the headers, one other load command, and a signature of two blobs, and no code.
type signature struct {
	identifier, team string
	version, flags   uint32
}

const newVersion = 0x20400

// numbers writes numbers of 32 bits.
func numbers(order binary.AppendByteOrder, all ...uint32) (data []byte) {
	for _, n := range all {
		data = order.AppendUint32(data, n)
	}
	return data
}

// blobs makes a signature: requirements and a code directory.
func (s signature) blobs() string {
	big := binary.BigEndian
	const header = 52 + 36
	names, team := s.identifier+"\x00", uint32(0)
	if s.team != "" {
		team = uint32(header + len(names))
		names += s.team + "\x00"
	}
	rest := names + strings.Repeat("\x01", 32) // the hashes
	directory := numbers(big, 0xfade0c02, uint32(header+len(rest)), s.version, s.flags,
		uint32(header+len(names)), header, 0, 1, 0, 32<<24|2<<16|12, 0, 0, team)
	directory = append(append(directory, make([]byte, header-52)...), rest...)
	requirements := numbers(big, 0xfade0c01, 12, 0)
	index := numbers(big, 0xfade0cc0, uint32(28+12+len(directory)), 2, 2, 28, 0, 28+12)
	return string(index) + string(requirements) + string(directory)
}

// executable makes the code of one architecture.
func (s signature) executable(order binary.AppendByteOrder, wide bool) string {
	return s.padded(order, wide, 24)
}

// padded makes the code of one architecture, whose first load command has a number of bytes.
func (s signature) padded(order binary.AppendByteOrder, wide bool, bytes uint32) string {
	head, rest := numbers(order, 0xfeedface, 7, 3, 2, 2, bytes+16, 0), uint32(28)
	if wide {
		head, rest = numbers(order, 0xfeedfacf, 0x01000007, 3, 2, 2, bytes+16, 0, 0), uint32(32)
	}
	blobs := s.blobs()
	commands := append(numbers(order, 0x1b, bytes), make([]byte, bytes-8)...) // LC_UUID
	commands = append(commands, numbers(order, 0x1d, 16, rest+bytes+16, uint32(len(blobs)))...)
	return string(head) + string(commands) + blobs
}

// fat puts architectures into one file.
func fat(wide bool, parts ...string) string {
	big := binary.BigEndian
	table, code, size := numbers(big, 0xcafebabe, uint32(len(parts))), "", 20
	if wide {
		table, size = numbers(big, 0xcafebabf, uint32(len(parts))), 32
	}
	begin := 8 + len(parts)*size
	for _, part := range parts {
		at, length := begin+len(code), len(part)
		if wide {
			table = append(table, numbers(big, 0x01000007, 3, 0, uint32(at), 0, uint32(length), 0, 0)...)
		} else {
			table = append(table, numbers(big, 0x01000007, 3, uint32(at), uint32(length), 0)...)
		}
		code += part
	}
	return string(table) + code
}

var (
	chrome = signature{"com.google.Chrome", "EQHXZ8M8AV", newVersion, 0x10000}
	adHoc  = signature{"com.google.Chrome", "EQHXZ8M8AV", newVersion, 0x2}
)

// withFirst returns chrome's executable with another number in place of the first one of that value.
func withFirst(old, new uint32, order binary.AppendByteOrder) string {
	whole := chrome.executable(binary.LittleEndian, true)
	return strings.Replace(whole, string(numbers(order, old)), string(numbers(order, new)), 1)
}

// TestSigners reads executables of both byte orders and widths, fat and thin.
func TestSigners(t *testing.T) {
	little, big := binary.LittleEndian, binary.BigEndian
	thin := chrome.executable(little, true)
	other := signature{"com.google.Chrome.old", "", 0x20100, 0}.executable(big, false)
	for name, test := range map[string]struct{ file, want string }{
		"little":            {thin, "com.google.Chrome EQHXZ8M8AV"},
		"big":               {chrome.executable(big, true), "com.google.Chrome EQHXZ8M8AV"},
		"little, 32 bits":   {chrome.executable(little, false), "com.google.Chrome EQHXZ8M8AV"},
		"big, 32 bits":      {other, "com.google.Chrome.old -"},
		"fat":               {fat(false, thin, chrome.executable(little, false)), "com.google.Chrome EQHXZ8M8AV"},
		"fat, 64 bits":      {fat(true, other, thin), "com.google.Chrome EQHXZ8M8AV, com.google.Chrome.old -"},
		"partly signed":     {fat(false, "unsigned code, as long as a header is", thin), "com.google.Chrome EQHXZ8M8AV"},
		"ad hoc":            {adHoc.executable(little, true), "com.google.Chrome -"},
		"before teams":      {signature{"a", "TEAM", 0x20100, 0}.executable(little, true), "a -"},
		"with letters":      {signature{"com.example.Büro", "", newVersion, 0}.executable(little, true), "com.example.Büro -"},
		"empty":             {"", ""},
		"script":            {"#!/bin/sh\nexec /usr/bin/true # a script is no executable of this kind\n", ""},
		"class":             {string(numbers(big, 0xcafebabe, 52)) + strings.Repeat("\x00", 2000), ""},
		"fat, empty":        {fat(false), ""},
		"unsigned":          {withFirst(0x1d, 0x26, little), ""},
		"long commands":     {chrome.padded(little, true, 256<<10-16), "com.google.Chrome EQHXZ8M8AV"},
		"too long commands": {chrome.padded(little, true, 256<<10), ""},
		"directory elsewhere": {strings.Replace(thin, string(numbers(little, uint32(len(chrome.blobs())))),
			string(numbers(little, 30)), 1), ""},
		"no blobs":           {withFirst(0xfade0cc0, 0xfade0cc1, big), ""},
		"no directory":       {withFirst(0xfade0c02, 0xfade0c01, big), ""},
		"name with a blank":  {signature{"a b", "", newVersion, 0}.executable(little, true), ""},
		"two names":          {signature{"a;", "", newVersion, 0}.executable(little, true), ""},
		"name of no letters": {signature{"a\xff", "", newVersion, 0}.executable(little, true), ""},
		"long name":          {signature{strings.Repeat("a", 256), "", newVersion, 0}.executable(little, true), ""},
		"longest name": {signature{strings.Repeat("a", 255), "", newVersion, 0}.executable(little, true),
			strings.Repeat("a", 255) + " -"},
	} {
		got, err := macos.ReadSigners(strings.NewReader(test.file))
		if strings.Join(got, ", ") != test.want || (err == nil) != (test.want != "") {
			t.Errorf("%s: %q, %v, want %q", name, got, err, test.want)
		}
	}
}

// TestForeignExecutable reads what Go's linker makes for Apple's processors, which it signs by itself.
func TestForeignExecutable(t *testing.T) {
	if !testneed.Soak() {
		t.Skip("long form")
	}
	folder := t.TempDir()
	source, program := filepath.Join(folder, "main.go"), filepath.Join(folder, "program")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() {}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	build := exec.Command(testneed.Command(t, "go"), "build", "-o", program, source)
	build.Env = append(os.Environ(), "GOOS=darwin", "GOARCH=arm64", "CGO_ENABLED=0", "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	data, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := macos.ReadSigners(bytes.NewReader(data)); err != nil || !slices.Equal(got, []string{"a.out -"}) {
		t.Errorf("%q, %v", got, err)
	}
}

// TestDamagedExecutables: a byte that is changed or missing gives an answer or an error.
func TestDamagedExecutables(t *testing.T) {
	thin := chrome.executable(binary.LittleEndian, true)
	for _, whole := range []string{thin, fat(false, thin), fat(true, thin)} {
		for i := range whole {
			for _, value := range []byte{0, 0xff, whole[i] ^ 0x10} {
				damaged := []byte(whole)
				damaged[i] = value
				macos.ReadSigners(bytes.NewReader(damaged))
			}
			if i < len(whole)-33 { // the hashes are not read
				if got, err := macos.ReadSigners(strings.NewReader(whole[:i])); err == nil {
					t.Errorf("of %d bytes %d are signed by %q", len(whole), i, got)
				}
			}
		}
	}
}

func FuzzSigners(f *testing.F) {
	thin := chrome.executable(binary.LittleEndian, true)
	big := chrome.executable(binary.BigEndian, false)
	for _, whole := range []string{thin, big, fat(false, thin, thin), fat(true, thin)} {
		f.Add([]byte(whole))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		signers, err := macos.ReadSigners(bytes.NewReader(data))
		if (err == nil) != (len(signers) > 0) {
			t.Errorf("%q, %v", signers, err)
		}
		for _, signer := range signers {
			if len(signer) > 511 || strings.Count(signer, " ") != 1 || strings.ContainsAny(signer, ";\x00\n") {
				t.Errorf("signer %q", signer)
			}
		}
	})
}

// TestSignatures: who signed is known by bundle id, of copies all; the sealed volume is not read.
func TestSignatures(t *testing.T) {
	info := recorded(t, "info-xml.plist")
	named := func(id, executable string) string {
		return `<plist><dict><key>CFBundleExecutable</key><string>` + executable + `</string>
			<key>CFBundleIdentifier</key><string>` + id + `</string></dict></plist>`
	}
	code := chrome.executable(binary.LittleEndian, true)
	files := map[string]string{
		"Applications/C.app/Contents/Info.plist": named("com.google.Chrome", "C"), "Applications/C.app/Contents/MacOS/C": code,
		"Users/ann/C.app/Contents/Info.plist": named("com.google.Chrome", "C"),
		"Users/ann/C.app/Contents/MacOS/C":    adHoc.executable(binary.LittleEndian, true),
		"Users/bob/C.app/Contents/Info.plist": named("com.google.Chrome", "C"), "Users/bob/C.app/Contents/MacOS/C": code,
		"Applications/S.app/Contents/Info.plist": named("com.example.script", "s"), "Applications/S.app/Contents/MacOS/s": "#!/bin/sh",
		"Applications/U.app/Contents/Info.plist":        named("com.example.up", "../../../C.app/Contents/MacOS/C"),
		"Applications/N.app/Contents/Info.plist":        info,
		"Applications/L.app/Contents/Info.plist":        strings.Repeat("long ", 1<<18),
		"System/Applications/A.app/Contents/Info.plist": named("com.apple.A", "A"), "System/Applications/A.app/Contents/MacOS/A": code,
		"System/Volumes/Data/D.app/Contents/Info.plist": named("com.example.D", "D"), "System/Volumes/Data/D.app/Contents/MacOS/D": code,
	}
	list := []inventory.Software{{Kind: "macos", Name: "no path"}, {Kind: "brew", Name: "keg", DiskPaths: []string{"/Applications/C.app"}}}
	for _, folder := range []string{"/Applications/C.app", "/Users/ann/C.app", "/Users/bob/C.app", "/Applications/S.app",
		"/Applications/U.app", "/Applications/N.app", "/Applications/L.app",
		"/System/Applications/A.app", "/System/Volumes/Data/D.app", "/Applications/gone.app"} {
		list = append(list, inventory.Software{Kind: "macos", Name: folder, DiskPaths: []string{folder}})
	}
	got, err := macos.Signatures(context.Background(), machine(t, files), list)
	want := map[string]string{"com.google.Chrome": "com.google.Chrome -; com.google.Chrome EQHXZ8M8AV",
		"com.example.D": "com.google.Chrome EQHXZ8M8AV"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
