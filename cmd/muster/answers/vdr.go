package answers

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/vdr"
)

// disclosure is what a Vulnerability Disclosure Report of a fleet needs: each CVE once, each release of software
// once, and each device with the numbers of its releases.
type disclosure struct {
	head    control.ListHead
	cves    []*vdr.Vulnerability
	byCVE   map[string]*vdr.Vulnerability
	known   map[string]int // releases by what distinguishes them
	found   []vdr.Component
	devices []heldDevice
	held    int
}

// heldDevice is a device, and which releases it has.
type heldDevice struct {
	component vdr.Component
	releases  []uint32
}

// maxHeld is how much software with findings a report has at most, over all devices: four bytes each are
// remembered.
const maxHeld = 50_000_000

// errMoved says that a snapshot was published, or feeds were imported, while the report was read.
var errMoved = errors.New("the snapshot, or what is known of CVEs, changed meanwhile")

// vdrTries is how often a report is begun in all.
const vdrTries = 3

// writeVDR writes the report of the findings that match.
func writeVDR(ctx context.Context, k *kong.Context, t *console.Terminal, f *connect.Flags,
	of *control.ListFilter) error {
	return f.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		shown := t.Begin("reading findings")
		var d *disclosure
		var err error
		for range vdrTries {
			d, err = discloses(ctx, s.Session, of, func(devices int) { shown.Say("reading findings: %d devices", devices) })
			if !errors.Is(err, errMoved) {
				break
			}
		}
		shown.End()
		if err != nil {
			return fmt.Errorf("reporting findings: %w", s.Explain(err))
		}
		return d.write(t.Out, t.Version)
	})
}

// discloses reads the findings that match. All of them are of one snapshot.
func discloses(ctx context.Context, s *control.Session, of *control.ListFilter, tell func(int)) (*disclosure, error) {
	d := &disclosure{byCVE: map[string]*vdr.Vulnerability{}, known: map[string]int{}}
	var err error
	d.head, err = control.EachListed(ctx, s, control.ListOfFindings, of, 0,
		func(row control.Reply[control.FindingRow]) error { return d.finding(&row.Value) })
	if err != nil {
		return nil, err
	}
	head, err := control.EachListed(ctx, s, control.ListOfAffected, of, 0,
		func(row control.Reply[control.AffectedRow]) error {
			tell(len(d.devices))
			return d.device(&row.Value)
		})
	if err != nil {
		return nil, err
	}
	nowhere := func(v *vdr.Vulnerability) bool { return len(v.Affects) == 0 }
	if head.Number != d.head.Number || slices.ContainsFunc(d.cves, nowhere) {
		return nil, errMoved
	}
	return d, nil
}

// finding takes over what is known of a CVE in a product.
func (d *disclosure) finding(f *control.FindingRow) error {
	v := d.byCVE[f.CVEID]
	if v == nil {
		v = vdr.Of(vdr.Facts{ID: f.CVEID, Description: f.Title, Severity: f.Severity, Score: f.Score, Vector: f.Vector,
			Exploitability: f.Exploitability, KEV: f.KEV, EPSS: f.EPSS, Published: timeOf(f.PublishedTime),
			Updated: timeOf(f.UpdatedTime)})
		d.byCVE[f.CVEID] = v
		d.cves = append(d.cves, v)
	}
	v.Rate(f.Score, f.Severity, f.Vector)
	v.Mend(f.Name, vdr.UpdateTo(versionsOf(f.Targets)...), "", "")
	for i := range f.Updates {
		u := &f.Updates[i]
		v.Mend(f.Name, cmp.Or(u.Title, u.ID), u.ID, u.URL)
	}
	return nil
}

// device takes over a device.
func (d *disclosure) device(row *control.AffectedRow) error {
	one := heldDevice{component: vdr.Component{Type: "device", Ref: vdr.RefOf("device", row.ID), Name: row.Name}}
	for _, p := range [...]vdr.Property{{Name: "muster:device", Value: row.ID},
		{Name: "muster:rbacGroupName", Value: row.Group}, {Name: "muster:osPlatform", Value: row.OSPlatform},
		{Name: "muster:osVersion", Value: row.OSVersion}} {
		if p.Value != "" {
			one.component.Properties = append(one.component.Properties, p)
		}
	}
	for i := range row.Software {
		n, err := d.release(&row.Software[i])
		if err != nil {
			return err
		}
		one.releases = append(one.releases, uint32(n))
	}
	d.devices = append(d.devices, one)
	if d.held += len(one.releases); d.held > maxHeld {
		return fmt.Errorf("more than %d pieces of software on devices match: ask for a group, or muster export them", maxHeld)
	}
	return nil
}

// release numbers software by its version and CVEs: what differs in its CVEs from device to device, as by
// platform, is another component.
func (d *disclosure) release(s *control.AffectedSoftware) (int, error) {
	key := strings.Join(append([]string{s.Vendor, s.Name, s.Version}, s.CVEIDs...), "\x00")
	if n, ok := d.known[key]; ok {
		return n, nil
	}
	n := len(d.found)
	d.known[key] = n
	one := vdr.Component{Type: "application", Ref: vdr.RefOf("software", strconv.Itoa(n), s.Vendor, s.Name, s.Version),
		Publisher: s.Vendor, Name: s.Name, Version: s.Version}
	d.found = append(d.found, one)
	for _, cve := range s.CVEIDs {
		v := d.byCVE[cve]
		if v == nil {
			return 0, errMoved
		}
		v.Affect(one.Ref, s.Version)
	}
	return n, nil
}

// write writes the report.
func (d *disclosure) write(out io.Writer, version string) error {
	head := vdr.Head{Version: version, Time: d.head.GeneratedTime, Properties: append([]vdr.Property{
		{Name: "muster:snapshot", Value: number(d.head.Number)}}, covered(d.head.Coverage)...)}
	if len(d.devices) == 1 {
		head.Component = &d.devices[0].component
	}
	w := vdr.NewWriter(out, head)
	for i := range d.found {
		if err := w.Component(&d.found[i]); err != nil {
			return err
		}
	}
	for i := range d.devices {
		if head.Component != nil {
			break
		}
		if err := w.Component(&d.devices[i].component); err != nil {
			return err
		}
	}
	for _, v := range d.cves {
		if err := w.Vulnerability(v); err != nil {
			return err
		}
	}
	for i := range d.devices {
		on := make([]string, len(d.devices[i].releases))
		for n, r := range d.devices[i].releases {
			on[n] = d.found[r].Ref
		}
		if err := w.Depend(d.devices[i].component.Ref, on); err != nil {
			return err
		}
	}
	return w.End()
}

// covered says how many devices were assessed: a report without vulnerabilities may mean that nobody looked.
func covered(c *counts.Coverage) (all []vdr.Property) {
	if c == nil {
		return nil
	}
	for _, one := range c.Devices {
		name := "muster:coverage:" + one.State
		if one.Reason != "" {
			name += ":" + one.Reason
		}
		all = append(all, vdr.Property{Name: name, Value: number(one.Count)})
	}
	return all
}
