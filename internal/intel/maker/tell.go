package maker

import (
	"math"
	"strings"

	"github.com/muster-project/muster/internal/intel/cve"
	"github.com/muster-project/muster/internal/intel/table"
)

// Tell finds how the records of tables spell makers: by the texts that the records of one table write beside CPEs, and
// by the CVEs of which one table has a text and another has CPEs. cves are those of the tables; pairs are all pairs of
// CPEs, and whether one is known for desktops.
func Tell(tables []*table.Table, cves *cve.United, pairs map[string]bool) []Spelling {
	var said Spellings
	texts, makers := names{of: make([]uint32, len(cves.IDs))}, names{of: make([]uint32, len(cves.IDs))}
	for i, t := range tables {
		addTitles(&said, t)
		s, titles, subjects := &t.Statements, &t.Titles, &t.Subjects
		for row, text := range titles.Vendor {
			texts.add(t.Texts.Text(text), cves.Numbers[i], s.CVE[titles.Statements[row]:titles.Statements[row+1]])
		}
		for row, key := range subjects.Key {
			text := t.Texts.Text(key)
			if vendor, ok := vendorOf(text); ok && pairs[text] {
				makers.add(vendor, cves.Numbers[i], s.CVE[subjects.Statements[row]:subjects.Statements[row+1]])
			}
		}
	}
	for number := range texts.of {
		text, one := texts.at(number)
		if vendor, also := makers.at(number); one && also {
			said.AddCVE(text, vendor)
		}
	}
	vendors := map[string]bool{}
	for key := range pairs {
		if vendor, ok := vendorOf(key); ok {
			vendors[vendor] = true
		}
	}
	return said.List(func(vendor string) bool { return vendors[vendor] })
}

// addTitles counts the titles beside CPEs of a table.
func addTitles(said *Spellings, t *table.Table) {
	v := &t.Votes
	for i := range v.Count {
		if vendor, ok := vendorOf(t.Texts.Text(v.Subject[i])); ok {
			said.AddTitle(t.Texts.Text(v.Vendor[i]), vendor, int(v.Count[i]))
		}
	}
}

// vendorOf returns the vendor of a CPE pair's key.
func vendorOf(key string) (string, bool) {
	pair, ok := strings.CutPrefix(key, "a:")
	if !ok {
		pair, ok = strings.CutPrefix(key, "o:")
	}
	vendor, _, _ := strings.Cut(pair, ":")
	return vendor, ok && vendor != ""
}

// names has the one name that all sources give for each CVE.
type names struct {
	// of has the place of the name in list and one, 0 for none; several if there are several.
	of    []uint32
	list  []string
	known map[string]uint32
}

const several = math.MaxUint32

func (n *names) add(name string, numbers, cves []uint32) {
	if len(cves) == 0 {
		return
	}
	place, ok := n.known[name]
	if !ok {
		if n.known == nil {
			n.known = map[string]uint32{}
		}
		n.list = append(n.list, name)
		place = uint32(len(n.list))
		n.known[name] = place
	}
	for _, cve := range cves {
		if at := &n.of[numbers[cve]]; *at == 0 {
			*at = place
		} else if *at != place {
			*at = several
		}
	}
}

// at returns the only name of a CVE.
func (n *names) at(cve int) (string, bool) {
	place := n.of[cve]
	if place == 0 || place == several {
		return "", false
	}
	return n.list[place-1], true
}
