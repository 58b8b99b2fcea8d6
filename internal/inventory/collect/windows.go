package collect

import (
	"context"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/inventory/collect/packages"
	"github.com/muster-project/muster/internal/inventory/collect/windows"
)

// windowsMachine is a Windows machine that is being collected.
type windowsMachine struct {
	config   Config
	registry windows.Registry
	warnings []Warning
	software *packages.List // nil: not all of it was read
	facts    inventory.Facts
}

// collectWindows makes the report of a Windows machine from its registry.
func collectWindows(ctx context.Context, config Config,
	registry windows.Registry) (*inventory.Report, []Warning, error) {
	m := &windowsMachine{config: config, registry: registry, software: &packages.List{Entries: []inventory.Software{}},
		facts: inventory.Facts{}}
	report := newReport(config)
	system, complete := lookWindows(ctx, m, "identity", windows.ReadSystem)
	report.Device = windowsDevice(config, system)
	if complete {
		m.addFacts("windows", system.Facts)
	}
	m.collect(ctx)
	if m.software != nil { // see the package comment
		report.Software = m.software.Entries
	}
	if hotfixes, complete := lookWindows(ctx, m, "hotfixes", windows.Hotfixes); complete {
		report.Hotfixes = hotfixes
	}
	if len(m.facts) > 0 {
		report.Facts = m.facts
	}
	if report.Device.Name == "" {
		return nil, m.warnings, ErrNoName
	}
	return report, append(m.warnings, unidentified(report)...), nil
}

// collect reads every source of software and of facts beside the system itself.
func (m *windowsMachine) collect(ctx context.Context) {
	programs, complete := lookWindows(ctx, m, "programs", windows.Programs)
	m.addSoftware("programs", programs, complete)
	store, complete := lookWindows(ctx, m, "store packages", windows.StorePackages)
	m.addSoftware("store packages", store, complete)
	type found struct {
		software []inventory.Software
		facts    map[string]string
	}
	both := func(family string, read func(*windows.Reader) ([]inventory.Software, map[string]string)) {
		all, complete := lookWindows(ctx, m, family, func(r *windows.Reader) found {
			software, facts := read(r)
			return found{software, facts}
		})
		m.addSoftware(family, all.software, complete)
		if complete {
			m.addFacts(family, all.facts)
		}
	}
	both("dotnet", windows.Frameworks)
	both("sqlserver", windows.SQLServers)
	if office, complete := lookWindows(ctx, m, "office", windows.Office); complete {
		m.addFacts("office", office)
	}
	if exchange, complete := lookWindows(ctx, m, "exchange", windows.Exchange); complete {
		m.addFacts("exchange", exchange)
	}
}

// addSoftware adds the software of a source. If any could not be read there is none at all (see the package comment).
func (m *windowsMachine) addSoftware(source string, list []inventory.Software, complete bool) {
	if !complete {
		m.software = nil
	}
	for _, s := range list {
		if m.software == nil {
			return
		}
		if err := m.software.Add(s); err != nil {
			m.warn(source, err)
			m.software = nil
		}
	}
}

// addFacts adds a family of facts; nil is none.
func (m *windowsMachine) addFacts(family string, values facts.Values) {
	if values == nil {
		return
	}
	if err := values.Check(); err != nil {
		m.warn("facts "+family, err)
		return
	}
	m.facts[family] = values
}

func (m *windowsMachine) warn(what string, err error) {
	m.warnings = append(m.warnings, Warning{What: what, Err: err})
}

// lookWindows reads one source with its own share of time. complete says whether all of it could be read.
func lookWindows[T any](ctx context.Context, m *windowsMachine, source string,
	read func(*windows.Reader) T) (found T, complete bool) {
	type result struct {
		value    T
		warnings []Warning
		complete bool
	}
	r, err := within(ctx, m.config.Time/sourceShare, func(ctx context.Context) (r result, err error) {
		reader := windows.NewReader(ctx, m.registry, func(what string, err error) {
			r.warnings = append(r.warnings, Warning{What: what, Err: err})
		})
		r.value = read(reader)
		r.complete = reader.IsComplete()
		return r, nil
	})
	m.warnings = append(m.warnings, r.warnings...)
	if err != nil {
		m.warn(source, err)
	}
	return r.value, err == nil && r.complete
}

// windowsDevice identifies the machine.
func windowsDevice(config Config, system windows.System) inventory.Device {
	device := inventory.Device{Name: config.Name, OSVersion: system.Version,
		OSArchitecture: spellArchitecture(system.Architecture)}
	if device.Name == "" {
		device.Name = system.HostName
	}
	if system.MachineGUID != "" { // without it the id would be another device's
		device.ID = inventory.DeriveID(system.MachineGUID, device.Name)
	}
	if system.Version != "" {
		device.OSPlatform = inventory.WindowsPlatform(system.Version, system.IsServer)
	}
	return device
}
