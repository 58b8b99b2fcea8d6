package catalog

import (
	"cmp"
	"strings"

	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/cpe"
	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/intel/maker"
	"github.com/muster-project/muster/internal/intel/rule"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/version"
)

// resolve takes the steps of matching.md, 1.4: the first that answers decides. What the component has
// in the place of a version may be a range, which is compared with nothing.
func (c resolver) resolve(r *Component) resolution {
	found := c.find(r)
	if version.IsRange(found.installed) {
		found.installed, found.compared = "", nil
	}
	return found
}

func (c resolver) find(r *Component) resolution {
	if found, ok := c.byAliases(r, c.operators, RuleOverride); ok {
		return found
	}
	if r.Kind == kindSystem {
		return c.resolveSystem(r)
	}
	purl := ecosystem.ParsePURL(r.PURL)
	if isPackageKind(r.Kind) || isPackageKind(purl.Type) {
		return c.resolvePackage(r, purl)
	}
	if l, ok := ecosystem.LanguageOf(purl.Type); ok {
		return c.resolveLanguage(r, l, purl)
	}
	if l, ok := ecosystem.LanguageOf(r.Kind); ok {
		return c.resolveLanguage(r, l, purl)
	}
	if found, ok := c.byCPE(r); ok {
		return found
	}
	if found, ok := c.byAliases(r, c.curated, RuleAlias); ok {
		return found
	}
	return c.byKnownNames(r)
}

func isPackageKind(kind string) bool {
	return kind == "deb" || kind == "rpm" || kind == "apk" || kind == "alpm"
}

// byCPE uses the CPE of a component if the catalog knows its pair: tools that make CPEs from names
// make wrong ones, which nothing else uses.
func (c resolver) byCPE(r *Component) (resolution, bool) {
	if r.CPE == "" {
		return resolution{}, false
	}
	name, err := cpe.Parse(r.CPE)
	if err != nil || name.Part != "a" {
		return resolution{}, false
	}
	key := subject.CPE(name.Part, name.Vendor, name.Product)
	if !c.isIdentity(r, name, key) {
		return resolution{}, false
	}
	target, edition := name.Narrowing()
	found := c.toEdition(r, key, edition, RuleCPE)
	found.exact, found.edition, found.ofEntry = true, edition, false
	_, found.target = subject.TargetPlatforms(target)
	if ecosystem, ok := strings.CutPrefix(found.target, subject.PackagePrefix); ok {
		found.target, found.ecosystem = "", ecosystem
	}
	if r.Version == "" && name.Version != cpe.NA {
		found.installed, found.version = name.Version, shownVersion(r, name.Version)
	}
	if found.installed != "" && (r.Version == "" || r.Version == name.Version) {
		found.installed = table.Spelled(name.Product, cpe.WithUpdate(found.installed, name.Update))
	}
	return found, true
}

// isIdentity reports whether a CPE's pair, with its key, says which product a component is: the pair
// is curated, or feeds know it. A pair with one name for vendor and product is what tools guess, so
// feeds have to name versions like the component's, too.
func (c resolver) isIdentity(r *Component, name cpe.Name, key string) bool {
	if c.curated.ByPair(alias.Pair{Subject: key}) != nil {
		return true
	}
	number, known := c.findSubject(key)
	if !known || name.Vendor != name.Product {
		return known
	}
	return rule.Confirm(drafter(c).whole(number).versions, cmp.Or(r.Version, name.Version))
}

// byAliases looks a component up in an alias table.
func (c resolver) byAliases(r *Component, table *alias.Table, rule string) (resolution, bool) {
	found, ok := table.Find(alias.Entry{Kind: r.Kind, Vendor: r.Vendor, Name: r.Name, Version: r.Version, ID: r.BundleID,
		PURL: r.PURL})
	if !ok {
		return resolution{}, false
	}
	switch found.By {
	case alias.ByID:
		rule = special(rule, RuleBundle)
	case alias.ByPattern:
		rule = special(rule, RulePattern)
	}
	return curated(found.Product, r, found.Titled, rule), true
}

// special returns the rule of muster's own table that is meant in place of a title's; an operator's stays.
func special(rule, meant string) string {
	if rule == RuleAlias {
		return meant
	}
	return rule
}

// curated returns a component's resolution as a product of an alias table; titled is the version in its title.
func curated(p *alias.Product, r *Component, titled, rule string) resolution {
	if p.Excluded {
		found := unresolved(r)
		found.rule = RuleExcluded
		return found
	}
	found := resolution{
		vendor: p.Vendor, name: p.Name, version: shownVersion(r, r.Version), product: true, rule: rule,
		exact: true, pairs: p.Pairs, lifecycle: p.Lifecycle, installed: p.Transform.Apply(r.Version, titled),
	}
	if p.Transform.FromTitle() {
		found.version = shownVersion(r, found.installed)
	}
	if p.Unbounded {
		found.lack = lack{reason: coverage.NoFixedBuild}
	}
	found.ofEntry = p.OfFiles && r.SourceVersion == ""
	return found
}

