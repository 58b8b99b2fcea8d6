package inventory

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The meaning of absent words.
const (
	// DefaultSource is the source of a report that names none.
	DefaultSource = "report"
	// DefaultKind is the kind of a software entry that names none.
	DefaultKind = "generic"
)

// Normalize brings r into normal form, in place, so that equal content has equal form:
//
//   - strings are valid UTF-8 in NFC, trimmed, without control characters (values of facts keep
//     their line breaks, tabs and surrounding space);
//   - the time is in UTC and not later than received; if it is absent or before the year 2000, as
//     from a clock that was never set, it is received;
//   - absent words get their defaults, words of the wire contract their spelling, and hotfixes
//     their "KB";
//   - lists are sorted and without duplicates; of several results for one configuration the worst
//     stays; an entry without a name or an id is dropped; paths over their limit are cut and
//     counted.
//
// A section stays absent, or present and empty, as it was. Normalizing again changes nothing. If
// Validate returns an error, so does Normalize, without changing r.
func (r *Report) Normalize(received time.Time) error {
	if err := r.Validate(); err != nil {
		return err
	}
	r.Time = clampTime(r.Time, received)
	r.Source = cmp.Or(clean(r.Source), DefaultSource)
	r.Collector.normalize()
	r.Addresses = normalizeAddresses(r.Addresses)
	r.Device.normalize()
	for i := range r.Software {
		r.Software[i].normalize()
	}
	r.Software = slices.DeleteFunc(r.Software, func(s Software) bool { return s.Name == "" })
	r.Hotfixes = cleanEach(r.Hotfixes, spellHotfix)
	r.Facts = r.Facts.normalize()
	r.normalizeTraces()
	for i := range r.Configurations {
		r.Configurations[i].normalize()
	}
	r.Configurations = slices.DeleteFunc(r.Configurations, func(c Configuration) bool { return c.ConfigurationID == "" })
	r.Sort()
	return nil
}

// clampTime returns t, or received if a report cannot have been made at t.
func clampTime(t, received time.Time) time.Time {
	if t.After(received) || t.Year() < 2000 {
		t = received
	}
	return t.Round(0).UTC()
}

// Sort sorts the lists of a report with clean strings and removes duplicates.
func (r *Report) Sort() {
	sortIfNeeded(r.Software, compareSoftware)
	r.Software = slices.CompactFunc(r.Software, func(a, b Software) bool { return compareSoftware(a, b) == 0 })
	sortIfNeeded(r.Hotfixes, strings.Compare)
	r.Hotfixes = slices.Compact(r.Hotfixes)
	sortIfNeeded(r.Configurations, compareConfigurations)
	r.Configurations = slices.CompactFunc(r.Configurations, func(a, b Configuration) bool {
		return a.ConfigurationID == b.ConfigurationID
	})
}

// sortIfNeeded sorts a list. Most reports come from a collector that sorted them, and checking
// that costs far less than sorting.
func sortIfNeeded[T any](list []T, compare func(a, b T) int) {
	if !slices.IsSortedFunc(list, compare) {
		slices.SortFunc(list, compare)
	}
}

// normalize normalises name and version. A collector without a name counts as none.
func (c *Collector) normalize() {
	c.Name, c.Version = clean(c.Name), clean(c.Version)
	if c.Name == "" {
		*c = Collector{}
	}
}

// normalize normalises the device's identity.
func (d *Device) normalize() {
	d.ID = strings.ToLower(strings.TrimSpace(d.ID))
	d.Name = clean(d.Name)
	d.OSPlatform = spellPlatform(clean(d.OSPlatform))
	d.OSVersion = clean(d.OSVersion)
	d.OSArchitecture = clean(d.OSArchitecture)
	d.Tags = cleanEach(d.Tags, nil)
	slices.Sort(d.Tags)
	d.Tags = slices.Compact(d.Tags)
	d.RBACGroup = clean(d.RBACGroup)
}

// normalize normalises an entry's strings and paths.
func (s *Software) normalize() {
	values := s.texts()
	cleanTexts(values[:])
	s.Kind = cmp.Or(strings.ToLower(s.Kind), DefaultKind)
	s.DiskPaths, s.PathsCut = cutPaths(s.DiskPaths, s.PathsCut)
	s.RegistryPaths, s.PathsCut = cutPaths(s.RegistryPaths, s.PathsCut)
}

// normalize normalises a result's strings.
func (c *Configuration) normalize() {
	lines := strings.TrimSpace(cleanLines(c.Remediation))
	values := c.texts()
	cleanTexts(values[:])
	c.Remediation = lines
	if c.References = cleanEach(c.References, nil); len(c.References) == 0 {
		c.References = nil
	}
}

// cleanTexts cleans strings in place.
func cleanTexts(values []*string) {
	for _, value := range values {
		*value = clean(*value)
	}
}

// cutPaths returns the distinct paths within the limits, in order; nil if there are none. It adds
// the number of paths that were left out to cut.
func cutPaths(paths []string, cut int) ([]string, int) {
	paths = cleanEach(paths, nil)
	slices.Sort(paths)
	paths = slices.Compact(paths)
	given := len(paths)
	paths = slices.DeleteFunc(paths, func(path string) bool { return len(path) > MaxPath })
	paths = paths[:min(len(paths), MaxPaths)]
	cut += given - len(paths)
	if len(paths) == 0 {
		return nil, cut
	}
	return paths, cut
}

