//go:build !windows

package collect

import (
	"cmp"
	"context"
	"fmt"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/language"
	"github.com/muster-project/muster/internal/inventory/collect/packages"
)

// maxLanguageBytes bounds what is read of records of packages and of executables, in which few bytes are looked at.
const maxLanguageBytes = 1 << 30

// addLanguages adds the packages of languages to a report, and what was left out of them as facts. If they could not be
// looked for to the end, no software is reported: what an earlier report said of them would look removed.
func (m *machine) addLanguages(ctx context.Context, config Config, report *inventory.Report) {
	if report.Software == nil && len(m.warnings) > 0 {
		m.warn("libraries", errNoList) // a database that could not be read does not tell what it owns either
		return
	}
	type result struct {
		language.Found
		list string // of files, that an error is about
	}
	found, err := within(ctx, config.Time/sourceShare, func(ctx context.Context) (r result, err error) {
		r.Found, err = language.Find(ctx, m.For(ctx, maxLanguageBytes).Walking(), func(files map[string]bool) (err error) {
			r.list, err = (&packages.Machine{Tree: m.For(ctx, disk.MaxRead).Walking()}).MarkOwned(files)
			return err
		})
		return r, err
	})
	if err == nil {
		var list []inventory.Software
		for _, p := range found.Packages {
			list = append(list, softwareOf(&p))
		}
		err = addFound(report, "libraries", list, found.Cut)
	}
	if err != nil {
		m.warn(cmp.Or(found.list, "libraries"), fmt.Errorf("no software is reported: %w", err))
		report.Software = nil
	}
}

// softwareOf makes the entry of a package, as package sbom does of its package URL.
func softwareOf(p *language.Listed) inventory.Software {
	s := inventory.Software{Kind: p.Kind, Vendor: p.Namespace, Name: p.Name, Version: p.Version, PURL: p.PURL()}
	if s.Kind == "golang" {
		s.Kind = "go"
	}
	for _, file := range p.Files {
		s.DiskPaths = append(s.DiskPaths, below(file))
	}
	return s
}
