package xccdf

import (
	"encoding/xml"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/markup"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// run reads a test result in a benchmark, or alone.
func (d *document) run(e xml.StartElement, benchmark string) (err error) {
	if len(d.runs) == maxRuns {
		return parse.TooMany(maxRuns)
	}
	r := &run{benchmark: benchmark, asset: d.report, results: map[string]result{}, counts: map[string]int{},
		values: map[string]string{}}
	d.runs = append(d.runs, r)
	if r.ended, err = timeOf(markup.Attribute(e, "end-time")); err != nil {
		return parse.Within(err, "end-time")
	}
	if err := d.keep(len(r.asset) + 2<<10); err != nil {
		return err
	}
	return d.Children(func(e xml.StartElement) error {
		if !isXCCDF(e.Name) {
			return d.Skip()
		}
		switch e.Name.Local {
		case "benchmark":
			if r.benchmark == "" {
				r.benchmark = parse.Clip(benchmarkID(e), inventory.MaxName)
			}
		case "target", "target-address", "target-facts", "platform":
			return d.target(e, &r.machine)
		case "set-value":
			return d.value(e, r)
		case "rule-result":
			return d.result(e, r)
		}
		return d.Skip()
	})
}

// benchmarkID returns the id of the benchmark that a test result refers to. XCCDF 1.1 has its file only.
func benchmarkID(e xml.StartElement) string {
	if id := markup.Attribute(e, "id"); id != "" {
		return id
	}
	href := markup.Attribute(e, "href")
	return strings.TrimPrefix(href[strings.LastIndexByte(href, '/')+1:], "#")
}

// value reads a value that content was set to, for the texts that name it.
func (d *document) value(e xml.StartElement, r *run) error {
	text, err := d.text(maxValue)
	if err != nil {
		return err
	}
	id := markup.Attribute(e, "idref")
	r.values[id] = text
	return d.keep(len(id) + len(text) + 64)
}

// result reads the result of a rule.
func (d *document) result(e xml.StartElement, r *run) error {
	if d.results++; d.results > maxResults {
		return parse.TooMany(maxResults)
	}
	id, state, said := markup.Attribute(e, "idref"), -1, ""
	err := d.Children(func(e xml.StartElement) (err error) {
		if e.Name.Local != "result" || !isXCCDF(e.Name) {
			return d.Skip()
		}
		said, err = d.text(maxValue)
		for i, known := range states {
			if said == known {
				state = i
			}
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case id == "":
		return parse.Invalid("idref", "is missing")
	case state < 0:
		return parse.Invalid("result", "is %q, must be one of %s", parse.Clip(said, 64), strings.Join(states[:], ", "))
	}
	r.counts[states[state]]++
	one := result{state, markup.Attribute(e, "severity"), markup.Attribute(e, "weight")}
	if _, err := weightOf(one.weight); err != nil {
		return parse.Within(err, "weight")
	}
	before, again := r.results[id]
	if !again || one.state < before.state {
		r.results[id] = one
	}
	return d.keep(len(id) + len(one.severity) + len(one.weight) + 150)
}

// target reads an element of a test result that says what machine it is about.
func (d *document) target(e xml.StartElement, m *machine) error {
	switch e.Name.Local {
	case "platform":
		id := markup.Attribute(e, "idref")
		m.is(id)
		if err := d.keep(len(id)); err != nil {
			return err
		}
		return d.Skip()
	case "target-facts":
		return d.Children(func(e xml.StartElement) error { return d.fact(e, m) })
	}
	text, err := d.told()
	switch {
	case err != nil:
	case e.Name.Local == "target-address":
		m.reached(text)
	case m.target == "":
		m.target = text
	}
	return err
}

// fact reads a fact about a machine. Names of facts end alike, whoever defined them: "urn:xccdf:fact:…",
// "urn:scap:fact:…".
func (d *document) fact(e xml.StartElement, m *machine) error {
	name := markup.Attribute(e, "name")
	text, err := d.told()
	switch {
	case err != nil || text == "":
	case strings.HasSuffix(name, "asset:identifier:fqdn") && m.full == "":
		m.full = text
	case strings.HasSuffix(name, "asset:identifier:host_name") && m.host == "":
		m.host = text
	case strings.HasSuffix(name, "fact:scanner:name"):
		m.scanner.Name = text
	case strings.HasSuffix(name, "fact:scanner:version"):
		m.scanner.Version = text
	}
	return err
}

// told reads a text about a machine.
func (d *document) told() (string, error) {
	text, err := d.text(inventory.MaxName)
	if err != nil {
		return "", err
	}
	return text, d.keep(len(text))
}

// asset reads what ARF says of a machine.
func (d *document) asset(e xml.StartElement) error {
	id, m := markup.Attribute(e, "id"), &machine{}
	d.assets[id] = m
	if err := d.keep(len(id) + 1<<10); err != nil {
		return err
	}
	return d.assetOf(m)
}

// assetOf reads the elements of an asset, at any depth.
func (d *document) assetOf(m *machine) error {
	return d.Children(func(e xml.StartElement) (err error) {
		var text string
		switch e.Name.Local {
		case "fqdn":
			text, err = d.told()
			m.full = text
		case "hostname":
			text, err = d.told()
			m.host = text
		case "cpe":
			text, err = d.told()
			m.is(text)
		case "ip-v4", "ip-v6":
			text, err = d.told()
			m.reached(text)
		default:
			return d.assetOf(m)
		}
		return err
	})
}
