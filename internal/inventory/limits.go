package inventory

import (
	"encoding/hex"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// The limits of a report (design.md, law 6). A report beyond one is refused with an error that
// says so. Only the paths of a software entry are cut and counted, since a healthy device may have
// more of them.
const (
	// MaxReport bounds a report, a line of NDJSON or an SBOM, in bytes.
	MaxReport = 16 << 20
	// MaxString bounds a string, in bytes.
	MaxString = 64 << 10
	// MaxSoftware bounds the software of a report.
	MaxSoftware = 20_000
	// MaxConfigurations bounds the configuration results of a report.
	MaxConfigurations = 20_000
	// MaxReferences bounds the references of a configuration result.
	MaxReferences = 64
	// MaxHotfixes bounds the hotfixes of a report.
	MaxHotfixes = 10_000
	// MaxFacts bounds the facts of a report over all families, with those that could not be read; each
	// family counts as one more. The origins are bounded likewise.
	MaxFacts = 50_000
	// MaxTags bounds the tags of a device.
	MaxTags = 100
	// MaxAddresses bounds the addresses of a report.
	MaxAddresses = 64
	// MaxName bounds a device's name, a source, a tag, a group, and the name and
	// version of a collector, in bytes.
	MaxName = 255
	// MaxPaths bounds the disk paths, and the registry paths, of one software entry; the first in
	// order are kept.
	MaxPaths = 100
	// MaxPath bounds one of those paths, in bytes; a longer one is left out, since half a path is
	// a wrong one.
	MaxPath = 1 << 10

	// maxMAC bounds the text of a hardware address: those of 6, 8 and 20 bytes have 59 characters at most.
	maxMAC = 64
	// maxListedPaths bounds the paths read from a report, including those that MaxPaths cuts; the
	// rest is skipped and counted as cut.
	maxListedPaths = 200_000
)

// Validate returns a *FieldError for the first thing in r that Normalize would refuse: a device
// without a usable name or id, a list or a string over its limit. Reports from the decoders of
// this package have passed it.
func (r *Report) Validate() error {
	if err := r.Device.validate(); err != nil {
		return parse.Within(err, "device")
	}
	if len(r.Source) > MaxName {
		return parse.Invalid("source", "is %d bytes long, at most %d are allowed", len(r.Source), MaxName)
	}
	if err := r.Collector.validate(); err != nil {
		return parse.Within(err, "collector")
	}
	if err := validateEach("addresses", r.Addresses, MaxAddresses, (*Address).validate); err != nil {
		return err
	}
	if err := validateEach("software", r.Software, MaxSoftware, (*Software).validate); err != nil {
		return err
	}
	if err := validateEach("hotfixes", r.Hotfixes, MaxHotfixes, validateText); err != nil {
		return err
	}
	for _, part := range [...]struct {
		name  string
		facts Facts
		most  int
	}{{"facts", r.Facts, MaxFacts}, {"origins", r.Origins, MaxFacts}, {"unread", r.Unread, MaxFacts - r.Facts.count()}} {
		if err := part.facts.validate(part.most); err != nil {
			return parse.Within(err, part.name)
		}
	}
	return validateEach("configurations", r.Configurations, MaxConfigurations, (*Configuration).validate)
}

// validate checks the length of a collector's name and version.
func (c *Collector) validate() error {
	if len(c.Name) > MaxName {
		return parse.Invalid("name", "is %d bytes long, at most %d are allowed", len(c.Name), MaxName)
	}
	if len(c.Version) > MaxName {
		return parse.Invalid("version", "is %d bytes long, at most %d are allowed", len(c.Version), MaxName)
	}
	return nil
}

// validate checks that both are addresses.
func (a *Address) validate() error {
	if len(a.IP) > MaxName {
		return parse.Invalid("ip", "is %d bytes long, at most %d are allowed", len(a.IP), MaxName)
	}
	ip, err := netip.ParseAddr(strings.TrimSpace(a.IP))
	switch {
	case err != nil:
		return parse.Invalid("ip", "is %q, not an IP address", a.IP)
	case ip.Zone() != "":
		return parse.Invalid("ip", "is %q, which has a zone", a.IP)
	case ip.IsUnspecified():
		return parse.Invalid("ip", "is %q, the address of no device", a.IP)
	}
	if len(a.MAC) > maxMAC {
		return parse.Invalid("mac", "is %d bytes long, at most %d are allowed", len(a.MAC), maxMAC)
	}
	switch octets, err := hex.DecodeString(spellMAC(a.MAC)); {
	case err != nil || !slices.Contains([]int{0, 6, 8, 20}, len(octets)):
		return parse.Invalid("mac", "is %q, not the address of an interface, such as 00:11:22:33:44:AA", a.MAC)
	}
	return nil
}

// validateEach checks the length of a list and each item.
func validateEach[T any](field string, list []T, longest int, check func(*T) error) error {
	if len(list) > longest {
		return parse.Within(parse.TooMany(longest), field)
	}
	for i := range list {
		if err := check(&list[i]); err != nil {
			return parse.Within(parse.AtIndex(err, i), field)
		}
	}
	return nil
}

// validate checks an entry's count of paths and the length of its strings.
func (s *Software) validate() error {
	if s.PathsCut < 0 {
		return parse.Invalid("pathsCut", "is %d, not a count", s.PathsCut)
	}
	values := s.texts()
	return validateTexts(softwareTexts[:], values[:])
}

// validate checks the length of a result's strings.
func (c *Configuration) validate() error {
	values := c.texts()
	if err := validateTexts(configurationTexts[:], values[:]); err != nil {
		return err
	}
	return validateEach("references", c.References, MaxReferences, validateText)
}

// validateTexts checks the length of named strings.
func validateTexts(names []string, values []*string) error {
	for i, value := range values {
		if err := validateText(value); err != nil {
			return parse.Within(err, names[i])
		}
	}
	return nil
}

// validateText checks the length of one string.
func validateText(s *string) error {
	if len(*s) > MaxString {
		return parse.Invalid("", "is %d bytes long, at most %d are allowed", len(*s), MaxString)
	}
	return nil
}

// validate checks the number of facts and the length of names and values.
func (f Facts) validate(most int) error {
	if f.count() > most {
		return parse.TooMany(most)
	}
	for family, facts := range f {
		for name, value := range facts {
			if len(family) > MaxString || len(name) > MaxString || len(value) > MaxString {
				return parse.Within(parse.Within(parse.Invalid("", "has a name or value of more than %d bytes", MaxString), name),
					family)
			}
		}
	}
	return nil
}

// count returns the number of facts and families.
func (f Facts) count() int {
	count := len(f)
	for _, facts := range f {
		count += len(facts)
	}
	return count
}

// validate checks the device's identity.
func (d *Device) validate() error {
	if d.ID != "" && !IsDeviceID(strings.TrimSpace(d.ID)) {
		return parse.Invalid("id", "is %q, not %d hex digits", parse.Clip(d.ID, 64), DeviceIDLength)
	}
	if err := validateName(d.Name); err != nil {
		return parse.Within(err, "name")
	}
	for _, field := range [...]struct{ name, value string }{
		{"osPlatform", d.OSPlatform}, {"osVersion", d.OSVersion}, {"osArchitecture", d.OSArchitecture},
		{"rbacGroup", d.RBACGroup},
	} {
		if len(field.value) > MaxName {
			return parse.Invalid(field.name, "is %d bytes long, at most %d are allowed", len(field.value), MaxName)
		}
	}
	return validateEach("tags", d.Tags, MaxTags, func(tag *string) error {
		if len(*tag) > MaxName {
			return parse.Invalid("", "is %d bytes long, at most %d are allowed", len(*tag), MaxName)
		}
		return nil
	})
}

// validateName checks a device's name. It need not be a proper host name, since macOS and Windows
// allow names such as "Ann's Mac"; but unprintable names and names without letters and digits are
// refused.
func validateName(name string) error {
	name = strings.TrimSpace(name)
	switch {
	case name == "":
		return parse.Invalid("", "is missing")
	case len(name) > MaxName:
		return parse.Invalid("", "is %d bytes long, at most %d are allowed", len(name), MaxName)
	case !utf8.ValidString(name) || strings.ContainsFunc(name, isUnprintable):
		return parse.Invalid("", "is %q, which has characters that cannot be printed", name)
	case !strings.ContainsFunc(name, isNaming):
		return parse.Invalid("", "is %q, which has neither letter nor digit", name)
	}
	return nil
}

// isUnprintable reports whether a character is a control character or the like.
func isUnprintable(r rune) bool { return !unicode.IsPrint(r) }

// isNaming reports whether a character is a letter or a digit.
func isNaming(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
