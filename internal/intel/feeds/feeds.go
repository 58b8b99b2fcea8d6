// Package feeds makes the feed of a kind, recognises and finds files of feeds, and tells what their
// records are about, which names them. It is a package of its own because every feed imports
// package intel, which therefore cannot list them.
package feeds

import (
	"fmt"
	"net/http"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/arch"
	"github.com/muster-project/muster/internal/intel/bodhi"
	"github.com/muster-project/muster/internal/intel/checks"
	"github.com/muster-project/muster/internal/intel/csaf"
	"github.com/muster-project/muster/internal/intel/cve5"
	"github.com/muster-project/muster/internal/intel/debian"
	"github.com/muster-project/muster/internal/intel/eol"
	"github.com/muster-project/muster/internal/intel/epss"
	"github.com/muster-project/muster/internal/intel/exploitdb"
	"github.com/muster-project/muster/internal/intel/kev"
	"github.com/muster-project/muster/internal/intel/metasploit"
	"github.com/muster-project/muster/internal/intel/msrc"
	"github.com/muster-project/muster/internal/intel/nuclei"
	"github.com/muster-project/muster/internal/intel/nvd"
	"github.com/muster-project/muster/internal/intel/osv"
	"github.com/muster-project/muster/internal/intel/oval"
	"github.com/muster-project/muster/internal/intel/photon"
	"github.com/muster-project/muster/internal/intel/secdb"
	"github.com/muster-project/muster/internal/intel/sofa"
	"github.com/muster-project/muster/internal/intel/titles"
	"github.com/muster-project/muster/internal/intel/ubuntu"
	"github.com/muster-project/muster/internal/intel/updateinfo"
)

// Config says where a feed is fetched from. Parsing needs none of it.
type Config struct {
	// Client is used for every request; nil is a default client.
	Client *http.Client
	// URL replaces the official address: a mirror, or a test's server.
	URL string
	// Ecosystem is the name of the feed: the ecosystem that a feed of advisories fetches ("AlmaLinux:9"), and
	// the publisher of Microsoft's updates and of modules of Metasploit.
	Ecosystem string
}

// Kinds lists every kind, in the order of New.
func Kinds() []intel.Kind {
	return []intel.Kind{intel.CVE5, intel.NVD, intel.OSV, intel.KEV, intel.EOL, intel.EPSS, intel.MSRC, intel.SOFA,
		intel.Metasploit, intel.ExploitDB, intel.Nuclei,
		intel.Titles, intel.Checks,
		intel.Debian, intel.SecDB, intel.Arch, intel.Photon, intel.CSAF, intel.Ubuntu, intel.OVAL, intel.UpdateInfo,
		intel.Bodhi}
}

// New makes a feed of the given kind.
func New(kind intel.Kind, c Config) (intel.Feed, error) {
	switch kind {
	case intel.CVE5:
		return cve5.Feed{Client: c.Client, URL: c.URL}, nil
	case intel.NVD:
		return nvd.Feed{Client: c.Client, URL: c.URL}, nil
	case intel.OSV:
		return osv.Feed{Client: c.Client, URL: c.URL, Ecosystem: c.Ecosystem}, nil
	case intel.KEV:
		return kev.Feed{Client: c.Client, URL: c.URL}, nil
	case intel.EOL:
		return eol.Feed{Client: c.Client, URL: c.URL}, nil
	case intel.EPSS:
		return epss.Feed{Client: c.Client, URL: c.URL}, nil
	case intel.MSRC:
		return msrc.Feed{Client: c.Client, URL: c.URL, Name: c.Ecosystem}, nil
	case intel.SOFA:
		return sofa.Feed{Client: c.Client, URL: c.URL}, nil
	case intel.Metasploit:
		return metasploit.Feed{Client: c.Client, URL: c.URL, Name: c.Ecosystem}, nil
	case intel.ExploitDB:
		return exploitdb.Feed{Client: c.Client, URL: c.URL}, nil
	case intel.Nuclei:
		return nuclei.Feed{Client: c.Client, URL: c.URL}, nil
	case intel.Debian:
		return debian.Feed{Client: c.Client, URL: c.URL}, nil
	case intel.Arch:
		return arch.Feed{Client: c.Client, URL: c.URL}, nil
	case intel.Photon:
		return photon.Feed{Client: c.Client, URL: c.URL, Name: c.Ecosystem}, nil
	case intel.SecDB:
		return secdb.Feed{Client: c.Client, URL: c.URL, Name: c.Ecosystem}, nil
	case intel.CSAF:
		return csaf.Feed{Client: c.Client, URL: c.URL, Name: c.Ecosystem}, nil
	case intel.Ubuntu:
		return ubuntu.Feed{Client: c.Client, URL: c.URL}, nil
	case intel.Titles:
		return titles.Feed{Client: c.Client, URL: c.URL}, nil
	case intel.Checks:
		return checks.Feed{Client: c.Client, URL: c.URL}, nil
	case intel.Bodhi:
		return bodhi.Feed{Client: c.Client, URL: c.URL, Name: c.Ecosystem}, nil
	case intel.UpdateInfo:
		return updateinfo.Feed{Client: c.Client, URL: c.URL, Name: c.Ecosystem}, nil
	case intel.OVAL:
		return oval.Feed{Client: c.Client, URL: c.URL, Name: c.Ecosystem}, nil
	}
	return nil, fmt.Errorf("unknown feed kind %q: want one of %q", kind, Kinds())
}
