package inventory

import "time"

// Report is what one device said at one time. After normalising, Device.Name and Time are always
// set; every section may be absent. An absent (nil) section keeps what an earlier report of the
// same source said; a present but empty one clears it.
//
// The JSON form is that of design.md, section 7; members with the tag schema "optional" may be
// left out. The numbers of the cbor tags are the stored form: they never get a new meaning.
type Report struct {
	Device Device    `json:"device"`
	Time   time.Time `json:"time" schema:"optional"`
	// Source distinguishes one device's reports ("collect", "sbom", an OpenSCAP run); a report
	// only replaces what its own source said before.
	Source string `json:"source,omitempty"`
	// Collector is the program that made the report; it may be unknown. It is not content: a newer
	// one does not make a device stale.
	Collector Collector `json:"collector,omitzero"`
	// Addresses are the device's in its networks, the first one that by which people know it. They are
	// no content either; nil keeps those that the source said before.
	Addresses []Address  `json:"addresses,omitzero"`
	Software  []Software `json:"software,omitzero"`
	Hotfixes  []string   `json:"hotfixes,omitzero"`
	Facts     Facts      `json:"facts,omitzero"`
	// Origins says where facts were set: {"sshd":{"PermitRootLogin":"/etc/ssh/sshd_config:3"}}. It and
	// Unread are stored with the facts, and follow their families.
	Origins Facts `json:"origins,omitzero"`
	// Unread says which facts could not be read, and why: {"accounts":{"passwordless":"…"}}. The name
	// AnyFact stands for every name of its family that is not among the facts.
	Unread         Facts           `json:"unread,omitzero"`
	Configurations []Configuration `json:"configurations,omitzero"`
}

// OwnCollector is the name of muster's own collector.
const OwnCollector = "muster"

// Collector is a program that makes reports.
type Collector struct {
	Name string `json:"name"`
	// Version is in the program's own spelling.
	Version string `json:"version,omitempty"`
}

// Address is an address that a device has in a network. It is no content: another one makes no device
// stale.
type Address struct {
	// IP is an address of IPv4 or IPv6 without a zone, in the form of RFC 5952.
	IP string `json:"ip"`
	// MAC is the hardware address of the interface that has it: "0011223344AA"; empty if unknown.
	MAC string `json:"mac,omitempty"`
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
	// Tags are the device's labels; nil keeps the present ones.
	Tags []string `json:"tags,omitzero"`
	// Supposed says that OSPlatform and OSVersion were concluded, from what a document is about: they count only
	// while they are not known of the device.
	Supposed bool `json:"-" cbor:"-"`
	// RBACGroup is the group that the report names, if its sender may name one. It is not stored
	// with the device's identity: the group of a device follows from the organization's rules.
	RBACGroup string `json:"rbacGroup,omitempty"`
}

// Software is a product at a version on a device, with its evidence, as the
// source spelled it. Resolving it to a product is the catalog's work.
type Software struct {
	// Kind is the kind of the entry's origin: "windows", "macos", "deb", "rpm", "apk", "alpm", "npm",
	// "pypi", "go", "maven", …, "generic".
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
	// PathsCut counts the disk and registry paths that were cut by the limits of law 6; a manifest
	// has the number.
	PathsCut int `json:"pathsCut,omitempty" cbor:"12,keyasint,omitempty"`
}

// softwareTexts are the names of the strings of texts.
var softwareTexts = [...]string{"name", "version", "kind", "vendor", "cpe", "purl", "sourcePackage",
	"sourceVersion", "bundleId"}

// texts returns the strings of an entry except its paths, so that each rule for strings is written
// once.
func (s *Software) texts() [len(softwareTexts)]*string {
	return [...]*string{&s.Name, &s.Version, &s.Kind, &s.Vendor, &s.CPE, &s.PURL, &s.SourcePackage,
		&s.SourceVersion, &s.BundleID}
}

// Length returns the bytes of its strings and paths.
func (s *Software) Length() int {
	n := 0
	for _, text := range s.texts() {
		n += len(*text)
	}
	for _, paths := range [...][]string{s.DiskPaths, s.RegistryPaths} {
		for _, path := range paths {
			n += len(path)
		}
	}
	return n
}

// Facts are a device's settings as collected, by family and name:
// {"sshd":{"PermitRootLogin":"no"}}. If a family is present it was read; an absent name in it is
// not set, unless Report.Unread has it.
type Facts map[string]map[string]string

// AnyFact in Report.Unread stands for every fact of a family that the report does not have.
const AnyFact = "*"

// Configuration is one configuration result in a report, judged by the tool that sent it (for
// example OpenSCAP).
type Configuration struct {
	ConfigurationID string  `json:"configurationId" cbor:"1,keyasint"`
	Name            string  `json:"name,omitempty" cbor:"2,keyasint,omitempty"`
	Category        string  `json:"category,omitempty" cbor:"3,keyasint,omitempty"`
	Subcategory     string  `json:"subcategory,omitempty" cbor:"4,keyasint,omitempty"`
	Impact          float64 `json:"impact,omitempty" cbor:"5,keyasint,omitempty"`
	UserImpact      bool    `json:"userImpact,omitempty" cbor:"6,keyasint,omitempty"`
	Applicable      bool    `json:"applicable" cbor:"7,keyasint,omitempty" schema:"optional"`
	Compliant       bool    `json:"compliant" cbor:"8,keyasint,omitempty"`
	// Remediation says in words how a device becomes compliant; it may have several lines.
	Remediation string `json:"remediation,omitempty" cbor:"9,keyasint,omitempty"`
	// References name where the rule is from, such as "CIS 5.2.10"; their order is kept.
	References []string `json:"references,omitempty" cbor:"10,keyasint,omitempty"`
}

// configurationTexts are the names of the strings of texts.
var configurationTexts = [...]string{"configurationId", "name", "category", "subcategory", "remediation"}

// texts returns the strings of a result.
func (c *Configuration) texts() [len(configurationTexts)]*string {
	return [...]*string{&c.ConfigurationID, &c.Name, &c.Category, &c.Subcategory, &c.Remediation}
}

// Length returns the bytes of its strings and references.
func (c *Configuration) Length() int {
	n := 0
	for _, text := range c.texts() {
		n += len(*text)
	}
	for _, reference := range c.References {
		n += len(reference)
	}
	return n
}
