package reports

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
)

var (
	// ErrNoGroup: a sender with several RBAC groups named none for a new device.
	ErrNoGroup = errors.New("the device is new and the report does not name its RBAC group")
	// ErrAmbiguousDevice: several devices have the name of a report without a device id.
	ErrAmbiguousDevice = errors.New("several devices have this name")
)

// identify finds the device of a report, among those that its sender may mean (doc/design.md,
// section 2.1.1). A new device is returned with only its ID, and the name of the group if a scoped
// sender makes it.
func (r receiving) identify(ctx context.Context, in *Incoming) (old Device, err error) {
	said := &in.Device
	switch {
	case r.sender.Role == trust.Own && said.ID == "":
		old, err = r.byID(ctx, r.sender.Device)
	case said.ID != "":
		old, err = r.byID(ctx, said.ID)
	default:
		return r.byName(ctx, in)
	}
	if err == nil {
		err = r.sender.MayWrite(r.trusted(&old, false))
	}
	if err == nil && old.FirstSeen.IsZero() && said.Name == "" {
		err = fmt.Errorf("device %q is new and has no name", old.ID)
	}
	return old, err
}

// byName returns the one device that the sender means by a name, or a new one.
func (r receiving) byName(ctx context.Context, in *Incoming) (Device, error) {
	for _, rank := range trust.Ranks() {
		named, err := r.named(ctx, in, rank)
		switch {
		case err != nil:
			return Device{}, fmt.Errorf("looking for device %q: %w", in.Device.Name, err)
		case len(named) > 1:
			return Device{}, fmt.Errorf("device name %q: %w: give its device id", in.Device.Name, ErrAmbiguousDevice)
		case len(named) == 1:
			return named[0], r.sender.MayWrite(r.trusted(&named[0], false))
		}
	}
	if r.sender.All() {
		return r.derive(ctx, inventory.DeriveID("", in.Device.Name), in.Device.Name)
	}
	return r.makeScoped(ctx, in)
}

// named returns the devices with a name and a rank that the sender finds, at most two: enough to
// know that there are several.
func (r receiving) named(ctx context.Context, in *Incoming, rank trust.Rank) ([]Device, error) {
	if r.sender.All() {
		if !r.sender.FindsByName(rank, 0) {
			return nil, nil
		}
		rows, err := r.deviceByName.QueryContext(ctx, r.org, nameKey(in.Device.Name), rank)
		return database.Collect(rows, err, scanDevice)
	}
	groups := r.sender.Groups
	if number, _ := r.grouping.Number(in.Group); rank == trust.ByScoped && in.Group != "" {
		groups = []int64{number}
	}
	rows, err := r.tx.QueryContext(ctx, namedDevices+` AND `+presentGroup+inNumbers(groups)+` LIMIT 2`, r.org,
		nameKey(in.Device.Name), rank)
	found, err := database.Collect(rows, err, scanDevice)
	for i := range found { // the query asked the same; this check guards against its faults
		if !r.sender.FindsByName(rank, found[i].PresentGroup()) {
			return nil, err
		}
	}
	return found, err
}

// derive returns the device whose id follows from its name, if it was named by a sender who is
// trusted with names, or by a scoped sender like this one who sees it. Otherwise it returns a new
// device. If another made a device under that id, or enrolled it under another name, the new
// device gets a random id, so that the report for the name does not reach the wrong device.
func (r receiving) derive(ctx context.Context, id, name string) (Device, error) {
	known, err := r.byID(ctx, id)
	if err != nil {
		return Device{}, err
	}
	free := known.Rank == r.sender.Rank() && r.sender.MayWrite(r.trusted(&known, false)) == nil
	if known.FirstSeen.IsZero() {
		free, err = r.unclaimed(ctx, id, name)
	}
	if free || err != nil {
		return known, err
	}
	return Device{Device: inventory.Device{ID: inventory.DeriveID("", uuid.NewString())}}, nil
}

// unclaimed reports whether no device has enrolled under an id without having reported yet. A
// device that enrolled under the name itself does not count: it is the one that managers and fleet
// senders mean.
func (r receiving) unclaimed(ctx context.Context, id, name string) (bool, error) {
	rows, err := r.tx.QueryContext(ctx, `SELECT name FROM client WHERE organization = $1 AND device = $2`, r.org, id)
	names, err := database.Collect(rows, err, database.ScanText)
	if err != nil {
		return false, fmt.Errorf("looking for the credential of device %q: %w", id, err)
	}
	return len(names) == 0 || r.sender.All() && nameKey(names[0]) == nameKey(name), nil
}

// makeScoped returns a new device of a scoped sender.
func (r receiving) makeScoped(ctx context.Context, in *Incoming) (Device, error) {
	named := in.Group
	if named == "" && r.sender.Role == trust.Scoped {
		var only bool
		if named, only = r.grouping.OnlyName(r.sender.Groups); !only {
			return Device{}, fmt.Errorf("device name %q: %w: name one of your RBAC groups", in.Device.Name, ErrNoGroup)
		}
	}
	number, _ := r.grouping.Number(named)
	device, err := r.derive(ctx, inventory.DeriveGroupID(number, in.Device.Name), in.Device.Name)
	if err != nil || !device.FirstSeen.IsZero() { // it exists and has moved to another group
		return device, err
	}
	device.NamedGroup, device.Rank = named, trust.ByScoped
	group, err := r.grouping.Of(device.Device, device.NamedGroup, device.Rank)
	if err != nil {
		return Device{}, err
	}
	return device, r.sender.MayMake(group)
}
