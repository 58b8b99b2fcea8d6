package csaf

import (
	"strings"
)

// place is a product: a repository of a release of Red Hat Enterprise Linux, as OSV names it.
type place struct {
	// ecosystem is OSV's name ("Red Hat:enterprise_linux:9::appstream").
	ecosystem string
	// major is the major release ("9"), class which builds it has.
	major string
	class class
}

// class is which builds of a major release a product has.
type class uint8

const (
	// other is no product of the feed.
	other class = iota
	// mainline has what every machine of the release gets.
	mainline
	// extended has what machines get after the end of the release with a subscription (ELS).
	extended
	// longLife has what machines of one minor release get with a subscription (EUS, AUS, TUS, E4S).
	longLife
)

// classes are the products of CPEs.
var classes = map[string]class{
	"enterprise_linux": mainline, "rhel_els": extended,
	"enterprise_linux_eus": longLife, "rhel_eus": longLife, "rhel_eus_long_life": longLife, "rhel_aus": longLife,
	"rhel_tus": longLife, "rhel_e4s": longLife,
}

// prefix begins the names of ecosystems.
const prefix = "Red Hat:"

// placeOf reads a CPE in the form of a URI ("cpe:/o:redhat:enterprise_linux:9::baseos").
func placeOf(cpe string) (p place, ok bool) {
	rest, ok := strings.CutPrefix(cpe, "cpe:/")
	if !ok {
		return place{}, false
	}
	_, name, ok := strings.Cut(rest, ":redhat:")
	words := strings.Split(name, ":")
	if !ok || len(words) < 2 {
		return place{}, false
	}
	p.ecosystem, p.class = prefix+strings.TrimRight(name, ":"), classes[words[0]]
	p.major, _, _ = strings.Cut(words[1], ".")
	return p, p.class != other && isNumber(p.major)
}

// inMinor returns the ecosystem of the builds for one minor release.
func inMinor(minor string) string { return prefix + "minor:" + minor }

const digits = "0123456789"

func isNumber(s string) bool { return s != "" && strings.Trim(s, digits) == "" }
