package update

import (
	"regexp"
	"slices"
	"strings"
)

// Product is a release of Windows as Microsoft's lists of updates name it.
type Product struct {
	// Name is the CPE product of package windows ("windows_10_1809"). It is empty for a release that muster does
	// not judge.
	Name string
	// Architecture is "x64", "x86", "arm64" or "ia64"; empty for a server that has only one.
	Architecture string
	// Core says that it is an installation without a desktop.
	Core bool
}

// architectures are the endings of products, in lower case.
var architectures = map[string]string{
	"x64-based systems": "x64", "32-bit systems": "x86", "arm64-based systems": "arm64", "arm systems": "arm64",
	"itanium-based systems": "ia64", "hololens": "hololens",
}

// products are the names of releases without architecture and edition, in lower case, with the service pack at
// the end. The releases whose names have a version are in versioned.
var products = map[string]string{
	"windows 7 service pack 1": "windows_7", "windows 8": "windows_8", "windows 8.1": "windows_8.1",
	"windows 10": "windows_10_1507", "windows 11": "windows_11_21h2",
	"windows server 2008 service pack 2":    "windows_server_2008_sp2",
	"windows server 2008 r2 service pack 1": "windows_server_2008_r2",
	"windows server 2012":                   "windows_server_2012", "windows server 2012 r2": "windows_server_2012_r2",
	"windows server 2016": "windows_server_2016", "windows server 2019": "windows_server_2019",
	"windows server 2022": "windows_server_2022", "windows server 2022, 23h2 edition": "windows_server_23h2",
	"windows server 2025": "windows_server_2025",
}

// unjudged are the beginnings of releases that no device is judged as: before Windows 7 and Server 2008, without
// the last service pack, of other devices.
var unjudged = [...]string{
	"windows 7", "windows server 2008", "windows vista", "windows rt", "windows server 2003",
	"microsoft windows 2000", "microsoft windows server 2003", "microsoft windows xp",
}

// versioned matches the releases that are called by their version, in lower case.
var versioned = regexp.MustCompile(`^windows (10|11|server,) version ([0-9]{4}|2[0-9]h[12])$`)

var servicePack = regexp.MustCompile(`^(.*?)( service pack [0-9])$`)

// ProductOf returns the release that a product of Microsoft's lists is. ok is false if it is no release of
// Windows, or none that muster knows: a part of Windows, another program.
func ProductOf(text string) (p Product, ok bool) {
	name := strings.Join(strings.Fields(strings.ToLower(text)), " ")
	name, p.Core = strings.CutSuffix(name, " (server core installation)")
	pack := ""
	if m := servicePack.FindStringSubmatch(name); m != nil {
		name, pack = m[1], m[2]
	}
	if before, of, found := strings.Cut(name, " for "); found {
		if p.Architecture, ok = architectures[of]; !ok {
			return Product{}, false
		}
		name = before
	}
	if m := versioned.FindStringSubmatch(name); m != nil && pack == "" {
		p.Name = "windows_" + strings.TrimSuffix(m[1], ",") + "_" + m[2]
	} else if p.Name, ok = products[name+pack]; !ok && !isUnjudged(name) {
		return Product{}, false
	}
	if p.Architecture == "hololens" {
		p.Name = ""
	}
	return p, true
}

func isUnjudged(name string) bool {
	return slices.ContainsFunc(unjudged[:], func(begin string) bool {
		return name == begin || strings.HasPrefix(name, begin+" ")
	})
}
