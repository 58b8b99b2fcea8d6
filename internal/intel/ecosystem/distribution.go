package ecosystem

import (
	"slices"
	"strings"
)

// Distribution is a row of the table of Linux distributions.
type Distribution struct {
	// ID is that of os-release(5).
	ID string
	// Channels are the names of the ecosystems whose advisories are about its packages, with
	// {release} for the release, {major} for its first part, {pack} for SUSE's spelling ("15 SP6"
	// for 15.6), {line} for the same of SUSE 12, whose modules have no service packs, {lts} for
	// openEuler's ("24.03-LTS-SP1"), and {minor} for the minor release that a package was built for
	// (MinorOf). One * stands for any text. A device is
	// judged by all of them that are known.
	Channels []string
	// Paid are channels whose fixes need a subscription. What they fix is a finding on machines
	// without it, too.
	Paid []string
	// Instead are the channels of a distribution that rebuilds the same packages; they count where
	// none of the others is known (doc/decision/0012).
	Instead []string
	// Bases are the distributions whose packages a derivative takes: the channels of the first that is about the
	// release stand in. Marks are in the versions of packages that it made itself.
	Bases []Base
	Marks []string
	// Counts is the part of the release that channels distinguish.
	Counts Part
	// Lifecycle is its slug at endoflife.date; empty if it has none.
	Lifecycle string
}

// Part is a part of a release.
type Part uint8

// The parts.
const (
	Whole   Part = iota
	Major        // up to the first dot
	Rolling      // nothing: a VERSION_ID dates the image
)

// almaLinux is the channel that stands in for distributions with the same packages.
const almaLinux = "AlmaLinux:{major}"

// The channels of SUSE Linux Enterprise. Most packages of a release are filed under the module that
// ships them ("Linux Enterprise Module for Basesystem 15 SP6"), and its products share them.
var (
	suseChannels = []string{
		"SUSE:Linux Enterprise * {pack}", "SUSE:Package Hub {pack}", "SUSE:Linux Enterprise Module for * {line}",
		"SUSE rpm:Linux Enterprise * {pack}", "SUSE rpm:Linux Enterprise Module for * {line}",
	}
	susePaid = []string{"SUSE:Linux Enterprise * {pack}-LTSS", "SUSE:Linux Enterprise * {pack}-ESPOS",
		"SUSE rpm:Linux Enterprise * {pack}-LTSS", "SUSE rpm:Linux Enterprise * {pack}-ESPOS"}
)