// spellHotfix returns a hotfix in Microsoft's spelling, "KB5051989".
func spellHotfix(hotfix string) string {
	hotfix = strings.ToUpper(hotfix)
	if strings.Trim(hotfix, "0123456789") == "" {
		return "KB" + hotfix
	}
	return hotfix
}

// normalize cleans names and values. Of two names that are equal when cleaned, the value that
// sorts last stays.
func (f Facts) normalize() Facts {
	if f == nil {
		return nil
	}
	for family, facts := range f {
		f[family] = cleanFacts(facts)
	}
	if !slices.ContainsFunc(slices.Collect(maps.Keys(f)), isUnclean) {
		return f
	}
	clear := Facts{}
	for _, family := range slices.Sorted(maps.Keys(f)) {
		if name := clean(family); name != "" {
			clear[name] = mergeFacts(clear[name], f[family])
		}
	}
	return clear
}

// normalizeTraces cleans the origins and what was not read, after the facts. An origin without its fact says
// nothing, and what could not be read is not among the facts.
func (r *Report) normalizeTraces() {
	r.Origins, r.Unread = r.Origins.normalize(), r.Unread.normalize()
	r.Origins = r.Origins.keep(func(family, name string) bool { _, set := r.Facts[family][name]; return set })
	r.Unread = r.Unread.keep(func(family, name string) bool { _, set := r.Facts[family][name]; return !set })
	if r.Facts == nil && r.Unread != nil {
		r.Facts = Facts{}
	}
}

// cleanFacts cleans one family; the result is never nil.
func cleanFacts(facts map[string]string) map[string]string {
	dirty := facts == nil
	for name, value := range facts {
		dirty = dirty || isUnclean(name) || cleanLines(value) != value
	}
	if !dirty {
		return facts
	}
	cleaned := make(map[string]string, len(facts))
	for name, value := range facts {
		if name = clean(name); name != "" {
			cleaned[name] = max(cleaned[name], cleanLines(value))
		}
	}
	return cleaned
}

// mergeFacts adds the facts of one family to another of the same name.
func mergeFacts(into, from map[string]string) map[string]string {
	if into == nil {
		return from
	}
	for name, value := range from {
		into[name] = max(into[name], value)
	}
	return into
}

// isUnclean reports whether clean would change s, or s is empty.
func isUnclean(s string) bool { return s == "" || clean(s) != s }

// cleanEach cleans the strings of a list, applies spell if it is not nil, and drops empty strings.
// A nil list stays nil.
func cleanEach(list []string, spell func(string) string) []string {
	for i, s := range list {
		list[i] = clean(s)
		if spell != nil && list[i] != "" {
			list[i] = spell(list[i])
		}
	}
	return slices.DeleteFunc(list, func(s string) bool { return s == "" })
}

// clean returns s as valid UTF-8 in NFC, with plain spaces as white space, without other control
// characters, and trimmed.
func clean(s string) string {
	if isPlain(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.TrimSpace(norm.NFC.String(s))
}

// cleanLines is clean for text of several lines: line breaks, tabs and
// surrounding space stay.
func cleanLines(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return norm.NFC.String(s)
}

// isPlain reports whether s is printable ASCII without surrounding space, like nearly every
// string; clean does not change it.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s == "" || s[0] != ' ' && s[len(s)-1] != ' '
}

// compareSoftware orders software by all fields.
func compareSoftware(a, b Software) int {
	if c := cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Version, b.Version)); c != 0 {
		return c
	}
	as, bs := a.texts(), b.texts()
	for i := range as {
		if c := strings.Compare(*as[i], *bs[i]); c != 0 {
			return c
		}
	}
	return cmp.Or(
		slices.Compare(a.DiskPaths, b.DiskPaths),
		slices.Compare(a.RegistryPaths, b.RegistryPaths),
		cmp.Compare(a.PathsCut, b.PathsCut),
	)
}

// compareConfigurations orders results by id, then the worst first, then by all fields.
func compareConfigurations(a, b Configuration) int {
	if c := strings.Compare(a.ConfigurationID, b.ConfigurationID); c != 0 {
		return c
	}
	return cmp.Or(
		falseFirst(!a.Applicable, !b.Applicable),
		falseFirst(a.Compliant, b.Compliant),
		strings.Compare(a.Name, b.Name),
		strings.Compare(a.Category, b.Category),
		strings.Compare(a.Subcategory, b.Subcategory),
		cmp.Compare(b.Impact, a.Impact),
		falseFirst(a.UserImpact, b.UserImpact),
		strings.Compare(a.Remediation, b.Remediation),
		slices.Compare(a.References, b.References),
	)
}

// falseFirst orders false before true.
func falseFirst(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// keep returns the facts for which wanted is true; nil if there are none.
func (f Facts) keep(wanted func(family, name string) bool) Facts {
	for family, facts := range f {
		maps.DeleteFunc(facts, func(name, value string) bool { return value == "" || !wanted(family, name) })
	}
	maps.DeleteFunc(f, func(_ string, facts map[string]string) bool { return len(facts) == 0 })
	if len(f) == 0 {
		return nil
	}
	return f
}
