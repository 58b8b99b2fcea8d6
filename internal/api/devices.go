package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/edge/intake"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/stored"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/enrollment"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/version"
)

// describe returns devices of the caller's organization as the caller sees them.
func (d *devices) describe(ctx context.Context, caller *auth.Caller,
	found ...reports.Device) ([]control.Device, error) {
	org := caller.Organization
	ids := make([]string, len(found))
	for i := range found {
		ids[i] = found[i].ID
	}
	collectors, err := d.store.Collectors(ctx, org, ids...)
	if err != nil {
		return nil, err
	}
	addresses, err := d.store.Addresses(ctx, org, ids...)
	if err != nil {
		return nil, err
	}
	_, newest, err := d.coverage.newest(ctx, org)
	if err != nil && !errors.Is(err, snapshot.ErrDamaged) {
		return nil, err
	}
	names, err := d.coverage.organizations.GroupNames(ctx, org)
	if err != nil {
		return nil, err
	}
	all := []control.Device{}
	for i, known := range found {
		described := describeDevice(known)
		if !described.Hidden {
			described.RBACGroupName = names[known.Group]
		}
		if described.Coverage, described.Findings, err = d.coverage.of(ctx, newest, &found[i]); err != nil {
			return nil, err
		}
		if !caller.May(auth.ReadVulnerabilities, auth.Manage) {
			described.Findings = nil
		}
		for _, c := range collectors[known.ID] {
			described.Collectors = append(described.Collectors,
				control.DeviceCollector{Source: c.Source, Collector: c.Collector, Behind: d.isBehind(c.Collector)})
		}
		described.Addresses = addresses[known.ID]
		all = append(all, described)
	}
	return all, nil
}

// isBehind tells whether a collector is muster's agent and older than the server.
func (d *devices) isBehind(c inventory.Collector) bool {
	order, ok := version.CompareBuilds(c.Version, d.version)
	return ok && order < 0 && c.Name == inventory.OwnCollector
}

func describeDevice(d reports.Device) control.Device {
	hidden := d.Assigned && d.Group == rbac.HiddenGroup
	described := control.Device{Device: d.Device, FirstSeen: d.FirstSeen, LastSeen: d.LastSeen,
		ReceivedTime: d.Received, Hidden: hidden}
	if !hidden {
		described.RBACGroupID = d.Group
	}
	if !d.Claims.None() {
		described.Claims = (*control.Claims)(&d.Claims)
	}
	if !d.Admitted.IsZero() {
		described.AdmittedUntil = &d.Admitted
	}
	return described
}

var (
	devicesLimit  = edge.TakesNumber("limit", 100, 1, 1000, "devices of a reply")
	devicesAfter  = edge.TakesText("after", "continue after this id")
	devicesName   = edge.TakesText("name", "only devices whose name contains this, in any case")
	devicesClaims = edge.TakesFlag("claims", "only devices that claim something that no manager has accepted")

	listsDevices = edge.Description{
		Summary: "Devices in the order of their ids",
		Query:   []edge.Parameter{devicesLimit, devicesAfter, devicesName, devicesClaims},
		Gives:   []edge.Payload{edge.JSONOf[control.DeviceList](http.StatusOK, "next is present if more follow")},
	}
	showsDevice = edge.Description{
		Summary: "A device, with the newest reports of its sources",
		Gives:   []edge.Payload{edge.JSONOf[control.DeviceReport](http.StatusOK, "the device")},
		Fails:   []int{http.StatusNotFound},
	}
	removesDevice = edge.Description{
		Summary: "Removes a device; its rows become Fixed in the next snapshot",
		Gives:   []edge.Payload{edge.NoBody(http.StatusNoContent, "the device is removed")},
		Fails:   []int{http.StatusNotFound},
	}
)

// devices handles the devices of an organization.
type devices struct {
	store       *reports.Store
	enrollments *enrollment.Store
	codec       *stored.Codec
	intake      *intake.Intake // for the memory of decoding
	coverage    *coverages
	clock       func() time.Time
	// count counts what checks say of a report.
	count func(context.Context, *inventory.Report) (*control.CheckCounts, error)
	// version is the version of the server.
	version string
}

// listDevices is GET /v1/devices: by id, after the parameter after; next is present if more follow.
func (d *devices) listDevices(w *edge.Response, r *edge.Request) error {
	limit, err := r.Query.Number(devicesLimit)
	if err != nil {
		return err
	}
	claims, err := r.Query.Flag(devicesClaims)
	if err != nil {
		return err
	}
	found, err := d.store.ListDevices(r.Context(), r.Caller.Organization, reports.DeviceFilter{
		After: r.Query.Text(devicesAfter), Name: r.Query.Text(devicesName), Claims: claims,
		AllGroups: r.Caller.AllGroups, Groups: r.Caller.Groups,
	}, int(limit)+1)
	if err != nil {
		return err
	}
	var reply control.DeviceList
	if len(found) > int(limit) {
		found = found[:limit]
		reply.Next = found[limit-1].ID
	}
	if reply.Devices, err = d.describe(r.Context(), &r.Caller, found...); err != nil {
		return err
	}
	return w.JSON(http.StatusOK, reply)
}

// shownByte is the memory per byte of a device's documents while it is shown: stored, decoded, and
// in JSON.
const shownByte = 6