// distributions is the table. No publisher has OSV advisories for those without a channel.
var distributions = [...]Distribution{
	{ID: "almalinux", Channels: []string{almaLinux}, Counts: Major, Lifecycle: "almalinux"},
	{ID: "alpaquita", Channels: []string{"Alpaquita:{release}"}},
	{ID: "alpine", Channels: []string{"Alpine:v{release}"}, Lifecycle: "alpine-linux"},
	{ID: "amzn", Channels: []string{"Amazon Linux:{release}", "Amazon Linux:{major}"}, Lifecycle: "amazon-linux"},
	{ID: "arch", Channels: []string{"Arch Linux"}, Counts: Rolling},
	{ID: "azurelinux", Channels: []string{"Azure Linux:{major}"}, Counts: Major},
	{ID: "bellsoft-hardened-containers", Channels: []string{"BellSoft Hardened Containers:{release}"}},
	{ID: "centos", Instead: []string{almaLinux}, Counts: Major, Lifecycle: "centos"},
	{ID: "centos-stream", Instead: []string{almaLinux}, Counts: Major, Lifecycle: "centos-stream"},
	{ID: "chainguard", Channels: []string{"Chainguard"}, Counts: Rolling},
	{ID: "cleanstart", Channels: []string{"CleanStart"}, Counts: Rolling},
	{ID: "debian", Channels: []string{"Debian:{major}"}, Marks: raspberryMarks, Counts: Major, Lifecycle: "debian"},
	{ID: "devuan", Bases: devuanBases, Marks: []string{"devuan"}, Counts: Major},
	{ID: "echo", Channels: []string{"Echo"}, Counts: Rolling},
	{ID: "elementary", Bases: elementaryBases, Marks: elementaryMarks},
	{ID: "fedora", Channels: []string{"Fedora:{major}"}, Counts: Major, Lifecycle: "fedora"},
	{ID: "kali", Bases: rolling, Marks: []string{"kali"}, Counts: Rolling},
	{ID: "linuxmint", Bases: mintBases, Marks: mintMarks, Lifecycle: "linuxmint"},
	{ID: "mageia", Channels: []string{"Mageia:{major}"}, Counts: Major, Lifecycle: "mageia"},
	{ID: "mariner", Channels: []string{"Azure Linux:{major}", "CBL-Mariner:{major}"}, Counts: Major},
	{ID: "minimos", Channels: []string{"MinimOS"}, Counts: Rolling},
	{ID: "neon", Bases: sameUbuntu, Marks: []string{"neon"}},
	{ID: "ol", Channels: []string{"Oracle Linux:{major}"}, Instead: []string{almaLinux}, Counts: Major, Lifecycle: "oracle-linux"},
	{ID: "openeuler", Channels: []string{"openEuler:{lts}"}},
	{ID: "opensuse-leap", Channels: []string{"openSUSE:Leap {release}", "openSUSE rpm:Leap {release}"}, Lifecycle: "opensuse"},
	{ID: "opensuse-leap-micro", Channels: []string{"openSUSE:Leap Micro {release}"}},
	{ID: "opensuse-tumbleweed", Channels: []string{"openSUSE:Tumbleweed"}, Counts: Rolling},
	{ID: "photon", Channels: []string{"Photon OS:{release}"}, Lifecycle: "photon"},
	{ID: "pop", Bases: sameUbuntu, Marks: popMarks},
	{ID: "raspbian", Bases: sameDebian, Marks: raspberryMarks, Counts: Major},
	{ID: "rhel", Channels: []string{
		"Red Hat:enterprise_linux:{major}", "Red Hat:enterprise_linux:{major}::*", "Red Hat:enterprise_linux:{major}.*",
		"Red Hat:minor:{minor}",
	}, Paid: []string{"Red Hat:rhel_els:{major}", "Red Hat:rhel_els:{major}::*"}, Instead: []string{almaLinux}, Counts: Major,
		Lifecycle: "rhel"},
	{ID: "rocky", Channels: []string{"Rocky Linux:{major}"}, Instead: []string{almaLinux}, Counts: Major,
		Lifecycle: "rocky-linux"},
	{ID: "sle-micro", Channels: []string{"SUSE:Linux Enterprise Micro {release}", "SUSE:Linux Micro {release}"},
		Lifecycle: "suse-linux-micro"},
	{ID: "sle_hpc", Channels: suseChannels, Paid: susePaid},
	{ID: "sled", Channels: suseChannels, Paid: susePaid},
	{ID: "sles", Channels: suseChannels, Paid: susePaid, Lifecycle: "sles"},
	{ID: "sles_sap", Channels: suseChannels, Paid: susePaid, Lifecycle: "sles"},
	{ID: "ubuntu", Channels: []string{"Ubuntu:{release}", "Ubuntu:{release}:LTS"},
		Paid: []string{"Ubuntu:Pro:{release}:LTS"}, Lifecycle: "ubuntu"},
	{ID: "wolfi", Channels: []string{"Wolfi"}, Counts: Rolling},
	{ID: "zorin", Bases: zorinBases, Marks: []string{"zorin"}},
}

// Distributions returns the table's rows, in its order.
func Distributions() []Distribution { return distributions[:] }

// DistributionOf returns the row of a distribution, by ID of os-release(5); a row without channels
// if the table has none.
func DistributionOf(id string) Distribution {
	all := Distributions()
	for i := range all {
		if all[i].ID == id {
			return all[i]
		}
	}
	return Distribution{ID: id}
}

