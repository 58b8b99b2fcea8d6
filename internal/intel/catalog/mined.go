package catalog

import (
	"cmp"
	"slices"
	"sort"
	"strings"

	"github.com/muster-project/muster/internal/intel/subject"
)

// electedTitle is a title that leads to a subject.
type electedTitle struct {
	subject.Title
	subject string
}

// electTitles returns the titles by which releases resolve: those whose winner
// is an application that runs on what muster knows.
func (m *maker) electTitles() []electedTitle {
	var list []electedTitle
	for t, votes := range m.votes {
		c, ok := votes.winner()
		if !ok || !strings.HasPrefix(c.subject, "a:") || !m.pairs[c.subject] {
			continue
		}
		if set, other := subject.TargetPlatforms(c.target); other == "" && set&^subject.OnMobile != subject.Nowhere {
			list = append(list, electedTitle{t, c.subject})
		}
	}
	slices.SortFunc(list, func(a, b electedTitle) int {
		return cmp.Or(strings.Compare(a.Vendor, b.Vendor), strings.Compare(a.Name, b.Name))
	})
	return list
}

func (m *maker) titleTable(titles []electedTitle) titleTable {
	subjects := make(map[string]uint32, len(m.subjects))
	for i, c := range m.subjects {
		subjects[c.key] = uint32(i)
	}
	var t titleTable
	for _, e := range titles {
		t.vendor = append(t.vendor, m.number(e.Vendor))
		t.name = append(t.name, m.number(e.Name))
		t.subject = append(t.subject, subjects[e.subject])
	}
	return t
}

// findTitle returns the subject of a mined title.
func (c *Catalog) findTitle(t subject.Title) (subject uint32, ok bool) {
	vendor, known := c.texts.find(t.Vendor)
	name, also := c.texts.find(t.Name)
	if !known || !also {
		return 0, false
	}
	i, found := sort.Find(len(c.titles.vendor), func(i int) int {
		return cmp.Or(cmp.Compare(vendor, c.titles.vendor[i]), cmp.Compare(name, c.titles.name[i]))
	})
	if !found {
		return 0, false
	}
	return c.titles.subject[i], true
}
