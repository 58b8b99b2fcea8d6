package hosts

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// fleetHost is a host of Fleet: GET /api/v1/fleet/hosts/{id}, or one of GET
// /api/v1/fleet/hosts?populate_software=true (https://fleetdm.com/docs/rest-api).
type fleetHost struct {
	Hostname     string `json:"hostname"`
	ComputerName string `json:"computer_name"`
	Platform     string `json:"platform"`
	OSVersion    string `json:"os_version"`
	CPUType      string `json:"cpu_type"`
	PrimaryIP    string `json:"primary_ip"`
	PrimaryMAC   string `json:"primary_mac"`
	// Software is nil where it was not asked for.
	Software []struct {
		Name             string `json:"name"`
		Version          string `json:"version"`
		Source           string `json:"source"`
		Release          string `json:"release"`
		Arch             string `json:"arch"`
		Vendor           string `json:"vendor"`
		BundleIdentifier string `json:"bundle_identifier"`
	} `json:"software"`
}

// readFleet reads one host, or a list of hosts.
func readFleet(text []byte) ([]*host, error) {
	var d struct {
		Host  *fleetHost  `json:"host"`
		Hosts []fleetHost `json:"hosts"`
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, parse.Invalid("", "reading the hosts of Fleet: %s", parse.Clip(err.Error(), 200))
	}
	if d.Host != nil {
		d.Hosts = append(d.Hosts, *d.Host)
	}
	var all []*host
	for i := range d.Hosts {
		f := &d.Hosts[i]
		if f.Software == nil {
			return nil, parse.Invalid(fmt.Sprintf("hosts[%d].software", i),
				"is missing: ask Fleet for one host, or for hosts?populate_software=true")
		}
		all = append(all, f.host())
	}
	return all, nil
}

// patch is a version whose third part is 0.
var patch = regexp.MustCompile(`\b(\d+\.\d+)\.0$`)

// hardware is the address of an interface of Ethernet.
var hardware = regexp.MustCompile(`^(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$`)

func (f *fleetHost) host() *host {
	h := &host{name: f.Hostname, arch: f.CPUType, read: true,
		system: system{platform: f.Platform, name: f.OSVersion, version: f.OSVersion}}
	if h.name == "" {
		h.name = f.ComputerName
	}
	if f.PrimaryIP != "" {
		h.addresses = []inventory.Address{{IP: f.PrimaryIP, MAC: hardware.FindString(f.PrimaryMAC)}}
	}
	for _, s := range f.Software {
		switch s.Source {
		case debPackages, rpmPackages, programs, apps:
			h.software = append(h.software, row{s.Source, map[string]string{"name": s.Name, "version": s.Version,
				"release": s.Release, "arch": s.Arch, "publisher": s.Vendor, "bundle_identifier": s.BundleIdentifier}})
		}
	}
	switch strings.ToLower(f.Platform) {
	case "windows":
		h.system.version = ""
	case "darwin":
	default: // Fleet writes a third part that distributions do not have: "Red Hat Enterprise Linux 9.4.0"
		h.system.version = patch.ReplaceAllString(f.OSVersion, "$1")
	}
	return h
}
