package catalog

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/confirm"
	"github.com/muster-project/muster/internal/intel/cve"
	"github.com/muster-project/muster/internal/intel/maker"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/intel/titles"
)

// Config is what a catalog is merged with besides feeds.
type Config struct {
	// Overrides is the operator's alias table in the format of alias.txt. It takes precedence over
	// everything else. Empty: none.
	Overrides string
}

// Merge makes the catalog of feeds, in any order. It fails with an error that wraps alias.ErrFormat if
// the operator's alias table is invalid, and if feeds are too large.
func Merge(config Config, sources []Source) (*Catalog, error) {
	set, confirmed := titlesOf(sources)
	config.Overrides = confirm.Amend(config.Overrides, confirmed)
	operators, err := alias.Parse(config.Overrides)
	if err != nil {
		return nil, fmt.Errorf("overrides: %w", err)
	}
	aliases, err := titles.Parse(set)
	if err != nil {
		return nil, fmt.Errorf("titles: %w", err)
	}
	if err := withinLimits(sources); err != nil {
		return nil, err
	}
	m := &merger{
		Election: alias.Election{Aliases: aliases, Votes: map[subject.Title]alias.Ballot{}, Pairs: map[string]bool{}},
		sources: slices.SortedFunc(slices.Values(sources), func(a, b Source) int {
			return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Table.ID(), b.Table.ID()))
		}),
		curated: set, overrides: config.Overrides, attached: map[string][]run{},
	}
	if m.brought = append(m.brought, operators); set != titles.Default() {
		m.brought = append(m.brought, aliases)
	}
	tables := make([]*table.Table, len(m.sources))
	for i, s := range m.sources {
		tables[i] = s.Table
	}
	m.cves = cve.Unite(tables)
	m.count()
	m.spellings = maker.Tell(tables, m.cves, m.Pairs)
	m.Makers = maker.Sure(m.spellings)
	m.attach()
	m.collectSubjects()
	m.stateUpdates()
	x := m.index()
	return newCatalog(x, tables, catalogID(format.Sum(x.visit)))
}

// titlesOf returns the data set of titles: that of the feeds that have one, else muster's own; and the titles that
// people confirmed.
func titlesOf(sources []Source) (set, confirmed string) {
	var texts []string
	for _, s := range sources {
		for _, id := range s.Table.Aliases {
			if text := s.Table.Texts.Text(id); s.Name == confirm.Feed {
				confirmed = text
			} else {
				texts = append(texts, text)
			}
		}
	}
	if len(texts) == 0 {
		return titles.Default(), confirmed
	}
	slices.Sort(texts)
	return titles.Join(slices.Compact(texts)), confirmed
}

// withinLimits returns an error for feeds with far more content than all public sources together.
func withinLimits(sources []Source) error {
	if len(sources) > maxFeeds {
		return fmt.Errorf("%d feeds, a catalog has at most %d: %w", len(sources), maxFeeds, intel.ErrTooLarge)
	}
	weight := 0
	for _, s := range sources {
		if weight += s.Table.Weight; weight > table.MaxWeight {
			return fmt.Errorf("feed %q: all feeds together have more than %d statements on versions: %w", s.Name,
				table.MaxWeight, intel.ErrTooLarge)
		}
	}
	return nil
}
