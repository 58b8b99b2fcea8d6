// Package sample contains a small, real part of public vulnerability intelligence, for
// demonstrations, benchmarks and tests without a network.
//
// The files have the formats of their feeds and go through the ordinary import. They contain only
// facts: identifiers, dates, scores, products, versions and flags of well-known desktop and server
// software; every CVE in them has a score. NOTICE names sources and licences. The program in
// folder make makes them from full feeds.
//
// The sample is no substitute for feeds: it knows some 3,400 CVEs of mid 2023 to autumn 2024, and
// only a few of other years. Of distributions it has advisories on common packages with these CVEs: of Debian 11
// to 13 (until February 2025), of AlmaLinux 8, 9 and 10 (until August 2026), which stand in for Red Hat Enterprise
// Linux, Rocky Linux, CentOS and Oracle Linux, and two of Ubuntu 22.04. So a machine with one of these is partly
// assessed, and one with another distribution is not.
package sample

import (
	"embed"
	"io/fs"

	"github.com/muster-project/muster/internal/intel"
)

// Feed is one feed of the sample: its kind, its name and its raw files, all in the root of Files.
type Feed struct {
	Kind  intel.Kind
	Name  string
	Files fs.FS
}

//go:embed NOTICE data
var embedded embed.FS

// Feeds returns the sample's feeds.
func Feeds() []Feed {
	return []Feed{
		feed(intel.CVE5, "vulnrichment"),
		feed(intel.NVD, "nvd"),
		feed(intel.NVD, "overrides"),
		feed(intel.OSV, "debian"),
		feed(intel.OSV, "almalinux-8"),
		feed(intel.OSV, "almalinux-9"),
		feed(intel.OSV, "almalinux-10"),
		feed(intel.OSV, "ubuntu"),
		feed(intel.KEV, "kev"),
		feed(intel.EOL, "endoflife"),
	}
}

// feed returns the feed with files in the folder of its name.
func feed(kind intel.Kind, name string) Feed {
	files, _ := fs.Sub(embedded, "data/"+name) // only fails for invalid paths
	return Feed{kind, name, files}
}

// Notice names the sources of the sample and their licences, for people.
func Notice() string {
	text, _ := embedded.ReadFile("NOTICE") // embedded, so it cannot be missing
	return string(text)
}
