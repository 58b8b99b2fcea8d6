package assets

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/intel/windows"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/score"
)

// inactiveAfter is after how long a silence a device is inactive.
const inactiveAfter = defender.InactiveDays * 24 * time.Hour

// machine describes a device by what the snapshot has of it.
func (s *source) machine(d *answer.Device) defender.Machine {
	group := s.groupName(d.Group)
	m := defender.Machine{
		ID: d.ID, ComputerDNSName: text(d.Name), FirstSeen: timeOf(d.FirstSeen), LastSeen: timeOf(d.LastSeen),
		OSPlatform: text(platform(d)), OSVersion: text(d.OSVersion), OSProcessor: text(d.OSArchitecture),
		HealthStatus: s.health(d), DeviceValue: defender.DeviceValueNormal,
		RBACGroupID: d.Group, RBACGroupName: group,
		ExposureLevel: score.Of(d.Severities, d.Exploited).Level(),
		MachineTags:   notNil(d.Tags), OnboardingStatus: defender.OnboardingOnboarded,
		OSArchitecture: width(d.OSArchitecture),
		ManagedBy:      defender.ManagedByUnknown, ManagedByStatus: defender.StatusUnknown,
		IPAddresses: []defender.MachineAddress{},
	}
	m.Version, m.OSBuild = release(d.OSPlatform, d.OSVersion)
	return m
}

// reference describes a device in the list of another object.
func (s *source) reference(d *answer.Device) defender.MachineReference {
	return defender.MachineReference{ID: d.ID, ComputerDNSName: text(d.Name), OSPlatform: text(platform(d)),
		Tags: notNil(d.Tags), RBACGroupName: s.groupName(d.Group), RBACGroupID: &d.Group}
}

// groupName returns the name of a group; nil where the organization has none.
func (s *source) groupName(group int64) *string {
	switch {
	case group == 0 && s.alone:
		return nil
	case group == 0:
		return text(defender.MachineGroupNone)
	}
	return text(s.groups[group])
}

// health tells whether a device reports, as of its snapshot.
func (s *source) health(d *answer.Device) string {
	switch {
	case s.taken.Begun.Sub(d.LastSeen) >= inactiveAfter:
		return defender.HealthInactive
	case d.Software == 0:
		return defender.HealthNoSensorData
	}
	return defender.HealthActive
}

// platform returns a device's osPlatform, where Microsoft's list of machines, other than its exports,
// names some distributions.
func platform(d *answer.Device) string {
	if d.OSPlatform != inventory.Linux {
		return d.OSPlatform
	}
	switch id, _, _ := inventory.Distribution(d.OSVersion); id {
	case "ubuntu":
		return defender.PlatformUbuntu
	case "rhel":
		return defender.PlatformRedHat
	}
	return inventory.Linux
}

// macNames are the names of macOS by the first number of the version.
var macNames = map[string]string{"11": "Big Sur", "12": "Monterey", "13": "Ventura", "14": "Sonoma", "15": "Sequoia",
	"26": "Tahoe"}

// release returns the release of an operating system as people call it, and the build of Windows.
func release(platform, version string) (name *string, build *int64) {
	switch {
	case strings.HasPrefix(platform, "Windows"):
		parts := strings.Split(version, ".")
		if len(parts) < 3 {
			return nil, nil
		}
		n, err := strconv.ParseInt(parts[2], 10, 32)
		if err != nil {
			return nil, nil
		}
		return text(windows.Version(int(n))), &n
	case platform == inventory.MacOS:
		first, _, _ := strings.Cut(version, ".")
		return text(strings.TrimSpace(macNames[first] + " " + version)), nil
	}
	if _, number, ok := inventory.Distribution(version); ok {
		return text(number), nil
	}
	return nil, nil
}

// width returns osArchitecture as lists of machines have it.
func width(architecture string) *string {
	switch strings.ToLower(architecture) {
	case "":
		return nil
	case "x86", "i386", "i686", "arm", "armv7l", "32-bit":
		return text(defender.Architecture32)
	}
	return text(defender.Architecture64)
}

// machines is the list of all devices, by id.
func machines(ctx context.Context, s *source, o *options) (list[defender.Machine], error) {
	order, err := s.order(ctx)
	if err != nil {
		return list[defender.Machine]{}, err
	}
	l := list[defender.Machine]{total: order.devices(),
		read: func(ctx context.Context, skip int64, limit int) ([]defender.Machine, error) {
			found, err := order.read(ctx, s.view, skip, limit)
			if err != nil {
				return nil, err
			}
			return described(found, s.machine), nil
		}}
	schema := newObject[defender.Machine]().schema
	if by := o.orders.List; len(by) > 0 && schema.Field(by[0].Field).Name == "id" && !by[0].Descending {
		l.ordered = true
	}
	return s.withLive(l, o), nil
}

