package library_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/library"
	"github.com/muster-project/muster/internal/testneed"
)

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestReadVersion(t *testing.T) {
	for name, want := range map[string]string{
		"libcrypto-3-x64.dll": "3.0.13.0 3.0.13 The OpenSSL Toolkit", "libssl-1_1.dll": "1.1.1.23 1.1.1w The OpenSSL Toolkit",
	} {
		v, err := library.ReadVersion(bytes.NewReader(readFile(t, "testdata/"+name)))
		if got := fmt.Sprint(v.Number, " ", v.Texts["ProductVersion"], " ", v.Texts["ProductName"]); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", name, got, err, want)
		}
		if v.Texts["OriginalFilename"] != name {
			t.Errorf("%s says that it is %q", name, v.Texts["OriginalFilename"])
		}
	}
	if _, err := library.ReadVersion(strings.NewReader("MZ")); err == nil {
		t.Error("two bytes have a version")
	}
}

// TestForeignExecutable reads a file that other tools made.
func TestForeignExecutable(t *testing.T) {
	out, err := exec.Command(testneed.Command(t, "go"), "list", "-m", "-f", "{{.Dir}}", "github.com/google/osv-scalibr").Output()
	folder := strings.TrimSpace(string(out))
	if err != nil || folder == "" {
		t.Skip("the module is not here")
	}
	name := filepath.Join(folder, "extractor/filesystem/language/dotnet/dotnetpe/testdata/HelloWorldApp.dll")
	v, err := library.ReadVersion(bytes.NewReader(readFile(t, name)))
	if err != nil || v.Number != "1.0.0.0" || v.Texts["CompanyName"] != "HelloWorldApp" || v.Texts["ProductVersion"] != "1.0.0" {
		t.Errorf("%+v, %v", v, err)
	}
}

// TestDamagedExecutables: each byte of the headers and the resource, changed or missing, gives an answer or an error.
func TestDamagedExecutables(t *testing.T) {
	whole := readFile(t, "testdata/libssl-1_1.dll")
	for i := range whole {
		for _, value := range []byte{0, 0xff, whole[i] ^ 0x10} {
			damaged := slices.Clone(whole)
			damaged[i] = value
			library.ReadVersion(bytes.NewReader(damaged))
		}
		library.ReadVersion(bytes.NewReader(whole[:i]))
	}
}

func FuzzReadVersion(f *testing.F) {
	f.Add(readFile(f, "testdata/libcrypto-3-x64.dll"))
	f.Add(readFile(f, "testdata/libssl-1_1.dll"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if v, err := library.ReadVersion(bytes.NewReader(data)); err == nil && len(v.Texts) > 1000 {
			t.Errorf("%d texts", len(v.Texts))
		}
	})
}

// find looks for libraries in a prepared folder.
func find(t *testing.T, files map[string]string) (library.Found, error) {
	t.Helper()
	root, err := disk.OpenRoot(collecttest.LayMachine(t, files))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	ctx := context.Background()
	return library.Find(ctx, disk.NewTree(ctx, root, 1<<20, false).Walking())
}

func TestFind(t *testing.T) {
	three, one := string(readFile(t, "testdata/libcrypto-3-x64.dll")), string(readFile(t, "testdata/libssl-1_1.dll"))
	libre := strings.ReplaceAll(three, "O\x00p\x00e\x00n\x00S\x00S\x00L\x00", "L\x00i\x00b\x00r\x00S\x00S\x00L\x00")
	deep := strings.Repeat("d/", 8)
	got, err := find(t, map[string]string{
		"Tool/libcrypto-3-x64.dll": three, "Tool/bin/LIBSSL-3-x64.DLL": three, "Other/libssl-1_1.dll": one,
		"Other/libcrypto-x.dll": "text", "Other/tool.dll": three, "Libre/libcrypto-52.dll": libre,
		"Link/libssl-3.dll": "-> ../Tool/libcrypto-3-x64.dll", "Loop": "-> .",
		deep + "libssl-3-x64.dll": three, deep + "e/libssl-3-x64.dll": three,
	})
	want := library.Found{Libraries: []library.Library{
		{Vendor: "The OpenSSL Project", Name: "OpenSSL", Version: "1.1.1w", Files: []string{"Other/libssl-1_1.dll"}},
		{Vendor: "The OpenSSL Project", Name: "OpenSSL", Version: "3.0.13",
			Files: []string{"Tool/bin/LIBSSL-3-x64.DLL", "Tool/libcrypto-3-x64.dll", deep + "libssl-3-x64.dll"}},
	}, Cut: []string{library.CutDepth}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}

// TestFindIsBounded: what is left out is said, and an end of time is an error.
func TestFindIsBounded(t *testing.T) {
	one := string(readFile(t, "testdata/libssl-1_1.dll"))
	many := map[string]string{}
	for i := range 1_002 {
		many[fmt.Sprintf("p%d/libssl-1_1.dll", i)] = one[:3584]
	}
	root, err := disk.OpenRoot(collecttest.LayMachine(t, many))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	ctx, cancel := context.WithCancel(context.Background())
	got, err := library.Find(ctx, disk.NewTree(ctx, root, 1<<30, false).Walking())
	if err != nil || len(got.Libraries) != 1 || len(got.Libraries[0].Files) != 1_000 ||
		!slices.Equal(got.Cut, []string{library.CutMany}) {
		t.Errorf("%d libraries, cut %q, %v", len(got.Libraries), got.Cut, err)
	}
	if got, err = library.Find(ctx, disk.NewTree(ctx, root, 10_000, false).Walking()); err != nil ||
		!slices.Equal(got.Cut, []string{library.CutFile}) {
		t.Errorf("few bytes: cut %q, %v", got.Cut, err)
	}
	cancel()
	if _, err := library.Find(ctx, disk.NewTree(ctx, root, 1<<30, false).Walking()); !errors.Is(err, context.Canceled) {
		t.Errorf("after the end: %v", err)
	}
}