// On returns the distribution with the base that a report names, as ID and release ("ubuntu-22.04"): it knows
// better than the table, also of distributions that the table does not have. One with channels of its own has none.
func (d Distribution) On(named string) Distribution {
	id, release, ok := strings.Cut(named, "-")
	if ok && release != "" && len(d.Channels) == 0 && len(DistributionOf(id).Channels) > 0 {
		d.Bases = []Base{{"", id, release}}
	}
	return d
}

// base returns the distribution and the release whose packages a release has; ok is false if there is none.
func (d Distribution) base(release string) (of Distribution, at string, ok bool) {
	for _, b := range d.Bases {
		if b.Of != "" && release != b.Of && !strings.HasPrefix(release, b.Of+".") {
			continue
		}
		if b.Release == "" {
			b.Release = release
		}
		of = DistributionOf(b.ID)
		return of, of.Class(b.Release), b.Release != ""
	}
	return Distribution{}, "", false
}

// Made reports whether a derivative made a package itself, by a version of it: advisories of its base are not about it.
func (d Distribution) Made(installed string) bool {
	for _, mark := range d.Marks {
		if strings.Contains(installed, mark) {
			return true
		}
	}
	return false
}

// Class reduces a release to the part that counts.
func (d Distribution) Class(release string) string {
	switch d.Counts {
	case Rolling:
		return ""
	case Major:
		return major(release)
	}
	return release
}

// Channel is an ecosystem that judges a device's packages.
type Channel struct {
	Ecosystem
	// Full is the ecosystem's name with its release.
	Full string
	// Paid says that its fixes need a subscription.
	Paid bool
	// StandsIn says that it is another distribution's.
	StandsIn bool
}

// Subscription returns the name of the subscription that the fixes of an ecosystem need; empty if they
// need none.
func Subscription(name string) string {
	switch base, suffix, _ := strings.Cut(name, ":"); {
	case base == "Ubuntu" && strings.HasPrefix(suffix, "Pro:"):
		return "Ubuntu Pro"
	case base == "Red Hat" && strings.HasPrefix(suffix, "rhel_els:"):
		return "Red Hat ELS"
	case isSUSE(base) && strings.HasSuffix(suffix, "-LTSS"):
		return "SUSE LTSS"
	case isSUSE(base) && strings.HasSuffix(suffix, "-ESPOS"):
		return "SUSE ESPOS"
	}
	return ""
}

func isSUSE(base string) bool { return base == "SUSE" || base == "SUSE rpm" }

// Select returns those of the known ecosystems, which are sorted, that judge a package of a
// release. installed is the package's version, which names openEuler's service pack
// (".oe2403sp1"), since VERSION_ID does not.
func (d Distribution) Select(known []string, release, installed string) []Channel {
	if d.Made(installed) {
		return nil
	}
	if of, at, ok := d.base(release); ok {
		return find(known, append(of.Channels[:len(of.Channels):len(of.Channels)], of.Paid...), at, installed,
			Channel{StandsIn: true})
	}
	own := find(known, d.Channels, release, installed, Channel{})
	own = append(own, find(known, d.Paid, release, installed, Channel{Paid: true})...)
	if len(own) == 0 {
		return find(known, d.Instead, release, installed, Channel{StandsIn: true})
	}
	return own
}

// Wanted returns the ecosystem whose advisories judge a release, as it is imported; that of the
// distribution that stands in, if there is no other; empty if no publisher has any. It returns false if
// the release is needed and not known.
func (d Distribution) Wanted(release string) (name string, ok bool) {
	if of, at, ok := d.base(release); ok {
		return of.Wanted(at)
	}
	patterns := d.Channels
	if len(patterns) == 0 {
		patterns = d.Instead
	}
	if len(patterns) == 0 {
		return "", d.Counts == Rolling || release != ""
	}
	for _, pattern := range patterns {
		begin, _, open := strings.Cut(pattern, "*")
		filled, ok := fill(begin, release, "")
		e, known := Of(filled)
		if ok && open && known {
			filled = e.Name
		}
		if name != "" && e.NotInOSV {
			continue // it is there beside another
		}
		if ok && (name == "" || open || strings.HasSuffix(filled, ":LTS") && isLongTerm(release)) {
			name = filled
		}
	}
	return name, name != ""
}

