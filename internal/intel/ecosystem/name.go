package ecosystem

import (
	"strings"

	"github.com/muster-project/muster/internal/version"
)

// Installed is an installed package of a distribution, as a report has it. Source and SourceVersion
// may be empty.
type Installed struct{ Name, Version, Source, SourceVersion string }

// Advised is a name by which advisories may know an installed package, and the version that they
// compare. Without a version, which is not known, only what is said of every version holds.
type Advised struct{ Name, Version string }

// Advised returns the names by which the ecosystem's advisories may know a distribution's package.
// A package without a source is taken for its own.
func (e Ecosystem) Advised(p Installed) []Advised {
	own := Advised{p.Name, p.Version}
	source := Advised{p.Source, p.SourceVersion}
	if source.Name == "" {
		source.Name = p.Name
	}
	switch e.Scheme {
	case version.RPM:
		source.Version = e.rpmSourceVersion(p)
	default:
		own.Version = withoutRebuild(own.Version)
		if source.Version == "" {
			source.Version = own.Version
		}
	}
	var names []Advised
	if e.Named == ByBinary || e.Named == ByEither {
		names = append(names, own)
	}
	if e.Named != ByBinary && (source.Version != "" || source.Name != own.Name) && (len(names) == 0 || source != own) {
		names = append(names, source)
	}
	if name, ok := unsigned(source.Name); ok && e.Scheme == version.Debian {
		names = append(names, Advised{name, unsignedVersion(own.Version)})
	}
	return names
}

// rpmSourceVersion returns the version of the source rpm, which its file name has without the
// epoch: that of the package, if the two agree otherwise. If they do not, it can only be compared
// where packages have no epochs.
func (e Ecosystem) rpmSourceVersion(p Installed) string {
	switch {
	case p.SourceVersion == "" || withoutEpoch(p.SourceVersion) == withoutEpoch(p.Version):
		return p.Version
	case e.NoEpochs:
		return withoutEpoch(p.SourceVersion)
	}
	return ""
}

func withoutEpoch(v string) string {
	if epoch, rest, ok := strings.Cut(v, ":"); ok && (isDigits(epoch) || epoch+":" == version.UnknownEpoch) {
		return rest
	}
	return v
}

// withoutRebuild removes Debian's "+b8": advisories have no versions for rebuilds of unchanged
// sources.
func withoutRebuild(v string) string {
	if i := strings.LastIndex(v, "+b"); i >= 0 && isDigits(v[i+len("+b"):]) {
		return v[:i]
	}
	return v
}
