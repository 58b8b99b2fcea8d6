// Release makes the archives of a release: for each platform the programs, units and manuals, with an
// SBOM, the licences of what is linked, and SHA-256 sums. `make release` runs it in the root of the
// repository.
//
// The same commit and the same version of Go give the same bytes: programs are built with -trimpath and
// without cgo, entries are sorted and have fixed owners and modes, and every time is that of the commit
// (or SOURCE_DATE_EPOCH, https://reproducible-builds.org/specs/source-date-epoch/).
package main

import (
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

func main() {
	var r releasing
	platforms := flag.String("platforms", "linux/amd64,linux/arm64,windows/amd64,windows/arm64,darwin/amd64,darwin/arm64",
		"platforms, as GOOS/GOARCH, between commas or spaces")
	flag.StringVar(&r.version, "version", "unknown", "version of the release")
	flag.StringVar(&r.out, "out", "dist", "folder for the archives; made if there is none")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := r.make(ctx, strings.FieldsFunc(*platforms, func(r rune) bool { return r == ',' || r == ' ' })); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		stop()
		os.Exit(1)
	}
}

// releasing is the making of a release.
type releasing struct {
	version, out string
	// time is that of every file.
	time time.Time
}

// make makes the archives of platforms, and SHA256SUMS.
func (r *releasing) make(ctx context.Context, platforms []string) (err error) {
	if r.time, err = commitTime(ctx); err != nil {
		return err
	}
	if err := os.MkdirAll(r.out, 0o755); err != nil {
		return err
	}
	var made []string
	for _, platform := range platforms {
		goos, goarch, ok := strings.Cut(platform, "/")
		if !ok {
			return fmt.Errorf("the platform %q is not GOOS/GOARCH", platform)
		}
		names, err := r.platform(ctx, goos, goarch)
		if err != nil {
			return fmt.Errorf("releasing for %s: %w", platform, err)
		}
		made = append(made, names...)
	}
	slices.Sort(made)
	var sums strings.Builder
	for _, name := range made {
		content, err := os.ReadFile(filepath.Join(r.out, name))
		if err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(content), name)
	}
	return os.WriteFile(filepath.Join(r.out, "SHA256SUMS"), []byte(sums.String()), 0o644)
}

// platform makes the archive and the SBOM of a platform, and returns their names.
func (r *releasing) platform(ctx context.Context, goos, goarch string) (names []string, err error) {
	folder, err := os.MkdirTemp("", "muster-release-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	files, err := documents(goos)
	if err != nil {
		return nil, err
	}
	programs, err := r.build(ctx, folder, goos, goarch)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("muster-%s-%s-%s", r.version, goos, goarch)
	bill, err := billOf(programs, r.version, r.time)
	if err != nil {
		return nil, err
	}
	licences, err := licencesOf(ctx, programs)
	if err != nil {
		return nil, err
	}
	for _, p := range programs {
		files = append(files, file{name: p.name, content: p.content, program: true})
	}
	files = append(files, file{name: "sbom.cdx.json", content: bill}, file{name: "LICENCES.txt", content: licences})
	archive, pack := name+".tar.gz", packTar
	if goos == "windows" {
		archive, pack = name+".zip", packZip
	}
	if err := writeFile(filepath.Join(r.out, archive), name, files, r.time, pack); err != nil {
		return nil, err
	}
	names = []string{archive, name + ".sbom.cdx.json"}
	return names, os.WriteFile(filepath.Join(r.out, names[1]), bill, 0o644)
}

// build builds the server's program and the agent's.
func (r *releasing) build(ctx context.Context, folder, goos, goarch string) (programs []program, err error) {
	for _, name := range []string{"muster", "muster-agent"} {
		source := "./cmd/" + name
		if goos == "windows" {
			name += ".exe"
		}
		p := program{name: name, path: filepath.Join(folder, name)}
		line := []string{"build", "-trimpath", "-ldflags", "-s -w -X main.version=" + r.version}
		build := exec.CommandContext(ctx, "go", append(line, "-o", p.path, source)...)
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=", "GOOS="+goos, "GOARCH="+goarch,
			"GOAMD64=v1", "GOARM64=v8.0")
		if said, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("building %s: %w\n%s", name, err, said)
		}
		if p.content, err = os.ReadFile(p.path); err != nil {
			return nil, err
		}
		programs = append(programs, p)
	}
	return programs, nil
}

// commitTime is SOURCE_DATE_EPOCH, or the time of the commit.
func commitTime(ctx context.Context) (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		out, err := exec.CommandContext(ctx, "git", "log", "-1", "--format=%ct").Output()
		if err != nil {
			return time.Time{}, fmt.Errorf("asking git for the time of the commit: %w", err)
		}
		text = strings.TrimSpace(string(out))
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the time of the commit: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), nil
}
