package rule

import (
	"slices"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/version"
)

// Compiled is a subject with its rules: exact ones first, by version, then ranges by upper end.
type Compiled struct {
	Scheme   version.Scheme
	Versions []string
	Rules    []Rule
}

// Compile turns the statements on one subject into rules.
func Compile(key string, statements []Statement) Compiled {
	var c Compiled
	scheme, ok := subject.SchemeOf(key)
	if !ok {
		return c
	}
	statements, _ = spoken(statements)
	if scheme == version.Generic { // ranges of packages mean what they say (matching.md, 3.2)
		closeBranches(statements)
	}
	c.Scheme = scheme
	c.Versions = sortVersions(scheme, boundsOf(statements))
	o := NewOrder(scheme, c.Versions)
	o.places = map[string]uint32{}
	for _, one := range claimsOf(statements, o) {
		w := newScale(one)
		for i := range one {
			c.Rules = one[i].denials(c.Rules)
			for k := range one[i].spans {
				c.Rules = w.weigh(&one[i], &one[i].spans[k]).rules(c.Rules)
			}
		}
	}
	c.Rules = distinct(c.Rules)
	slices.SortFunc(c.Rules, compareForSearch)
	return c
}

// closeBranches closes the branches of the statements of one author in one document about one CVE.
func closeBranches(statements []Statement) {
	type document struct {
		cve, source uint32
		trust       table.Trust
	}
	bounds := map[document][]string{}
	for _, s := range statements {
		for _, r := range s.Ranges {
			if isOpenBelow(r) {
				d := document{s.CVE, s.Source, s.Trust}
				bounds[d] = append(bounds[d], r.High)
			}
		}
	}
	known := map[document]branches{}
	for d, b := range bounds {
		if len(b) > 1 {
			known[d] = branchesOf(b)
		}
	}
	for i, s := range statements {
		if b, ok := known[document{s.CVE, s.Source, s.Trust}]; ok {
			statements[i].Ranges = make([]intel.Range, len(s.Ranges))
			for k, r := range s.Ranges {
				statements[i].Ranges[k] = closeBranch(r, b)
			}
		}
	}
}

func boundsOf(statements []Statement) []string {
	var texts []string
	for _, s := range statements {
		for _, r := range s.Ranges {
			for _, text := range [...]string{r.Exact, r.Low, r.High} {
				if text != "" {
					texts = append(texts, text)
				}
			}
		}
	}
	return texts
}
