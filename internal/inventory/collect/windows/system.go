package windows

import (
	"strings"
)

// System is what Windows says of itself.
type System struct {
	// HostName has the host's own domain; it is empty if unknown.
	HostName string
	// MachineGUID is the machine's own id, "" if it could not be read.
	MachineGUID string
	// Architecture is in the spelling of Windows: "AMD64".
	Architecture string
	// Version is the build with its revision, "10.0.22631.4751"; "" if unknown. Before Windows 10 there is
	// none.
	Version string
	// IsServer distinguishes servers from clients, which share builds.
	IsServer bool
	// Facts are what is known of edition and revision; nil if unknown.
	Facts map[string]string
}

// ReadSystem identifies the machine.
func ReadSystem(r *Reader) System {
	version, product := r.key(versionKey), r.key(productKey)
	s := System{
		HostName:     hostName(r.key(networkKey)),
		MachineGUID:  r.key(cryptographyKey).first("MachineGuid"),
		Architecture: r.key(environmentKey).first("PROCESSOR_ARCHITECTURE"),
	}
	if len(version.Values) == 0 {
		return s
	}
	s.Version = build(version)
	s.IsServer = isServer(version, product)
	s.Facts = some(version, "CurrentBuildNumber", "UBR", "EditionID", "DisplayVersion", "ReleaseId",
		"InstallationType")
	for name, value := range some(product, "ProductType") {
		s.Facts[name] = value
	}
	return s
}

// isServer says whether a product is a server. ProductType is WinNT for clients, ServerNT for servers and
// LanmanNT for domain controllers. InstallationType is "Client", "Server", "Server Core" or "Nano Server".
func isServer(version, product Key) bool {
	switch strings.ToLower(product.first("ProductType")) {
	case "winnt":
		return false
	case "servernt", "lanmannt":
		return true
	}
	return strings.Contains(version.first("InstallationType"), "Server")
}

// hostName returns the host's name with its own domain. The domain from DHCP changes with the
// network, so it is not part of the name.
func hostName(network Key) string {
	host := network.first("Hostname", "NV Hostname")
	domain := network.first("Domain", "NV Domain")
	if host == "" || domain == "" {
		return host
	}
	return host + "." + domain
}

// build returns the build with its revision: "10.0.22631.4751". Before Windows 10 the major and
// minor number are in one value, and there may be no revision.
func build(version Key) string {
	text := version.first("CurrentVersion")
	if major := version.first("CurrentMajorVersionNumber"); major != "" {
		text = major + "." + version.first("CurrentMinorVersionNumber")
	}
	text += "." + version.first("CurrentBuildNumber", "CurrentBuild")
	if revision := version.first("UBR"); revision != "" {
		text += "." + revision
	}
	return text
}
