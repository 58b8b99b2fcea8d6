package collect

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
)

// macRecord is what macOS's own tools say of a machine.
type macRecord struct {
	Applications []byte // system_profiler SPApplicationsDataType -json
	Version      string // sw_vers -productVersion
	Platform     []byte // ioreg -rd1 -c IOPlatformExpertDevice
	HostName     string
	Architecture string
}

// report makes a Mac's report. The applications' error, if any, is returned
// beside a report that lacks them.
func (r macRecord) report(config Config) (report *inventory.Report, applications, err error) {
	name := config.Name
	if name == "" {
		name = r.HostName
	}
	if name == "" {
		return nil, nil, ErrNoName
	}
	report = newReport(config)
	report.Device = inventory.Device{
		ID:             inventory.DeriveID(platformUUID(r.Platform), name),
		Name:           name,
		OSPlatform:     inventory.MacOS,
		OSVersion:      strings.TrimSpace(r.Version),
		OSArchitecture: spellArchitecture(r.Architecture),
	}
	report.Software, applications = macSoftware(r.Applications)
	return report, applications, nil
}

// macApplication is one entry of system_profiler's list.
type macApplication struct {
	Name         string   `json:"_name"`
	Version      string   `json:"version"`
	Path         string   `json:"path"`
	ObtainedFrom string   `json:"obtained_from"`
	SignedBy     []string `json:"signed_by"`
}

// macSoftware reads system_profiler's list of applications.
func macSoftware(data []byte) ([]inventory.Software, error) {
	var list struct {
		Applications *[]macApplication `json:"SPApplicationsDataType"`
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("decoding the list of applications: %w", err)
	}
	if list.Applications == nil {
		return nil, fmt.Errorf("decoding the list of applications: it has no %q", "SPApplicationsDataType")
	}
	if len(*list.Applications) > maxPackages {
		return nil, errTooMany
	}
	all := []inventory.Software{}
	for _, a := range *list.Applications {
		if a.Name != "" {
			all = append(all, a.software())
		}
	}
	return all, nil
}

// software is the application as a report carries it.
func (a macApplication) software() inventory.Software {
	s := inventory.Software{Kind: "macos", Vendor: a.vendor(), Name: a.Name, Version: a.Version}
	if a.Path != "" {
		s.DiskPaths = []string{a.Path}
	}
	return s
}

// vendor is who signed the application, without the team's id; Apple's shop signs
// in Apple's name, so it hides the vendor.
func (a macApplication) vendor() string {
	if a.ObtainedFrom == "apple" {
		return "Apple"
	}
	if len(a.SignedBy) == 0 {
		return ""
	}
	name, ok := strings.CutPrefix(a.SignedBy[0], "Developer ID Application: ")
	if !ok {
		return ""
	}
	if open := strings.LastIndex(name, " ("); open > 0 && strings.HasSuffix(name, ")") {
		name = name[:open]
	}
	return name
}

// platformUUID finds the machine's id in ioreg's listing, or "".
func platformUUID(listing []byte) string {
	for line := range strings.Lines(string(listing)) {
		name, value, ok := strings.Cut(line, "=")
		if ok && strings.Trim(name, ` "|`) == "IOPlatformUUID" {
			return strings.Trim(value, "\" \r\n")
		}
	}
	return ""
}