// byKnownNames tries the titles that CVE records write beside a CPE, then the normalised pair, if
// exactly that one is known, then both by other names of the maker. All need the vendor's name.
func (c resolver) byKnownNames(r *Component) resolution {
	vendor, name := subject.CleanVendor(r.Vendor), subject.CleanName(r.Name, r.Version)
	if vendor == "" || name == "" || subject.IsNoName(vendor) {
		return unresolved(r)
	}
	readings := subject.Readings(r.Vendor, r.Name, r.Version)
	for _, key := range readings {
		if number, ok := c.findTitle(key); ok {
			if found, ok := c.byName(r, number, name, RuleMined); ok {
				return found
			}
		}
	}
	for _, t := range readings {
		if subject.IsNoName(t.Name) {
			continue
		}
		key := subject.CPE("a", subject.JoinWords(t.Vendor), subject.JoinWords(t.Name))
		if number, ok := c.findSubject(key); ok && c.isDesktop(number) {
			if found, ok := c.byName(r, number, name, RulePair); ok {
				return found
			}
		}
	}
	if found, ok := c.byMaker(r); ok {
		return found
	}
	return unresolved(r)
}

// toEdition resolves a component to an edition of a CPE pair: to the curated product that it is, if
// there is one, else to the pair.
func (c resolver) toEdition(r *Component, key, edition, rule string) resolution {
	if p := (alias.Pair{Subject: key, Edition: edition}); edition != "" && c.curated.ByPair(p) != nil {
		return c.toPair(r, p, rule)
	}
	return c.toPair(r, alias.Pair{Subject: key}, rule)
}

// byName resolves a component to a pair of its name, or to that pair's client, if the component may be that product.
func (c resolver) byName(r *Component, number uint32, name, rule string) (resolution, bool) {
	if other, ok := c.client(r, number, name); ok {
		number = other
	} else if !c.accepts(r, number, name) {
		return resolution{}, false
	}
	return c.toPair(r, alias.Pair{Subject: c.subjectKey(number)}, rule), true
}

// toPair resolves a component to a CPE pair, under the pair's curated identity or else its own words.
func (c resolver) toPair(r *Component, p alias.Pair, rule string) resolution {
	if known := c.curated.ByPair(p); known != nil && !known.Excluded {
		found := curated(known, r, "", rule)
		found.exact = false // a name led to the pair; byCPE knows better
		return found
	}
	vendor, name, _ := strings.Cut(p.Subject[len("a:"):], ":")
	return resolution{
		vendor: vendor, name: name, version: shownVersion(r, r.Version), product: true, rule: rule,
		pairs: []alias.Pair{p}, installed: r.Version,
	}
}

// byMaker looks an entry up under all names of its maker, as records spell them (matching.md, 1.7): as curated titles,
// as titles beside CPEs, and as the pair of vendor and name. Names that lead to several products lead to none.
func (c resolver) byMaker(r *Component) (resolution, bool) {
	vendor, texts := c.makers.Of(r.Vendor)
	name := subject.CleanName(r.Name, r.Version)
	match, known, agreed := maker.Agreed(texts, func(text string) (alias.Match, bool) {
		m, ok := c.curated.Find(alias.Entry{Kind: r.Kind, Vendor: text, Name: r.Name, Version: r.Version})
		return alias.Match{Product: m.Product, Titled: m.Titled}, ok
	})
	if vendor == "" || !agreed {
		return resolution{}, false
	}
	if known {
		found := curated(match.Product, r, match.Titled, RuleMaker)
		found.exact = false
		return found, true
	}
	number, known, agreed := maker.Agreed(texts, func(text string) (uint32, bool) {
		for _, t := range subject.ReadingsOf(text, r.Name, r.Version) {
			if number, ok := c.findTitle(t); ok {
				return number, true
			}
		}
		return 0, false
	})
	if !agreed {
		return resolution{}, false
	}
	if known {
		if found, ok := c.byName(r, number, name, RuleMaker); ok {
			return found, true
		}
	}
	for _, text := range texts {
		for _, t := range subject.ReadingsOf(text, r.Name, r.Version) {
			number, ok := c.findSubject(subject.CPE("a", vendor, subject.JoinWords(t.Name)))
			if !ok || !c.isDesktop(number) || subject.IsNoName(t.Name) {
				continue
			}
			if found, ok := c.byName(r, number, name, RuleMaker); ok {
				return found, true
			}
		}
	}
	return resolution{}, false
}
