package collect

import (
	"context"
	"os"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/inventory/collect/packages"
	"github.com/muster-project/muster/internal/inventory/collect/windows"
	"github.com/muster-project/muster/internal/inventory/collect/windows/security"
)

// windowsFound is what one source of a Windows machine has. A nil section is none of the source's.
type windowsFound struct {
	system   windows.System
	software []inventory.Software
	hotfixes []string
	facts    map[string]string
	settings map[string]windows.Settings
}

// windowsSources are the sources of a Windows machine. Facts of a source are the family of its name.
var windowsSources = [...]struct {
	name     string
	software bool // without all of it there is no software (see the package comment)
	read     func(*windows.Reader) windowsFound
}{
	{"windows", false, func(r *windows.Reader) windowsFound {
		system := windows.ReadSystem(r)
		return windowsFound{system: system, facts: system.Facts}
	}},
	{"programs", true, func(r *windows.Reader) windowsFound { return windowsFound{software: windows.Programs(r)} }},
	{"store packages", true, func(r *windows.Reader) windowsFound {
		return windowsFound{software: windows.StorePackages(r)}
	}},
	{"dotnet", true, func(r *windows.Reader) (f windowsFound) { f.software, f.facts = windows.Frameworks(r); return f }},
	{"sqlserver", true, func(r *windows.Reader) (f windowsFound) { f.software, f.facts = windows.SQLServers(r); return f }},
	{"office", false, func(r *windows.Reader) windowsFound { return windowsFound{facts: windows.Office(r)} }},
	{"exchange", false, func(r *windows.Reader) windowsFound { return windowsFound{facts: windows.Exchange(r)} }},
	{"hotfixes", false, func(r *windows.Reader) windowsFound { return windowsFound{hotfixes: windows.Hotfixes(r)} }},
}

// windowsMachine is a Windows machine that is being collected.
type windowsMachine struct {
	registry windows.Registry
	report   *inventory.Report
	software *packages.List // nil: not all of it was read
	warnings []Warning
}

// collectWindows makes the report of a Windows machine from its registry, and from what it answers of its security.
// open opens a folder of programs, or that of
// users, if libraries or extensions are looked for.
func collectWindows(ctx context.Context, config Config, registry windows.Registry, families []security.Family,
	open func(dir string) (*os.Root, error)) (*inventory.Report, []Warning, error) {
	m := &windowsMachine{registry: registry, report: newReport(config),
		software: &packages.List{Entries: []inventory.Software{}}}
	var system windows.System
	for _, source := range windowsSources {
		found, complete := m.look(ctx, config, source.name,
			func(_ context.Context, r *windows.Reader) (windowsFound, error) { return source.read(r), nil })
		if found.system.HostName+found.system.Version+found.system.MachineGUID != "" {
			system = found.system
		}
		m.add(source.name, source.software, found, complete)
	}
	m.readExchange(ctx, config, open)
	if system.Version != "" { // otherwise it is not known to be Windows
		found, _ := m.look(ctx, config, "settings", func(_ context.Context, r *windows.Reader) (windowsFound, error) {
			return windowsFound{settings: windows.ReadSettings(r)}, nil
		})
		addSettings(m.report, found.settings)
		m.warnings = append(m.warnings, ask(ctx, config, families, m.report)...)
	}
	if config.Libraries {
		found, complete := m.look(ctx, config, "libraries",
			func(ctx context.Context, r *windows.Reader) (f windowsFound, err error) {
				f.software, f.facts, err = findLibraries(ctx, windows.ProgramFolders(r), open)
				return f, err
			})
		m.add("libraries", true, found, complete)
	}
	if config.Extensions {
		found, complete := m.look(ctx, config, "extensions",
			func(ctx context.Context, r *windows.Reader) (f windowsFound, err error) {
				f.software, f.facts, err = findWindowsExtensions(ctx, windows.UsersFolder(r), open)
				return f, err
			})
		m.add("extensions", true, found, complete)
	}
	m.report.Device = windowsDevice(config, system)
	if m.software != nil {
		m.report.Software = m.software.Entries
	}
	if m.report.Device.Name == "" {
		return nil, m.warnings, ErrNoName
	}
	return m.report, append(m.warnings, unidentified(m.report)...), nil
}

// readExchange reads the build of Exchange Server from its files. If they cannot be read, the one of its cumulative
// update stays.
func (m *windowsMachine) readExchange(ctx context.Context, config Config, open func(dir string) (*os.Root, error)) {
	facts := m.report.Facts["exchange"]
	if facts == nil {
		return
	}
	found, complete := m.look(ctx, config, "build of Exchange Server",
		func(ctx context.Context, _ *windows.Reader) (windowsFound, error) {
			build, err := exchangeBuild(ctx, facts["MsiInstallPath"], open)
			return windowsFound{facts: map[string]string{"Build": build}}, err
		})
	if build := found.facts["Build"]; complete && build != "" {
		facts["Build"] = build
		if m.software != nil {
			mendExchange(m.software.Entries, facts["CumulativeUpdateBuild"], build)
		}
	}
}

// add adds what a source has, if it was read as a whole.
func (m *windowsMachine) add(source string, hasSoftware bool, found windowsFound, complete bool) {
	if !complete {
		if hasSoftware {
			m.software = nil
		}
		return
	}
	for _, s := range found.software {
		if m.software == nil {
			break
		}
		if err := m.software.Add(s); err != nil {
			m.warn(source, err)
			m.software = nil
		}
	}
	if found.hotfixes != nil {
		m.report.Hotfixes = found.hotfixes
	}
	if found.facts == nil {
		return
	}
	if err := facts.Values(found.facts).Check(); err != nil {
		m.warn("facts "+source, err)
		return
	}
	if m.report.Facts == nil {
		m.report.Facts = inventory.Facts{}
	}
	m.report.Facts[source] = found.facts
}

func (m *windowsMachine) warn(what string, err error) {
	m.warnings = append(m.warnings, Warning{What: what, Err: err})
}

// look reads one source with its own share of time. complete says whether all of it could be read.
func (m *windowsMachine) look(ctx context.Context, config Config, source string,
	read func(context.Context, *windows.Reader) (windowsFound, error)) (found windowsFound, complete bool) {
	type result struct {
		found    windowsFound
		warnings []Warning
		complete bool
	}
	r, err := within(ctx, config.Time/sourceShare, func(ctx context.Context) (r result, err error) {
		reader := windows.NewReader(ctx, m.registry, func(what string, err error) {
			r.warnings = append(r.warnings, Warning{What: what, Err: err})
		})
		r.found, err = read(ctx, reader)
		r.complete = reader.IsComplete()
		return r, err
	})
	m.warnings = append(m.warnings, r.warnings...)
	if err != nil {
		m.warn(source, err)
	}
	return r.found, err == nil && r.complete
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
