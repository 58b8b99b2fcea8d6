// Make cuts the embedded sample of package sample out of full feeds.
//
// It reads the corpora in ../shared/data (see CONTRIBUTING.md) and keeps what choice.go names, and
// of that only facts: identifiers, dates, scores, products, versions, platforms and flags. Titles,
// descriptions, credits and references are dropped, because the structs for decoding have no
// fields for them. The rest is written in the format of its feed.
//
//	go run ./internal/intel/sample/make -from ../shared/data -to internal/intel/sample/data
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	from := flag.String("from", "../shared/data", "folder of the full feeds")
	to := flag.String("to", "internal/intel/sample/data", "folder to write the sample to")
	flag.Parse()
	if err := run(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, "make:", err)
		os.Exit(1)
	}
}

// run reads every feed, keeps what is supported by the others (a CVE needs a score), and writes
// the sample.
func run(from, to string) error {
	s := &cutter{from: from, scored: map[string]bool{}, kept: map[string]bool{}}
	steps := []struct {
		name string
		cut  func() ([]document, error)
	}{
		{"nvd/nvd.json.gz", s.nvd},
		{"overrides/overrides.tar.gz", s.overrides},
		{"debian/debian.tar.gz", s.debian},
		{"almalinux-8/almalinux-8.tar.gz", s.almaLinux("8")},
		{"almalinux-9/almalinux-9.tar.gz", s.almaLinux("9")},
		{"almalinux-10/almalinux-10.tar.gz", s.almaLinux("10")},
		{"ubuntu/ubuntu.tar.gz", s.ubuntu},
		{"vulnrichment/vulnrichment.tar.gz", s.records},
		{"kev/kev.json.gz", s.kev},
		{"endoflife/endoflife.json.gz", s.lifecycles},
	}
	if err := s.readRecords(); err != nil {
		return err
	}
	for _, step := range steps {
		documents, err := step.cut()
		if err != nil {
			return fmt.Errorf("cutting %q: %w", step.name, err)
		}
		size, err := write(to, step.name, documents)
		if err != nil {
			return err
		}
		fmt.Printf("%-36s %6d documents %9d bytes\n", step.name, len(documents), size)
	}
	return nil
}
