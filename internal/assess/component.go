package assess

import (
	"fmt"
	"iter"
	"strings"

	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/update"
	"github.com/muster-project/muster/internal/inventory"
)

// keySeparator separates the fields of a component key. Reports contain no control characters, so
// it cannot occur in a field.
const keySeparator = "\x00"

// ComponentKey encodes a component as one string, for sheets.
func ComponentKey(r catalog.Component) string {
	return strings.Join([]string{r.Kind, r.Vendor, r.Name, r.Version, r.CPE, r.PURL, r.BundleID,
		r.SourcePackage, r.SourceVersion, r.OSPlatform, r.OSVersion, r.Architecture, r.Hotfixes}, keySeparator)
}

// ParseComponentKey parses a key of ComponentKey.
func ParseComponentKey(key string) (catalog.Component, error) {
	f := strings.Split(key, keySeparator)
	if len(f) == 11 {
		f = append(f, "", "") // of a sheet from before systems had updates
	}
	if len(f) != 13 {
		return catalog.Component{}, fmt.Errorf("component key %q has %d fields", key, len(f))
	}
	return catalog.Component{Kind: f[0], Vendor: f[1], Name: f[2], Version: f[3], CPE: f[4], PURL: f[5], BundleID: f[6],
		SourcePackage: f[7], SourceVersion: f[8], OSPlatform: f[9], OSVersion: f[10],
		Architecture: f[11], Hotfixes: f[12]}, nil
}

// Components lists what is judged of a report: its software, and its operating system if that is a
// product, for which the software is empty.
func Components(r *inventory.Report) iter.Seq2[catalog.Component, *inventory.Software] {
	return func(yield func(catalog.Component, *inventory.Software) bool) {
		for c, s := range components(r) {
			if !yield(c, s) {
				return
			}
		}
		if c, ok := system(r); ok && isProduct(&r.Device) {
			yield(c, &inventory.Software{})
		}
	}
}

// components lists the software of a device.
func components(r *inventory.Report) iter.Seq2[catalog.Component, *inventory.Software] {
	return func(yield func(catalog.Component, *inventory.Software) bool) {
		platform, version := catalog.PlatformClass(r.Device.OSPlatform, r.Device.OSVersion)
		for i := range r.Software {
			s := &r.Software[i]
			if !yield(catalog.Component{Kind: s.Kind, Vendor: s.Vendor, Name: s.Name, Version: s.Version,
				CPE: s.CPE, PURL: s.PURL,
				BundleID: s.BundleID, SourcePackage: s.SourcePackage, SourceVersion: s.SourceVersion,
				OSPlatform: platform, OSVersion: version}, s) {
				return
			}
		}
	}
}

// system returns the component for the operating system of a device, which says whether the
// platform is assessed; ok is false if a report does not name it.
func system(r *inventory.Report) (c catalog.Component, ok bool) {
	d := &r.Device
	platform, version := catalog.PlatformClass(d.OSPlatform, d.OSVersion)
	c = catalog.Component{Kind: "os", Name: d.OSPlatform, Version: d.OSVersion, OSPlatform: platform, OSVersion: version}
	if platform == inventory.Linux {
		c.Version = "" // its class is what feeds distinguish
	}
	if strings.HasPrefix(platform, "Windows") {
		c.Architecture, c.Hotfixes = d.OSArchitecture, update.List(r.Hotfixes)
	}
	return c, platform != ""
}

// isProduct reports whether the device's operating system is a product, with a known version. Linux
// is not: the packages of its distribution are.
func isProduct(d *inventory.Device) bool {
	return d.OSVersion != "" && (d.OSPlatform == inventory.MacOS || strings.HasPrefix(d.OSPlatform, "Windows"))
}
