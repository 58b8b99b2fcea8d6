package assets

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/odata"
	software "github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// finding describes a finding.
func finding(f *answer.Finding) defender.MachineVulnerability {
	v := defender.MachineVulnerability{CVEID: f.CVE, MachineID: f.Device.ID, FixingKBID: fixingKB(f),
		ProductName: f.Name, ProductVendor: f.Vendor, ProductVersion: f.Version, Severity: levelOf(f.Finding)}
	kb := ""
	if v.FixingKBID != nil {
		kb = *v.FixingKBID
	}
	v.ID = strings.Join([]string{v.MachineID, v.CVEID, v.ProductVendor, v.ProductName, v.ProductVersion, kb},
		defender.IDSeparator)
	return v
}

// levelOf returns the severity of a finding as these lists spell it.
func levelOf(f *projection.Finding) string {
	return cmp.Or(f.Severity, defender.SeverityNone)
}

// fixingKB returns the number of the KB that fixes a finding; nil if none is known. Updates of other
// vendors have ids, too.
func fixingKB(f *answer.Finding) *string {
	if !strings.HasPrefix(f.Device.OSPlatform, "Windows") {
		return nil
	}
	return kbOf(f.Update.ID)
}

// kbOf returns the id of an update if it is the number of a KB; else nil.
func kbOf(update string) *string {
	if update == "" || strings.Trim(update, "0123456789") != "" {
		return nil
	}
	return &update
}

var findingSchema = newObject[defender.MachineVulnerability]().schema

// findings is the list of all findings. Without $orderby they are by RBAC group, machine, software and
// CVE; $orderby=machineId has them by machine across groups.
func findings(ctx context.Context, s *source, o *options) (list[defender.MachineVulnerability], error) {
	by := o.orders.List
	if o.filter == nil && len(by) == 1 && !by[0].Descending && findingSchema.Field(by[0].Field).Name == "machineId" {
		return findingsByMachine(ctx, s)
	}
	narrowed, rest := narrow(o.filter)
	o.filter = nil
	total, err := s.view.CountFindings(ctx, narrowed)
	l := list[defender.MachineVulnerability]{total: total, passes: narrowed.Devices != nil,
		read: func(ctx context.Context, skip int64, limit int) ([]defender.MachineVulnerability, error) {
			found, err := s.view.Findings(ctx, narrowed, answer.Page{Skip: skip, Limit: limit})
			return described(found.Rows, finding), err
		},
		each: func(ctx context.Context, skip int64, yield func(*defender.MachineVulnerability, int64) bool) error {
			return s.view.EachFinding(ctx, narrowed, skip, func(f *answer.Finding, after int64) bool {
				one := finding(f)
				return yield(&one, after)
			})
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
func narrow(f *odata.Filter) (answer.Filter, []*odata.Filter) {
	n := narrowing{Filter: answer.Filter{CVEs: onlyCVEs, Key: "findings " + f.String()}}
	for _, part := range f.Parts() {
		n.narrow(part)
	}
	return n.Filter, n.rest
}

// narrowing is an index that parts of a filter are added to, and the parts that must be asked of each row.
type narrowing struct {
	answer.Filter
	rest []*odata.Filter
}

// narrow adds a part: to what is asked least often and has all the keys that the part is about.
func (n *narrowing) narrow(part *odata.Filter) {
	about := map[string]bool{}
	for _, field := range part.Fields() {
		about[findingSchema.Field(field).Name] = true
	}
	only := func(keys ...string) bool {
		for key := range about {
			if !slices.Contains(keys, key) {
				return false
			}
		}
		return true
	}
	switch {
	case only("cveId"):
		both(&n.CVEs, func(id string) bool { return part.Match(rowOf(&defender.MachineVulnerability{CVEID: id})) })
	case only("productVendor", "productName", "productVersion"):
		before := n.Software
		n.Software = func(key *software.SoftwareKey) bool {
			return (before == nil || before(key)) && part.Match(rowOf(ofPair(key, nil)))
		}
	case only("cveId", "severity", "productVendor", "productName", "productVersion"):
		n.pair(func(key *software.SoftwareKey, f *projection.Finding) bool { return part.Match(rowOf(ofPair(key, f))) })
	case only("cveId", "severity", "productVendor", "productName", "productVersion", "fixingKbId"):
		// Only on Windows an update is a KB, so what matches on neither platform is left out.
		n.pair(func(key *software.SoftwareKey, f *projection.Finding) bool {
			one := ofPair(key, f)
			if part.Match(rowOf(one)) {
				return true
			}
			one.FixingKBID = kbOf(f.Update.ID)
			return part.Match(rowOf(one))
		})
		n.rest = append(n.rest, part)
	case only("machineId"):
		n.machines(part)
	case only("id"):
		n.id(part)
		n.rest = append(n.rest, part)
	default:
		n.rest = append(n.rest, part)
	}
}

// both makes a function decide only what another one agrees to.
func both(to *func(string) bool, another func(string) bool) {
	before := *to
	*to = func(text string) bool { return before(text) && another(text) }
}

func (n *narrowing) pair(match func(*software.SoftwareKey, *projection.Finding) bool) {
	before := n.Pair
	n.Pair = func(key *software.SoftwareKey, f *projection.Finding) bool {
		return (before == nil || before(key, f)) && match(key, f)
	}
}

// ofPair is the object of a finding of some software on any machine, without what depends on the machine; f may be nil.
func ofPair(key *software.SoftwareKey, f *projection.Finding) *defender.MachineVulnerability {
	v := &defender.MachineVulnerability{ProductVendor: key.Vendor, ProductName: key.Name, ProductVersion: key.Version}
	if f != nil {
		v.CVEID, v.Severity = f.CVE, levelOf(f)
	}
	return v
}

// machines adds a part that is about machines.
func (n *narrowing) machines(part *odata.Filter) {
	id, _ := findingSchema.Number("machineId")
	if ids, ok := part.Equals(id); ok && len(ids) == 1 && n.Device == "" {
		n.Device = ids[0]
		return
	}
	before := n.Devices
	n.Devices = func(d *answer.Device) bool {
		return (before == nil || before(d)) && part.Match(rowOf(&defender.MachineVulnerability{MachineID: d.ID}))
	}
}

// id looks up the machine of an id, which begins with it.
func (n *narrowing) id(part *odata.Filter) {
	id, _ := findingSchema.Number("id")
	if ids, ok := part.Equals(id); ok && len(ids) == 1 && n.Device == "" {
		n.Device, _, _ = strings.Cut(ids[0], defender.IDSeparator)
	}
}
