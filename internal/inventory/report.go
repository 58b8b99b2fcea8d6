package inventory

import "time"

// Report is what one device said at one time. Device.Name and Time are always
// there; every section may be absent. A section that is absent (nil) leaves
// what an earlier report of the same source said; one that is present but
// empty clears it.
type Report struct {
	Device Device    `json:"device"`
	Time   time.Time `json:"time"`
	// Source tells one device's reports apart ("collect", "sbom", an OpenSCAP
	// run); a report replaces only what its own source said before.
	Source         string          `json:"source,omitempty"`
	Software       []Software      `json:"software,omitempty"`
	Hotfixes       []string        `json:"hotfixes,omitempty"`
	Facts          Facts           `json:"facts,omitempty"`
	Configurations []Configuration `json:"configurations,omitempty"`
}

// Device identifies one managed machine.
type Device struct {
	// ID is 40 lower-case hex digits. It may be empty in a report; DeriveID
	// and the store's rule "joins the one device of that name" fill it.
	ID string `json:"id,omitempty"`
	// Name is the fully qualified host name, never empty.
	Name string `json:"name"`
	// OSPlatform is a word of the wire contract: "Windows11", "Linux", "macOS".
	OSPlatform string `json:"osPlatform,omitempty"`
	// OSVersion is a Windows build ("10.0.22631.4751"), a macOS version
	// ("15.1"), or a distribution and release ("debian_linux_12").
	OSVersion      string   `json:"osVersion,omitempty"`
	OSArchitecture string   `json:"osArchitecture,omitempty"`
	Tags           []string `json:"tags,omitempty"`
}

// Software is a product at a version on a device, with its evidence, as the
// source spelled it. Resolving it to a product is the catalog's work.
type Software struct {
	// Kind says where the entry comes from: "windows", "macos", "deb", "rpm",
	// "apk", "npm", "pypi", "go", "maven", …, "generic".
	Kind    string `json:"kind,omitempty"`
	Vendor  string `json:"vendor,omitempty"`
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	CPE     string `json:"cpe,omitempty"`
	PURL    string `json:"purl,omitempty"`
	// SourcePackage and SourceVersion name the source package a binary
	// package was built from; advisories of Debian and Ubuntu are by source.
	SourcePackage string   `json:"sourcePackage,omitempty"`
	SourceVersion string   `json:"sourceVersion,omitempty"`
	BundleID      string   `json:"bundleId,omitempty"`
	DiskPaths     []string `json:"diskPaths,omitempty"`
	RegistryPaths []string `json:"registryPaths,omitempty"`
}

// Facts are a device's settings as collected, by family and name:
// {"sshd":{"PermitRootLogin":"no"}}. A family that is present was asked for; a
// name that is absent in it was asked for and not there.
type Facts map[string]map[string]string

// Configuration is one configuration result that came with a report, judged
// by the tool that sent it (OpenSCAP, for one).
type Configuration struct {
	ConfigurationID string  `json:"configurationId"`
	Name            string  `json:"name,omitempty"`
	Category        string  `json:"category,omitempty"`
	Subcategory     string  `json:"subcategory,omitempty"`
	Impact          float64 `json:"impact,omitempty"`
	UserImpact      bool    `json:"userImpact,omitempty"`
	Applicable      bool    `json:"applicable"`
	Compliant       bool    `json:"compliant"`
}