// liveKeys are the keys of a machine that the snapshot does not have.
var liveKeys = []string{"agentVersion", "lastIpAddress"}

// withLive adds what the store has of devices to a list: to all rows if the request asks for it, else to
// those of the page.
func (s *source) withLive(l list[defender.Machine], o *options) list[defender.Machine] {
	if !o.asks(newObject[defender.Machine]().schema, liveKeys...) {
		l.fill = s.fillLive
		return l
	}
	read := l.read
	l.read = func(ctx context.Context, skip int64, limit int) ([]defender.Machine, error) {
		rows, err := read(ctx, skip, limit)
		if err == nil {
			err = s.fillLive(ctx, rows)
		}
		return rows, err
	}
	return l
}

// joinedAtOnce is how many devices are looked up in the store at a time.
const joinedAtOnce = 500

// fillLive completes machines by what the store has of them.
func (s *source) fillLive(ctx context.Context, rows []defender.Machine) error {
	for some := range slices.Chunk(rows, joinedAtOnce) {
		ids := make([]string, len(some))
		for i := range some {
			ids[i] = some[i].ID
		}
		collectors, err := s.calls.devices.Collectors(ctx, s.Caller.Organization, ids...)
		if err != nil {
			return err
		}
		addresses, err := s.calls.devices.Addresses(ctx, s.Caller.Organization, ids...)
		if err != nil {
			return err
		}
		for i := range some {
			addAddresses(&some[i], addresses[some[i].ID])
			version := ""
			for _, c := range collectors[some[i].ID] {
				if version == "" || c.Collector.Name == inventory.OwnCollector {
					version = c.Collector.Version
				}
			}
			some[i].AgentVersion = text(version)
		}
	}
	return nil
}

// addAddresses completes a machine by its addresses, of which the first is the last known.
func addAddresses(m *defender.Machine, all []inventory.Address) {
	for i := range all {
		a := &all[i]
		if i == 0 {
			m.LastIPAddress = text(a.IP)
		}
		m.IPAddresses = append(m.IPAddresses, defender.MachineAddress{IPAddress: a.IP, MACAddress: text(a.MAC),
			OperationalStatus: defender.StatusUnknown})
	}
}

// machinesByTag is the list of devices with a tag, by id.
func machinesByTag(ctx context.Context, s *source, o *options) (list[defender.Machine], error) {
	tag := s.Query.Text(tagParameter)
	if tag == "" {
		return list[defender.Machine]{}, edge.Missing(tagParameter.Name, "a tag of devices")
	}
	starts, err := s.Query.Flag(startsWithTag)
	if err != nil {
		return list[defender.Machine]{}, err
	}
	l, err := machines(ctx, s, o)
	l.wanted = append(l.wanted, func(m *defender.Machine) bool {
		return slices.ContainsFunc(m.MachineTags,
			func(t string) bool { return t == tag || starts && strings.HasPrefix(t, tag) })
	})
	return l, err
}

// find returns a device by its id, or by its name in any case; of several of that name the one that was
// seen last.
func (s *source) find(ctx context.Context, id string) (answer.Device, error) {
	if d, ok, err := s.view.Device(ctx, strings.ToLower(id)); err != nil || ok {
		return d, err
	}
	named, err := s.view.Search(ctx, func(d *answer.Device) bool { return strings.EqualFold(d.Name, id) }, 0)
	if err != nil {
		return answer.Device{}, err
	}
	if len(named) == 0 {
		return answer.Device{}, noSuch("Machine", id)
	}
	return slices.MaxFunc(named, func(a, b answer.Device) int {
		if by := a.LastSeen.Compare(b.LastSeen); by != 0 {
			return by
		}
		return strings.Compare(b.ID, a.ID)
	}), nil
}

// machine is one device.
func machine(ctx context.Context, s *source, id string) (defender.Machine, error) {
	d, err := s.find(ctx, id)
	if err != nil {
		return defender.Machine{}, err
	}
	one := []defender.Machine{s.machine(&d)}
	return one[0], s.fillLive(ctx, one)
}

// references is the list of the devices that have something, by RBAC group and id.
func (s *source) references(of answer.Of, devices int64) list[defender.MachineReference] {
	return list[defender.MachineReference]{total: devices,
		read: func(ctx context.Context, skip int64, limit int) ([]defender.MachineReference, error) {
			found, err := s.view.DevicesOf(ctx, of, answer.Page{Skip: skip, Limit: limit})
			return described(found.Rows, s.reference), err
		}}
}
