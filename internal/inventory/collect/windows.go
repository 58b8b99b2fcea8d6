package collect

import (
	"regexp"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
)

// registryKey is a key of a Windows registry with its values: strings unchanged, numbers in
// decimal.
type registryKey struct {
	// Path is the whole path: `HKEY_LOCAL_MACHINE\SOFTWARE\...`.
	Path   string            `json:"path"`
	Values map[string]string `json:"values"`
}

// windowsRecord is the content of a Windows machine's registry that is used.
type windowsRecord struct {
	Version      registryKey   `json:"version"`      // ...\Windows NT\CurrentVersion
	Network      registryKey   `json:"network"`      // ...\Services\Tcpip\Parameters
	Environment  registryKey   `json:"environment"`  // ...\Session Manager\Environment
	Cryptography registryKey   `json:"cryptography"` // ...\Microsoft\Cryptography
	Uninstall    []registryKey `json:"uninstall"`    // the subkeys of every Uninstall key; nil: not all were read
	Packages     []registryKey `json:"packages"`     // those of Component Based Servicing\Packages; nil: not all were read
}

// report makes the report of a Windows machine from its registry.
func (w windowsRecord) report(config Config) (*inventory.Report, error) {
	device, err := w.device(config)
	if err != nil {
		return nil, err
	}
	report := newReport(config)
	report.Device = device
	if w.Uninstall != nil { // see the package comment
		report.Software = windowsSoftware(w.Uninstall)
	}
	if w.Packages != nil {
		report.Hotfixes = windowsHotfixes(w.Packages)
	}
	return report, nil
}

// device identifies the machine.
func (w windowsRecord) device(config Config) (inventory.Device, error) {
	name := config.Name
	if name == "" {
		name = w.hostName()
	}
	if name == "" {
		return inventory.Device{}, ErrNoName
	}
	device := inventory.Device{Name: name,
		OSArchitecture: spellArchitecture(w.Environment.Values["PROCESSOR_ARCHITECTURE"])}
	if guid := w.Cryptography.Values["MachineGuid"]; guid != "" { // without it the id would be another device's
		device.ID = inventory.DeriveID(guid, name)
	}
	if len(w.Version.Values) > 0 {
		server := strings.HasPrefix(w.Version.Values["InstallationType"], "Server")
		device.OSVersion = w.version()
		device.OSPlatform = inventory.WindowsPlatform(device.OSVersion, server)
	}
	return device, nil
}

// hostName returns the host's name with its own domain. The domain from DHCP changes with the
// network, so it is not part of the name.
func (w windowsRecord) hostName() string {
	host := first(w.Network.Values, "Hostname", "NV Hostname")
	domain := first(w.Network.Values, "Domain", "NV Domain")
	if host == "" || domain == "" {
		return host
	}
	return host + "." + domain
}

// first returns the first of the values that is not empty.
func first(values map[string]string, names ...string) string {
	for _, name := range names {
		if values[name] != "" {
			return values[name]
		}
	}
	return ""
}

// version returns the build with its revision: "10.0.22631.4751". Before Windows 10 the major and
// minor number are in one value, and there may be no revision.
func (w windowsRecord) version() string {
	v := w.Version.Values
	version := v["CurrentVersion"]
	if v["CurrentMajorVersionNumber"] != "" {
		version = v["CurrentMajorVersionNumber"] + "." + v["CurrentMinorVersionNumber"]
	}
	version += "." + first(v, "CurrentBuildNumber", "CurrentBuild")
	if v["UBR"] != "" {
		version += "." + v["UBR"]
	}
	return version
}

// windowsSoftware lists the programs of the uninstall keys.
func windowsSoftware(keys []registryKey) []inventory.Software {
	all := []inventory.Software{}
	for _, key := range keys {
		if !isProgram(key.Values) {
			continue
		}
		software := inventory.Software{
			Kind:          "windows",
			Vendor:        strings.TrimSpace(key.Values["Publisher"]),
			Name:          strings.TrimSpace(key.Values["DisplayName"]),
			Version:       strings.TrimSpace(key.Values["DisplayVersion"]),
			RegistryPaths: []string{key.Path},
		}
		if folder := strings.Trim(key.Values["InstallLocation"], " \""); folder != "" {
			software.DiskPaths = []string{folder}
		}
		all = append(all, software)
	}
	return all
}

// isProgram distinguishes programs from other entries of an uninstall key: parts that Windows
// itself hides, and updates of a program with its own entry.
func isProgram(values map[string]string) bool {
	if strings.TrimSpace(values["DisplayName"]) == "" || values["SystemComponent"] == "1" {
		return false
	}
	updates := []string{"Update", "Hotfix", "Security Update", "Update Rollup", "Service Pack"}
	return values["ParentKeyName"] == "" && !slices.Contains(updates, values["ReleaseType"])
}

// packageInstalled is the CurrentState of an installed package of Component Based Servicing.
const packageInstalled = "112"

// packageKB finds the number in "Package_for_KB5044033~31bf3856ad364e35~amd64~~...".
var packageKB = regexp.MustCompile(`(?i)\\Package_(?:\d+_)?for_(KB\d{6,8})[~_]`)

// windowsHotfixes lists the installed updates by KB number. A cumulative update has none here
// ("Package_for_RollupFix"): the build's revision identifies it.
func windowsHotfixes(keys []registryKey) []string {
	all := []string{}
	for _, key := range keys {
		found := packageKB.FindStringSubmatch(key.Path)
		if found != nil && key.Values["CurrentState"] == packageInstalled {
			all = append(all, strings.ToUpper(found[1]))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}
