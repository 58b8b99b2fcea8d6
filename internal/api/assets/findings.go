package assets

import (
	"context"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/odata"
)

// finding describes a finding.
func finding(f *answer.Finding) defender.MachineVulnerability {
	v := defender.MachineVulnerability{CVEID: f.CVE, MachineID: f.Device.ID, FixingKBID: fixingKB(f),
		ProductName: f.Name, ProductVendor: f.Vendor, ProductVersion: f.Version, Severity: f.Severity}
	if v.Severity == "" {
		v.Severity = defender.SeverityNone
	}
	kb := ""
	if v.FixingKBID != nil {
		kb = *v.FixingKBID
	}
	v.ID = strings.Join([]string{v.MachineID, v.CVEID, v.ProductVendor, v.ProductName, v.ProductVersion, kb},
		defender.IDSeparator)
	return v
}

// fixingKB returns the number of the KB that fixes a finding; nil if none is known. Updates of other
// vendors have ids, too.
func fixingKB(f *answer.Finding) *string {
	id := f.Update.ID
	if !strings.HasPrefix(f.Device.OSPlatform, "Windows") || id == "" || strings.Trim(id, "0123456789") != "" {
		return nil
	}
	return &id
}

var findingSchema = newObject[defender.MachineVulnerability]().schema

// findings is the list of all findings. Without $orderby they are by RBAC group, machine, software and
// CVE; $orderby=machineId has them by machine across groups.
func findings(ctx context.Context, s *source, o *options) (list[defender.MachineVulnerability], error) {
	by := o.orders.List
	if o.filter == nil && len(by) == 1 && !by[0].Descending && findingSchema.Field(by[0].Field).Name == "machineId" {
		return findingsByMachine(ctx, s)
	}
	narrowed, rest := narrow(ctx, s, o.filter)
	o.filter = nil
	total, err := s.view.CountFindings(ctx, narrowed)
	l := list[defender.MachineVulnerability]{total: total,
		read: func(ctx context.Context, skip int64, limit int) ([]defender.MachineVulnerability, error) {
			found, err := s.view.Findings(ctx, narrowed, answer.Page{Skip: skip, Limit: limit})
			return described(found.Rows, finding), err
		}}
	for _, part := range rest {
		l.wanted = append(l.wanted, func(v *defender.MachineVulnerability) bool { return part.Match(rowOf(v)) })
	}
	return l, err
}

// findingsByMachine is the list of all findings by machine across groups.
func findingsByMachine(ctx context.Context, s *source) (list[defender.MachineVulnerability], error) {
	order, err := s.order(ctx)
	if err != nil {
		return list[defender.MachineVulnerability]{}, err
	}
	l := list[defender.MachineVulnerability]{ordered: true,
		read: func(ctx context.Context, skip int64, limit int) ([]defender.MachineVulnerability, error) {
			found, err := order.readFindings(ctx, s.view, skip, limit)
			return described(found, finding), err
		}}
	for _, n := range order.total.findings {
		l.total += n
	}
	return l, nil
}

// narrow takes what it can of a filter as an index. It returns the parts that must be asked of each row.
func narrow(ctx context.Context, s *source, f *odata.Filter) (answer.Filter, []*odata.Filter) {
	narrowed := answer.Filter{CVEs: onlyCVEs}
	var rest []*odata.Filter
	for _, part := range f.Parts() {
		if fields := part.Fields(); len(fields) != 1 || !narrowBy(ctx, s, &narrowed, part, fields[0]) {
			rest = append(rest, part)
		}
	}
	return narrowed, rest
}

// narrowBy takes a part that is about one key, if an index has it; then no row has to be asked.
func narrowBy(ctx context.Context, s *source, to *answer.Filter, part *odata.Filter, field int) bool {
	switch findingSchema.Field(field).Name {
	case "cveId":
		before := to.CVEs
		to.CVEs = func(id string) bool {
			return before(id) && part.Match(rowOf(&defender.MachineVulnerability{CVEID: id}))
		}
		return true
	case "severity":
		var some []string
		for _, level := range append([]string{""}, ordered["severity"]...) {
			v := defender.MachineVulnerability{Severity: level}
			if level == "" {
				v.Severity = defender.SeverityNone
			}
			if part.Match(rowOf(&v)) && (to.Severity == nil || contains(to.Severity, level)) {
				some = append(some, level)
			}
		}
		if some == nil {
			some = []string{"nothing"}
		}
		to.Severity = some
		return true
	case "machineId":
		ids, ok := part.Equals(field)
		if !ok || len(ids) != 1 || to.Device != "" {
			return false
		}
		to.Device = ids[0]
		return true
	case "productName":
		name, ok := one(ctx, s, part, func(p *answer.Product) (defender.MachineVulnerability, string) {
			return defender.MachineVulnerability{ProductName: p.Name}, p.Name
		})
		if ok && to.Name == "" {
			to.Name = name
			return true
		}
	case "productVendor":
		vendor, ok := one(ctx, s, part, func(p *answer.Product) (defender.MachineVulnerability, string) {
			return defender.MachineVulnerability{ProductVendor: p.Vendor}, p.Vendor
		})
		if ok && to.Vendor == "" {
			to.Vendor = vendor
			return true
		}
	}
	return false
}

func contains(list []string, text string) bool {
	for _, one := range list {
		if one == text {
			return true
		}
	}
	return false
}

// one returns the only text of products that a part of a filter matches; false if several match, or none.
func one(ctx context.Context, s *source, part *odata.Filter,
	of func(*answer.Product) (defender.MachineVulnerability, string)) (found string, ok bool) {
	products, err := s.view.Products(ctx)
	if err != nil {
		return "", false // the list itself has the same error
	}
	for i := range products {
		v, text := of(&products[i])
		if text == found || !part.Match(rowOf(&v)) {
			continue
		}
		if ok {
			return "", false
		}
		found, ok = text, true
	}
	return found, ok && found != ""
}
