package fleet

// The roles by their place in roles.
const (
	workstation = iota
	windowsServer
	mac
	debianServer
	ubuntuServer
	almaServer
	redHatServer
)

// pattern is the order of roles. Half of any twenty consecutive devices are Windows workstations,
// and every role is among them.
var pattern = [...]int{
	workstation, mac, debianServer, workstation, windowsServer, workstation, redHatServer, workstation, mac, workstation,
	windowsServer, workstation, ubuntuServer, workstation, almaServer, workstation, mac, workstation,
	windowsServer, workstation,
}

var roles = [...]role{
	workstation: {
		prefix: "ws", tag: "workstation", architecture: "x64",
		systems: windowsClients, products: workstationPrograms, settings: windowsSettings, hotfixes: windowsHotfixes,
	},
	windowsServer: {
		prefix: "srv", tag: "server", architecture: "x64",
		systems: windowsServers, products: serverPrograms, settings: windowsSettings, hotfixes: windowsHotfixes,
	},
	mac: {
		prefix: "mac", tag: "laptop", architecture: "arm64",
		systems: macSystems, products: macApplications, settings: macSettings,
	},
	debianServer: {
		prefix: "deb", tag: "server", architecture: "x64",
		systems:  []system{{1, "Linux", []string{"debian_linux_12"}}},
		products: debianPackages, settings: linuxSettings, defaults: linuxDefaults,
		distribution: distribution{"deb", "debian", "debian", "debian-12"},
	},
	ubuntuServer: {
		prefix: "ubu", tag: "server", architecture: "x64",
		systems:  []system{{1, "Linux", []string{"ubuntu_linux_22.04"}}},
		products: ubuntuPackages, settings: linuxSettings, defaults: linuxDefaults,
		distribution: distribution{"deb", "ubuntu", "ubuntu", "ubuntu-22.04"},
	},
	almaServer: {
		prefix: "alma", tag: "server", architecture: "x64",
		systems:  []system{{1, "Linux", []string{"almalinux_9.2", "almalinux_9.3", "almalinux_9.4", "almalinux_9.5"}}},
		products: redHatPackages, settings: linuxSettings, defaults: linuxDefaults,
		distribution: distribution{"rpm", "almalinux", "almalinux", "almalinux-9"},
	},
	redHatServer: {
		prefix: "rhel", tag: "server", architecture: "x64",
		systems: []system{{1, "Linux", []string{
			"enterprise_linux_9.2", "enterprise_linux_9.3", "enterprise_linux_9.4", "enterprise_linux_9.5",
		}}},
		products: redHatPackages, settings: linuxSettings, defaults: linuxDefaults,
		distribution: distribution{"rpm", "red_hat", "redhat", "rhel-9"},
	},
}
