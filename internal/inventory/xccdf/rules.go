package xccdf

import (
	"encoding/xml"

	"github.com/muster-project/muster/internal/inventory/markup"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// benchmark reads a benchmark, and the results in it.
func (d *document) benchmark(e xml.StartElement) error {
	b := &benchmark{id: markup.Attribute(e, "id"), rules: map[string]*rule{}}
	d.benchmarks = append(d.benchmarks, b)
	if err := d.keep(len(b.id) + 200); err != nil {
		return err
	}
	return d.items(b, nil)
}

// items reads what a benchmark or a group consists of.
func (d *document) items(b *benchmark, in *group) error {
	return d.Children(func(e xml.StartElement) error {
		switch {
		case !isXCCDF(e.Name):
		case e.Name.Local == "title" && in != nil && (in.title == "" || english(e)):
			title, err := d.text(maxTitle)
			in.called(title)
			return err
		case e.Name.Local == "Group":
			return d.items(b, &group{outer: in})
		case e.Name.Local == "Rule":
			return d.rule(e, b, in)
		case e.Name.Local == "TestResult":
			return d.run(e, b.id)
		}
		return d.Skip()
	})
}

// rule reads a rule.
func (d *document) rule(e xml.StartElement, b *benchmark, in *group) error {
	if d.rules++; d.rules > maxRules {
		return parse.TooMany(maxRules)
	}
	r := &rule{severity: markup.Attribute(e, "severity"), weight: markup.Attribute(e, "weight")}
	if in != nil {
		r.category, r.subcategory = in.ofRules(), in.title
	}
	var description, fix string
	var known references
	err := d.Children(func(e xml.StartElement) (err error) {
		switch {
		case !isXCCDF(e.Name):
			err = d.Skip()
		case e.Name.Local == "title" && (r.title == "" || english(e)):
			r.title, err = d.text(maxTitle)
		case e.Name.Local == "description" && (description == "" || english(e)):
			description, err = d.text(maxRemedy)
		case e.Name.Local == "fixtext" && (fix == "" || english(e)):
			fix, err = d.text(maxRemedy)
		case e.Name.Local == "version", e.Name.Local == "ident", e.Name.Local == "reference":
			err = d.reference(e, &known)
		default:
			err = d.Skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	if r.remedy = fix; fix == "" {
		r.remedy = description
	}
	r.references = known.best()
	id := markup.Attribute(e, "id")
	b.rules[id] = r
	return d.keep(r.size() + len(id))
}
