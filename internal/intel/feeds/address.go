package feeds

import (
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/arch"
	"github.com/muster-project/muster/internal/intel/bodhi"
	"github.com/muster-project/muster/internal/intel/csaf"
	"github.com/muster-project/muster/internal/intel/cve5"
	"github.com/muster-project/muster/internal/intel/debian"
	"github.com/muster-project/muster/internal/intel/ecosystem"
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
	"github.com/muster-project/muster/internal/intel/ubuntu"
	"github.com/muster-project/muster/internal/intel/updateinfo"
)

// For returns kind and name of the feed that has an ecosystem, with or without its release: the feed that its
// publisher makes itself, which says most, else OSV's, which has all releases.
func For(name string) (kind intel.Kind, feed string) {
	e, _ := ecosystem.Of(name)
	base, _, _ := strings.Cut(name, ":")
	switch {
	case e.Own == "":
		return intel.OSV, base
	case e.OwnByRelease:
		return intel.Kind(e.Own), name
	}
	return intel.Kind(e.Own), base
}

// Address returns where people find the files of a feed: the file itself where there is one, else the
// page that links to its files. name is that of the feed, the ecosystem for kind osv.
func Address(kind intel.Kind, name string) string {
	switch {
	case name == "vulnrichment":
		return "https://github.com/cisagov/vulnrichment"
	case name == "overrides":
		return "https://github.com/anchore/nvd-data-overrides"
	}
	switch kind {
	case intel.CVE5:
		return cve5.Page
	case intel.NVD:
		return nvd.Page
	case intel.OSV:
		return osv.Feed{Ecosystem: name}.Address()
	case intel.KEV:
		return kev.Address
	case intel.EOL:
		return eol.Address
	case intel.EPSS:
		return epss.Address
	case intel.MSRC:
		return msrc.Feed{Name: name}.Address()
	case intel.SOFA:
		return sofa.Address
	case intel.Metasploit:
		return metasploit.Feed{Name: name}.Address()
	case intel.ExploitDB:
		return exploitdb.Address
	case intel.Nuclei:
		return nuclei.Address
	case intel.Debian:
		return debian.Address
	case intel.Arch:
		return arch.Address
	case intel.Photon:
		return photon.Feed{Name: name}.Address()
	case intel.SecDB:
		return secdb.Feed{Name: name}.Address()
	case intel.CSAF:
		return csaf.Feed{Name: name}.Address() + "/"
	case intel.Ubuntu:
		return ubuntu.Address
	case intel.Bodhi:
		return bodhi.Feed{Name: name}.Address()
	case intel.UpdateInfo:
		return updateinfo.Feed{Name: name}.Address()
	case intel.OVAL:
		return oval.Feed{Name: name}.Address()
	}
	return ""
}
