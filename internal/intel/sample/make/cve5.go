package main

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/cpe"
)

// The largest lengths of a product's name and version, in bytes. Longer text is prose.
const (
	maxName    = 96
	maxVersion = 64
)

// isFact reports whether a text may be a name or version, and is not prose or a link.
func isFact(text string, longest int) bool {
	return len(text) <= longest && !strings.Contains(text, "://")
}

// readRecords reads all CVE records with a score.
func (s *cutter) readRecords() error {
	s.all = map[string]*record{}
	return s.read("cve5", "vulnrichment-develop.tar.gz/", func(_ string, data []byte) error {
		r := &record{}
		if err := json.Unmarshal(data, r); err != nil || r.Metadata.State != "PUBLISHED" {
			return nil // one of the few odd records, or a rejected one
		}
		if r.cut() {
			s.all[r.Metadata.ID] = r
			s.scored[r.Metadata.ID] = true
		}
		return nil
	})
}

// records returns the CVE records of the chosen products, and of CVEs in other documents of the
// sample.
func (s *cutter) records() ([]document, error) {
	for id, r := range s.all {
		if r.isOfProduct() {
			s.kept[id] = true
		}
	}
	var out documents
	for id, r := range s.all {
		if s.kept[id] {
			out.add(path5(id), r)
		}
	}
	return out.sorted()
}

// path5 returns the path of a record in the archives of CVE records:
// "2024/9xxx/CVE-2024-9680.json".
func path5(id string) string {
	_, year, _ := strings.Cut(id, "-")
	year, number, _ := strings.Cut(year, "-")
	return year + "/" + number[:len(number)-3] + "xxx/" + id + ".json"
}

// cut removes everything outside the sample and reports whether the CVE has a score.
func (r *record) cut() (scored bool) {
	scored = r.Containers.CNA.cut()
	for i := range r.Containers.ADP {
		scored = r.Containers.ADP[i].cut() || scored
	}
	r.Containers.ADP = slices.DeleteFunc(r.Containers.ADP, func(c container) bool {
		return len(c.Affected)+len(c.Metrics)+len(c.References) == 0
	})
	return scored
}

func (r *record) isOfProduct() bool {
	return slices.ContainsFunc(append(r.Containers.ADP, r.Containers.CNA), func(c container) bool {
		return len(c.Affected) > 0
	})
}

func (c *container) cut() (scored bool) {
	c.Affected = slices.DeleteFunc(c.Affected, func(p product) bool { return !p.isChosen() })
	for i := range c.Affected {
		c.Affected[i].cut()
	}
	for i := range c.Metrics {
		scored = c.Metrics[i].cut() || scored
	}
	c.Metrics = slices.DeleteFunc(c.Metrics, func(m metric) bool { return m == metric{} })
	c.References = exploitTag(c.References)
	return scored
}

// isChosen reports whether an entry is about a product of the sample, by its CPEs if it has any.
func (p *product) isChosen() bool {
	if !isFact(p.Vendor, maxName) || !isFact(p.Product, maxName) {
		return false
	}
	if len(p.CPEs) == 0 {
		return isProductText(p.Vendor, p.Product)
	}
	return slices.ContainsFunc(p.CPEs, isChosenCPE)
}

func isChosenCPE(text string) bool {
	name, err := cpe.Parse(text)
	return err == nil && isProduct(name.Part, name.Vendor, name.Product)
}

func (p *product) cut() {
	p.Platforms = slices.DeleteFunc(p.Platforms, func(text string) bool { return !isFact(text, maxName) })
	p.Versions = slices.DeleteFunc(p.Versions, func(v version) bool {
		return !isFact(v.Version, maxVersion) || !isFact(v.LessThan, maxVersion) || !isFact(v.LessThanOrEqual, maxVersion) ||
			v.isAbsurd()
	})
}

// isAbsurd reports whether a range ends before it begins: the sample has no record with a remark.
func (v version) isAbsurd() bool {
	return intel.Range{Low: v.Version, High: cmp.Or(v.LessThan, v.LessThanOrEqual), HighIncluded: true}.IsEmpty()
}

// cut keeps only scores, the decision on exploitation and the note on KEV.
func (m *metric) cut() (scored bool) {
	if m.Other != nil {
		m.Other.Content.Options = slices.DeleteFunc(m.Other.Content.Options, func(o option) bool { return o == option{} })
		if m.Other.Type != "ssvc" && m.Other.Type != "kev" {
			m.Other = nil
		}
	}
	for _, s := range []*score{m.V31, m.V30, m.V40, m.V20} {
		scored = scored || s != nil && s.Vector != ""
	}
	return scored
}

func exploitTag(references []reference) []reference {
	for _, r := range references {
		if slices.Contains(r.Tags, "exploit") {
			return []reference{{Tags: []string{"exploit"}}}
		}
	}
	return nil
}
