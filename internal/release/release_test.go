package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"debug/buildinfo"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory/sbom"
	"github.com/muster-project/muster/internal/testneed"
)

const version = "v1.2.3"

// entry is a file of an archive.
type entry struct {
	header  *tar.Header
	content []byte
}

// unpack reads an archive, in order.
func unpack(t *testing.T, archive []byte) (all []entry) {
	t.Helper()
	inflated, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		t.Fatal(err)
	}
	r := tar.NewReader(inflated)
	for {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, entry{header, content})
	}
}

// TestReleaseIsReproducible makes a release for one platform twice, in surroundings that differ: the
// bytes are the same. The archive has what it should, its programs run, and sums and SBOM are right.
func TestReleaseIsReproducible(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the programs twice")
	}
	if runtime.GOOS != "linux" {
		t.Skip("the archive for Linux is made and its programs are run")
	}
	testneed.Command(t, "git")
	checksums := testneed.Command(t, "sha256sum")
	t.Chdir("../..")
	made := map[string]map[string][]byte{}
	for run, zone := range map[string]string{"first": "Pacific/Auckland", "second": "America/Caracas"} {
		t.Setenv("TZ", zone)
		t.Setenv("TMPDIR", t.TempDir())
		t.Setenv("SOURCE_DATE_EPOCH", "1795000000")
		r := releasing{version: version, out: filepath.Join(t.TempDir(), run)}
		if err := r.make(t.Context(), []string{"linux/" + runtime.GOARCH}); err != nil {
			t.Fatal(err)
		}
		made[run] = map[string][]byte{}
		entries, err := os.ReadDir(r.out)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if made[run][e.Name()], err = os.ReadFile(filepath.Join(r.out, e.Name())); err != nil {
				t.Fatal(err)
			}
		}
		check := exec.CommandContext(t.Context(), checksums, "-c", "SHA256SUMS")
		check.Dir = r.out
		if said, err := check.CombinedOutput(); err != nil || bytes.Count(said, []byte(": OK\n")) != len(entries)-1 {
			t.Errorf("sha256sum: %v\n%s", err, said)
		}
	}
	for name, content := range made["first"] {
		if !bytes.Equal(content, made["second"][name]) {
			t.Errorf("%s differs from one run to the next", name)
		}
	}
	name := "muster-" + version + "-linux-" + runtime.GOARCH
	archive := unpack(t, made["first"][name+".tar.gz"])
	checkArchive(t, name, archive)
	content := map[string][]byte{}
	for _, e := range archive {
		content[strings.TrimPrefix(e.header.Name, name+"/")] = e.content
	}
	checkPrograms(t, content)
	if !bytes.Equal(content["sbom.cdx.json"], made["first"][name+".sbom.cdx.json"]) {
		t.Error("the SBOM beside the archive is not the one in it")
	}
}

// checkArchive checks names, order, modes, owners and times.
func checkArchive(t *testing.T, folder string, archive []entry) {
	t.Helper()
	var names []string
	for _, e := range archive {
		h := e.header
		name, ok := strings.CutPrefix(h.Name, folder+"/")
		mode := int64(0o644)
		if name == "muster" || name == "muster-agent" {
			mode = 0o755
		}
		if !ok || h.Typeflag != tar.TypeReg || h.Mode != mode || h.Uid != 0 || h.Gid != 0 ||
			!h.ModTime.Equal(time.Unix(1795000000, 0)) {
			t.Errorf("%+v", h)
		}
		names = append(names, name)
	}
	if !slices.IsSorted(names) {
		t.Errorf("entries are not sorted: %v", names)
	}
	for _, want := range []string{"muster", "muster-agent", "LICENSE", "LICENCES.txt", "README.md", "sbom.cdx.json",
		"deploy/systemd/muster.service", "deploy/systemd/muster-agent.service", "deploy/prometheus/muster.rules.yml",
		"deploy/grafana/muster.json", "doc/operations.md"} {
		if !slices.Contains(names, want) {
			t.Errorf("the archive has no %s", want)
		}
	}
}

// checkPrograms runs the programs, and compares the SBOM with what is linked into them.
func checkPrograms(t *testing.T, content map[string][]byte) {
	t.Helper()
	report, err := sbom.DecodeCycloneDX(bytes.NewReader(content["sbom.cdx.json"]), sbom.Identity{DeviceName: "release"})
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, s := range report.Software {
		told = append(told, s.PURL)
	}
	var want []string
	for name, most := range map[string]int{"muster": 60e6, "muster-agent": 10e6} { // bytes (CONTRIBUTING.md)
		if size := len(content[name]); size >= most {
			t.Errorf("%s has %d bytes, at most %d are allowed", name, size, most)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, content[name], 0o700); err != nil {
			t.Fatal(err)
		}
		said, err := exec.CommandContext(t.Context(), path, "--version").CombinedOutput()
		if err != nil || !strings.Contains(string(said), version) {
			t.Errorf("%s --version: %v: %s", name, err, said)
		}
		info, err := buildinfo.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, "pkg:golang/std@"+strings.TrimPrefix(info.GoVersion, "go"))
		for _, module := range info.Deps {
			want = append(want, packageURL(module))
			heading := regexp.MustCompile(`(?m)^==== ` + regexp.QuoteMeta(module.Path+" "+module.Version) + `: `)
			if !heading.Match(content["LICENCES.txt"]) {
				t.Errorf("LICENCES.txt has nothing of %s", module.Path)
			}
		}
	}
	slices.Sort(want)
	slices.Sort(told)
	told = slices.DeleteFunc(told, func(purl string) bool { return purl == "" }) // the programs
	if diff := cmp.Diff(slices.Compact(want), slices.Compact(told)); diff != "" {
		t.Errorf("modules (-linked +SBOM):\n%s", diff)
	}
}

// A platform without units, or that is none, is refused before anything is built.
func TestUnknownPlatforms(t *testing.T) {
	t.Chdir("../..")
	for _, platform := range []string{"linux", "plan9/amd64"} {
		t.Setenv("SOURCE_DATE_EPOCH", "1795000000")
		r := releasing{version: version, out: t.TempDir()}
		if err := r.make(t.Context(), []string{platform}); err == nil {
			t.Errorf("%s was released", platform)
		}
	}
}