// isLongTerm reports whether a release of Ubuntu is supported for long: those of April of even years.
func isLongTerm(release string) bool {
	year, month, _ := strings.Cut(release, ".")
	return month == "04" && year != "" && (year[len(year)-1]-'0')%2 == 0
}

// find returns the known ecosystems that patterns name, each once, as channels like one.
func find(known, patterns []string, release, installed string, like Channel) []Channel {
	var channels []Channel
	for _, pattern := range patterns {
		begin, end, open := strings.Cut(pattern, "*")
		begin, ok := fill(begin, release, installed)
		end, also := fill(end, release, installed)
		if !ok || !also {
			continue
		}
		for _, name := range matching(known, begin, end, open) {
			if !slices.ContainsFunc(channels, func(c Channel) bool { return c.Full == name }) {
				like.Ecosystem, _ = Of(name)
				like.Full = name
				channels = append(channels, like)
			}
		}
	}
	return channels
}

// fill replaces the placeholders of a pattern; ok is false if the release does not say what one
// stands for.
func fill(pattern, release, installed string) (name string, ok bool) {
	before, rest, ok := strings.Cut(pattern, "{")
	if !ok {
		return pattern, true
	}
	mark, after, _ := strings.Cut(rest, "}")
	text := release
	switch mark {
	case "major":
		text = major(release)
	case "pack":
		text = servicePack(release)
	case "line":
		text = packless(release)
	case "lts":
		text = longTerm(release, installed)
	case "minor":
		if text = MinorOf(installed); major(text) != major(release) {
			text = ""
		}
	}
	after, ok = fill(after, release, installed)
	return before + text + after, ok && text != ""
}

// MinorOf returns the minor release for which a version was built, by the end of its release ("1-2.el9_4.5" is
// for 9.4, "1-2.module+el8.9.0+1+2" for 8.9); empty if it names none.
func MinorOf(evr string) string {
	major, rest := "", ""
	if _, after, ok := strings.Cut(evr, ".module+el"); ok {
		major, rest, _ = strings.Cut(after, ".")
	} else if i := strings.LastIndex(evr, ".el"); i >= 0 {
		major, rest, _ = strings.Cut(evr[i+len(".el"):], "_")
	}
	minor := rest[:len(rest)-len(strings.TrimLeft(rest, "0123456789"))]
	if !isDigits(major) || minor == "" {
		return ""
	}
	return major + "." + minor
}

// major returns a release up to its first dot.
func major(release string) string {
	release, _, _ = strings.Cut(release, ".")
	return release
}

// servicePack spells a release of SUSE Linux Enterprise: "15.6" is "15 SP6", "15" and "15.0" are
// "15". From 16.0 on there are no service packs.
func servicePack(release string) string {
	line, pack, _ := strings.Cut(release, ".")
	switch {
	case line != "11" && line != "12" && line != "15":
		return release
	case pack == "" || pack == "0":
		return line
	}
	return line + " SP" + pack
}

// packless is "12" for SUSE Linux Enterprise 12 and empty for others.
func packless(release string) string {
	if line := major(release); line == "12" {
		return line
	}
	return ""
}

// longTerm spells a release of openEuler, whose service pack is at the end of its packages'
// versions: "24.03" and "1.1.1wa-9.oe2403sp1" are "24.03-LTS-SP1".
func longTerm(release, installed string) string {
	release, _, _ = strings.Cut(strings.ToLower(release), "-")
	if release == "" {
		return ""
	}
	_, tag, ok := strings.Cut(installed, ".oe"+strings.ReplaceAll(release, ".", ""))
	pack, isPack := strings.CutPrefix(tag, "sp")
	if !ok || !isPack {
		return release + "-LTS"
	}
	return release + "-LTS-SP" + pack[:len(pack)-len(strings.TrimLeft(pack, "0123456789"))]
}
