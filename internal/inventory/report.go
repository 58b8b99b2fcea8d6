package inventory

import "time"

// Report is what one device said at one time. Device.Name and Time are always
// there once it is normalised; every section may be absent. A section that is
// absent (nil) leaves what an earlier report of the same source said; one that
// is present but empty clears it.
//
// The JSON form is that of design.md, section 7; what has the tag schema
// "optional" may be left out of it. The numbers of the cbor tags are the stored
// form: they are never given a new meaning.
type Report struct {
	Device Device    `json:"device"`
	Time   time.Time `json:"time" schema:"optional"`
	// Source tells one device's reports apart ("collect", "sbom", an OpenSCAP
	// run); a report replaces only what its own source said before.
	Source string `json:"source,omitempty"`
	// Collector is what made the report; it may be unknown. It is no content: a
	// device is not stale for having a newer one.
	Collector      Collector       `json:"collector,omitzero"`
	Software       []Software      `json:"software,omitzero"`
	Hotfixes       []string        `json:"hotfixes,omitzero"`
	Facts          Facts           `json:"facts,omitzero"`
	Configurations []Configuration `json:"configurations,omitzero"`
}

// OwnCollector is the name of muster's own collector.
const OwnCollector = "muster"

// Collector is a program that makes reports.
type Collector struct {
	Name string `json:"name"`
	// Version is as the program spells its own.
	Version string `json:"version,omitempty"`
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
	OSVersion      string `json:"osVersion,omitempty"`
	OSArchitecture string `json:"osArchitecture,omitempty"`
	// Tags are the device's labels; nil leaves those it has.
	Tags []string `json:"tags,omitzero"`
	// RBACGroup is the group that the report names, for a sender who may name
	// one. It is no part of what is known of a device: the group that it is in
	// follows from the organization's rules.
	RBACGroup string `json:"rbacGroup,omitempty"`
}

// Software is a product at a version on a device, with its evidence, as the
// source spelled it. Resolving it to a product is the catalog's work.
type Software struct {
	// Kind says where the entry comes from: "windows", "macos", "deb", "rpm",
	// "apk", "npm", "pypi", "go", "maven", …, "generic".
	Kind    string `json:"kind,omitempty" cbor:"1,keyasint,omitempty"`
	Vendor  string `json:"vendor,omitempty" cbor:"2,keyasint,omitempty"`
	Name    string `json:"name" cbor:"3,keyasint,omitempty"`
	Version string `json:"version,omitempty" cbor:"4,keyasint,omitempty"`
	CPE     string `json:"cpe,omitempty" cbor:"5,keyasint,omitempty"`
	PURL    string `json:"purl,omitempty" cbor:"6,keyasint,omitempty"`
	// SourcePackage and SourceVersion name the source package a binary
	// package was built from; advisories of Debian and Ubuntu are by source.
	SourcePackage string   `json:"sourcePackage,omitempty" cbor:"7,keyasint,omitempty"`
	SourceVersion string   `json:"sourceVersion,omitempty" cbor:"8,keyasint,omitempty"`
	BundleID      string   `json:"bundleId,omitempty" cbor:"9,keyasint,omitempty"`
	DiskPaths     []string `json:"diskPaths,omitempty" cbor:"10,keyasint,omitempty"`
	RegistryPaths []string `json:"registryPaths,omitempty" cbor:"11,keyasint,omitempty"`
	// PathsCut counts the disk and registry paths that the limits of law 6
	// cut; a manifest says how many there were.
	PathsCut int `json:"pathsCut,omitempty" cbor:"12,keyasint,omitempty"`
}

// softwareTexts names the strings of texts.
var softwareTexts = [...]string{"name", "version", "kind", "vendor", "cpe", "purl", "sourcePackage", "sourceVersion", "bundleId"}

// texts returns the strings of an entry but its paths, so that each rule for
// strings is said once.
func (s *Software) texts() [len(softwareTexts)]*string {
	return [...]*string{&s.Name, &s.Version, &s.Kind, &s.Vendor, &s.CPE, &s.PURL, &s.SourcePackage, &s.SourceVersion, &s.BundleID}
}

// Facts are a device's settings as collected, by family and name:
// {"sshd":{"PermitRootLogin":"no"}}. A family that is present was asked for; a
// name that is absent in it was asked for and not there.
type Facts map[string]map[string]string

// Configuration is one configuration result that came with a report, judged
// by the tool that sent it (OpenSCAP, for one).
type Configuration struct {
	ConfigurationID string  `json:"configurationId" cbor:"1,keyasint"`
	Name            string  `json:"name,omitempty" cbor:"2,keyasint,omitempty"`
	Category        string  `json:"category,omitempty" cbor:"3,keyasint,omitempty"`
	Subcategory     string  `json:"subcategory,omitempty" cbor:"4,keyasint,omitempty"`
	Impact          float64 `json:"impact,omitempty" cbor:"5,keyasint,omitempty"`
	UserImpact      bool    `json:"userImpact,omitempty" cbor:"6,keyasint,omitempty"`
	Applicable      bool    `json:"applicable" cbor:"7,keyasint,omitempty" schema:"optional"`
	Compliant       bool    `json:"compliant" cbor:"8,keyasint,omitempty"`
}

// configurationTexts names the strings of texts.
var configurationTexts = [...]string{"configurationId", "name", "category", "subcategory"}

// texts returns the strings of a result.
func (c *Configuration) texts() [len(configurationTexts)]*string {
	return [...]*string{&c.ConfigurationID, &c.Name, &c.Category, &c.Subcategory}
}
