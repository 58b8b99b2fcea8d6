package main

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// licencesOf returns the licences and notices of the modules that are linked into programs, and Go's:
// most of them ask to be passed on with the program. A module without one is an error.
func licencesOf(ctx context.Context, programs []program) ([]byte, error) {
	folders, err := foldersOf(ctx, programs)
	if err != nil {
		return nil, err
	}
	var all bytes.Buffer
	for _, module := range slices.Sorted(maps.Keys(folders)) {
		found := 0
		for _, pattern := range []string{"LICEN[SC]E*", "COPYING*", "NOTICE*", "LICENSES/*"} {
			paths, err := filepath.Glob(filepath.Join(folders[module], pattern))
			if err != nil {
				return nil, err
			}
			for _, path := range paths {
				if info, err := os.Stat(path); err == nil && info.IsDir() {
					continue // its files match the last pattern: https://reuse.software
				}
				text, err := os.ReadFile(path)
				if err != nil {
					return nil, err
				}
				found++
				fmt.Fprintf(&all, "==== %s: %s ====\n\n%s\n\n", module, filepath.Base(path),
					strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")))
			}
		}
		if found == 0 {
			return nil, fmt.Errorf("the module %s has no licence in %s", module, folders[module])
		}
	}
	return all.Bytes(), nil
}

// foldersOf returns the folders of modules, by their paths and versions.
func foldersOf(ctx context.Context, programs []program) (map[string]string, error) {
	root, err := exec.CommandContext(ctx, "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("asking for the folder of Go: %w", err)
	}
	folders := map[string]string{"Go": strings.TrimSpace(string(root))}
	paths := map[string]bool{}
	for _, p := range programs {
		info, err := buildinfo.Read(bytes.NewReader(p.content))
		if err != nil {
			return nil, fmt.Errorf("reading what is linked into %s: %w", p.name, err)
		}
		for _, module := range info.Deps {
			paths[module.Path] = true
		}
	}
	list := exec.CommandContext(ctx, "go", append([]string{"list", "-m", "-f", "{{.Path}} {{.Version}}\t{{.Dir}}"},
		slices.Sorted(maps.Keys(paths))...)...)
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("asking for the folders of modules: %w", err)
	}
	for line := range strings.Lines(string(out)) {
		module, folder, _ := strings.Cut(strings.TrimSpace(line), "\t")
		folders[module] = folder
	}
	return folders, nil
}