// showDevice is GET /v1/devices/{id}: the device with the newest reports of its sources.
func (d *devices) showDevice(w *edge.Response, r *edge.Request) error {
	found, give, err := d.open(r, r.PathValue("id"))
	if err != nil {
		return err
	}
	defer give()
	report := found.report
	var counted *control.CheckCounts
	if !r.Caller.May(auth.ReadVulnerabilities, auth.Manage) {
		report.Facts, report.Origins, report.Unread, report.Configurations = nil, nil, nil, nil // settings are not software
	} else if counted, err = d.count(r.Context(), report); err != nil {
		return err
	}
	described, err := d.describe(r.Context(), &r.Caller, found.Device)
	if err != nil {
		return err
	}
	return w.JSON(http.StatusOK, control.DeviceReport{Device: described[0], CheckCounts: counted,
		Sources: sourcesOf(found.documents), Report: *report})
}

// opened is a device with the newest reports of its sources joined.
type opened struct {
	reports.Device
	documents []reports.SourceDocument
	report    *inventory.Report
	// results are the sources of the results of checks that the report carries, by their ids.
	results map[string]string
}

// open returns a device that the caller may see. The caller calls give when it is done with the report.
func (d *devices) open(r *edge.Request, id string) (found *opened, give func(), err error) {
	if err := d.visible(r, id); err != nil {
		return nil, nil, err
	}
	stored, cost, err := d.costOfShowing(r, id)
	if errors.Is(err, database.ErrNotFound) {
		return nil, nil, noDevice(id)
	}
	if err != nil {
		return nil, nil, err
	}
	if give, err = d.intake.Decode(r.Context(), &r.Caller, cost); err != nil {
		return nil, nil, err
	}
	if found, err = d.load(r, id, stored); err != nil {
		give()
		return nil, nil, err
	}
	return found, give, nil
}

// load reads a device's documents, of which stored bytes were counted, and joins them.
func (d *devices) load(r *edge.Request, id string, stored int64) (*opened, error) {
	found, documents, whole, err := d.store.LoadUpTo(r.Context(), r.Caller.Organization, id, stored)
	switch {
	case errors.Is(err, database.ErrNotFound), err == nil && !r.Caller.Sees(found.Group): // it may have changed meanwhile
		return nil, noDevice(id)
	case err != nil:
		return nil, err
	case !whole:
		return nil, edge.Busy(http.StatusServiceUnavailable, defender.CodeServiceUnavailable, 1,
			"the device has reported meanwhile; try again")
	}
	plain := make([]inventory.Document, len(documents))
	for i, d := range documents {
		plain[i] = d.Document
	}
	o := &opened{Device: found, documents: documents, results: map[string]string{}}
	own := map[string]bool{}
	o.report, err = d.codec.OpenTelling(found.Device, plain, func(doc int, content *inventory.Report) {
		for i := range content.Configurations {
			id := content.Configurations[i].ConfigurationID
			if documents[doc].Own || !own[id] { // of several with a result the one counts that the codec prefers
				o.results[id], own[id] = documents[doc].Source, documents[doc].Own
			}
		}
	})
	if err != nil {
		return nil, err
	}
	o.report.Time = found.LastSeen
	return o, nil
}

// costOfShowing returns the size of the stored documents of a device, and the memory for
// showing them. One document is in memory at a time.
func (d *devices) costOfShowing(r *edge.Request, id string) (size, cost int64, err error) {
	for d, err := range d.store.Documents(r.Context(), r.Caller.Organization, id) {
		if err != nil {
			return 0, 0, err
		}
		size += int64(len(d.Data))
		cost += shownByte * stored.Size(&d.Document)
	}
	return size, cost, nil
}

// sourcesOf lists the sources of documents, which are ordered by source.
func sourcesOf(documents []reports.SourceDocument) []control.Source {
	all := []control.Source{}
	for _, d := range documents {
		if n := len(all); n == 0 || all[n-1].Name != d.Source {
			all = append(all, control.Source{Name: d.Source})
		}
		last := &all[len(all)-1]
		last.Sections = append(last.Sections, d.Section.String())
	}
	return all
}

// removeDevice is DELETE /v1/devices/{id}. Its rows become Fixed in the next snapshot; a later
// report makes a new device.
func (d *devices) removeDevice(w *edge.Response, r *edge.Request) error {
	if err := d.visible(r, r.PathValue("id")); err != nil {
		return err
	}
	if err := d.store.RemoveDevice(r.Context(), r.Caller.Organization, r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// visible checks whether the caller may see a device.
func (d *devices) visible(r *edge.Request, id string) error {
	found, _, _, err := d.store.LoadUpTo(r.Context(), r.Caller.Organization, id, 0)
	if errors.Is(err, database.ErrNotFound) || err == nil && !r.Caller.Sees(found.Group) {
		return noDevice(id)
	}
	return err
}

// noDevice returns the error of a device that does not exist, and of one that the caller does not
// see: different texts would reveal which.
func noDevice(id string) error {
	return edge.Refuse(http.StatusNotFound, defender.CodeResourceNotFound, "no device %q", edge.Clip(id))
}

// sees tells whether the caller may see receipts of a device, which may be removed: the device must
// be in the caller's organization, and now in one of the caller's groups.
func (d *devices) sees(r *edge.Request, id string) (bool, error) {
	switch {
	case r.Caller.Device != "":
		return r.Caller.Device == id, nil
	case r.Caller.AllGroups:
		return true, nil
	}
	group, err := d.store.DeviceGroup(r.Context(), r.Caller.Organization, id)
	if errors.Is(err, database.ErrNotFound) {
		return false, nil // it is in no group any more
	}
	return err == nil && r.Caller.Sees(group), err
}
