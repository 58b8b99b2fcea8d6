package version

// Scheme is a set of rules that orders versions.
type Scheme uint8

// The schemes.
const (
	// Generic is for versions of no ecosystem; see Key.
	Generic Scheme = iota
	// Debian is for packages of Debian and its derivatives, including Ubuntu.
	Debian
	// RPM is for packages of Red Hat, AlmaLinux, Rocky Linux, SUSE and others.
	RPM
	// Alpine is for packages of apk: Alpine, Wolfi, Chainguard and others.
	Alpine
	// SemVer is semantic versioning 2.0: npm, Go, crates.io and others.
	SemVer
	PyPI
	Maven
	RubyGems
	NuGet
	Packagist
	CRAN
	Hackage
	Pub
	// Pacman is for packages of Arch Linux.
	Pacman
)

// String returns the scheme's name, or that of its first ecosystem if it has no name of its own.
func (s Scheme) String() string {
	if s == Generic {
		return "generic"
	}
	if s == Pacman {
		return "pacman"
	}
	if name := s.ecosystem(); name != "" {
		return name
	}
	return "unknown"
}

// ecosystem returns one OSV ecosystem of the scheme; empty for Generic, Pacman and invalid schemes.
func (s Scheme) ecosystem() string {
	switch s {
	case Debian:
		return "Debian"
	case RPM:
		return "Red Hat"
	case Alpine:
		return "Alpine"
	case SemVer:
		return "npm"
	case PyPI:
		return "PyPI"
	case Maven:
		return "Maven"
	case RubyGems:
		return "RubyGems"
	case NuGet:
		return "NuGet"
	case Packagist:
		return "Packagist"
	case CRAN:
		return "CRAN"
	case Hackage:
		return "Hackage"
	case Pub:
		return "Pub"
	}
	return ""
}
