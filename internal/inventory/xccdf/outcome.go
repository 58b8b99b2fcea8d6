package xccdf

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// ErrNoDevice says that a document names no device, so the sender must. It is a parse.ErrInvalid.
var ErrNoDevice = fmt.Errorf("%w: no device", parse.ErrInvalid)

// Outcome is what a document says of a device.
type Outcome struct {
	Report *inventory.Report
	// Results counts the rules by the word for their result. Only pass, fixed, fail and notapplicable are in the report.
	Results map[string]int
}

// outcomes makes the reports of the runs, in the order of the document. Of runs of a benchmark on a machine the one
// that ended last counts; of several at a time, the last one.
func (d *document) outcomes(given inventory.Given) ([]Outcome, error) {
	type key struct{ name, source string }
	newest, names, order := map[key]*run{}, map[string]bool{}, []key{}
	for _, r := range d.runs {
		k := key{cmp.Or(given.Name, r.machine.name(d.assetOfRun(r))), sourceOf(r.benchmark)}
		if k.name == "" {
			return nil, fmt.Errorf("%w: the document names no device, so the parameter deviceName is required", ErrNoDevice)
		}
		names[inventory.NameKey(r.machine.name(d.assetOfRun(r)))] = true
		k.name = inventory.NameKey(k.name)
		before, ok := newest[k]
		if !ok {
			order = append(order, k)
		}
		if !ok || !r.ended.Before(before.ended) {
			newest[k] = r
		}
	}
	if given != (inventory.Given{}) && len(names) > 1 {
		return nil, parse.Invalid("device", "is given, but the document has results of %d devices", len(names))
	}
	var all []Outcome
	for _, k := range order {
		one, err := d.outcome(newest[k], k.source, given)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// outcome makes the report of a run.
func (d *document) outcome(r *run, source string, given inventory.Given) (Outcome, error) {
	asset := d.assetOfRun(r)
	configurations, err := d.configurations(r)
	if err != nil {
		return Outcome{}, err
	}
	report := &inventory.Report{Time: r.ended, Source: source, Collector: r.machine.scanner,
		Addresses: r.machine.addresses, Configurations: configurations}
	if len(report.Addresses) == 0 {
		report.Addresses = asset.addresses
	}
	report.Device.Name = r.machine.name(asset)
	if given.OSPlatform == "" && given.OSVersion == "" {
		report.Device.Supposed = true
		found := append(slices.Clip(r.machine.platforms), asset.platforms...)
		report.Device.OSPlatform, report.Device.OSVersion = system(found)
	}
	given.Override(&report.Device)
	if err := report.Validate(); err != nil {
		return Outcome{}, err
	}
	return Outcome{report, r.counts}, nil
}

// configurations returns the results of a run that judge a rule; not nil, since the run replaces the one before.
func (d *document) configurations(r *run) ([]inventory.Configuration, error) {
	rules, usual := d.rulesOf(r.benchmark), r.usualWeight()
	all := []inventory.Configuration{}
	for id, one := range r.results {
		c := inventory.Configuration{ConfigurationID: id, Applicable: true}
		switch states[one.state] {
		case "pass", "fixed":
			c.Compliant = true
		case "fail":
		case "notapplicable":
			c.Applicable = false
		default:
			continue
		}
		severity, weight := one.severity, one.weight
		if rule := rules[id]; rule != nil {
			c.Name, c.Remediation = fill(rule.title, r.values, maxTitle), fill(rule.remedy, r.values, maxRemedy)
			c.Category, c.Subcategory, c.References = rule.category, rule.subcategory, rule.references
			severity, weight = cmp.Or(severity, rule.severity), cmp.Or(weight, rule.weight)
			if err := d.keep(len(c.Name) + len(c.Remediation)); err != nil {
				return nil, err
			}
		}
		c.Impact = impactOf(severity, weight, usual)
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b inventory.Configuration) int {
		return cmp.Compare(a.ConfigurationID, b.ConfigurationID)
	})
	return all, nil
}

// sourceOf returns the source of results of a benchmark. Its numbers are left out: results of a new release of content
// replace those of the one before (decision 134).
func sourceOf(benchmark string) string {
	name := strings.TrimPrefix(benchmark, "xccdf_")
	publisher, product, ok := strings.Cut(name, "_benchmark_")
	if !ok {
		publisher, product = "", name
	}
	words := strings.FieldsFunc(product, func(r rune) bool { return strings.ContainsRune("-_. ", r) })
	kept := words[:0]
	for _, word := range words {
		if word = strings.TrimRight(word, "0123456789"); word != "" && (word[0] < '0' || word[0] > '9') && word != "v" {
			kept = append(kept, word)
		}
	}
	parts := slices.DeleteFunc([]string{"xccdf", publisher, strings.Join(kept, "_")}, func(s string) bool { return s == "" })
	return parse.Clip(strings.Join(parts, "/"), inventory.MaxName-4)
}
