package reports

import (
	"context"
	"fmt"
	"strings"

	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/clock"
)

// compare compares a report with what is stored; it writes nothing.
func (r receiving) compare(ctx context.Context, in *Incoming) (c compared, err error) {
	if err = checkNamedGroup(in.Group); err != nil {
		return c, err
	}
	if c.old, err = r.identify(ctx, in); err != nil {
		return c, err
	}
	known, err := r.known.device(ctx, r.receiveStatements, c.old.ID)
	if err != nil {
		return c, err
	}
	if c.written, err = known.take(r.sender, in.Source, in.Documents); err != nil {
		return c, fmt.Errorf("device %q: %w", c.old.ID, err)
	}
	c.device, c.ignored, err = r.merge(c.old, in, known.reports())
	return c, err
}

// report writes what differs from what is stored.
func (r receiving) report(ctx context.Context, in *Incoming) (Receipt, error) {
	c, err := r.compare(ctx, in)
	if err != nil {
		return Receipt{}, err
	}
	old, device, w := c.old, c.device, c.written
	changed := len(w.fresh) > 0 || !sameIdentity(old.Device, device.Device)
	if changed {
		device.Hash = r.known.hash(device)
		err = r.save(ctx, device, in.Said, w)
	} else {
		err = r.touch(ctx, &old, &device, in.Said)
	}
	if err == nil && w.taken {
		err = r.rarely(ctx, r.ownSource, w.writer, r.org, device.ID, in.Source)
	}
	if err == nil {
		err = r.collected(ctx, device.ID, in)
	}
	if err == nil {
		err = r.addressed(ctx, device.ID, in)
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("storing device %q: %w", device.ID, err)
	}
	return r.receipt(ctx, device.ID, in.Source, changed, c.ignored)
}

// checkNamedGroup refuses a name that no group can have; the names of group 0 are allowed.
func checkNamedGroup(name string) error {
	if name == "" || rbac.IsReserved(name) {
		return nil
	}
	if err := rbac.CheckName(name); err != nil {
		return fmt.Errorf("naming a group: %w", err)
	}
	return nil
}

// merge applies a report to the stored device, as far as its sender is trusted, and returns the
// fields of its identity that do not count. If the organization's rules cannot decide where the
// device belongs, the error is rbac.ErrCostly, and nothing of the report is stored.
func (r receiving) merge(old Device, in *Incoming, reports bool) (_ Device, ignored trust.Fields, err error) {
	seen := in.Seen
	if seen.IsZero() {
		seen = r.now
	}
	device, known := old, r.trusted(&old, reports)
	device.Device, device.Rank, ignored = r.sender.Identify(known, in.Device, in.Device.ID != "")
	device.NamedGroup = r.sender.Place(known, in.Group, old.NamedGroup)
	if device.WantedGroup, err = r.grouping.Of(device.Device, device.NamedGroup, device.Rank); err != nil {
		return Device{}, 0, err
	}
	if r.sender.Role == trust.Own {
		device.Claims = claimsOf(in.Device, ignored)
	}
	if number, _ := r.grouping.Number(in.Group); in.Group != "" && !strings.EqualFold(device.NamedGroup, in.Group) &&
		number != old.PresentGroup() {
		ignored |= trust.Group
	}
	if old.FirstSeen.IsZero() {
		device.FirstSeen = seen
	}
	// A time far in the future came from a clock that was ahead.
	if seen.After(old.LastSeen) || old.LastSeen.After(r.now.Add(clock.AheadTolerance)) {
		device.LastSeen = seen
	}
	device.Received = r.now
	device.Revision = r.revision
	return device, ignored, nil
}
