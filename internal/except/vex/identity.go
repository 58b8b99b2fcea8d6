package vex

import (
	"strings"

	packageurl "github.com/package-url/packageurl-go"

	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/intel/cpe"
)

// The reasons why something is left out.
const (
	noStatus      = "the status is not one of the format"
	noIdentity    = "no package URL, and no CPE of vendor, name and version"
	isPart        = "about a part of another product: name the devices or the group that have it"
	isRange       = "about a range of versions"
	fixedNowhere  = "fixed, without a version"
	noID          = "neither a CVE nor an advisory"
	fromElsewhere = "about a component of another document"
)

type component struct {
	identity
	part bool // it is a part of the document's subject
}

// identity is how a document names a product.
type identity struct {
	purl, cpe string
	// ranged says that it stands for a range of versions.
	ranged bool
}

// exact returns the product that is compared; why says why there is none.
func (i identity) exact() (p except.Product, why string) {
	switch {
	case i.ranged:
		return p, isRange
	case i.purl != "":
		url, err := packageurl.FromString(i.purl)
		if err != nil || strings.Contains(i.purl, "vers:") {
			return p, noIdentity
		}
		if url.Type == packageurl.TypeOCI || url.Type == packageurl.TypeDocker {
			return p, noIdentity // devices do not report images
		}
		return except.Product{PURL: i.purl}, ""
	case i.cpe == "":
		return p, noIdentity
	}
	return ofCPE(i.cpe)
}

// isAny knows how package cpe writes that an attribute is not restricted; "" is not stated.
func isAny(attribute string) bool { return attribute == "" || attribute == "*" }

// ofCPE returns the product of a CPE that says vendor, name and perhaps a version, and nothing else.
func ofCPE(text string) (p except.Product, why string) {
	name, err := cpe.ParsePrefix(text)
	if err != nil || isAny(name.Vendor) || isAny(name.Product) || name.Version == "-" {
		return p, noIdentity
	}
	for _, other := range []string{name.Update, name.Edition, name.Language, name.SWEdition, name.TargetSW,
		name.TargetHW, name.Other} {
		if !isAny(other) && other != "-" {
			return p, noIdentity
		}
	}
	p = except.Product{Vendor: name.Vendor, Name: name.Product}
	if !isAny(name.Version) {
		p.Version = name.Version
	}
	return p, ""
}

// versioned reports whether a product is one version.
func (i identity) versioned(p except.Product) bool {
	if p.PURL == "" {
		return p.Version != ""
	}
	url, err := packageurl.FromString(p.PURL)
	return err == nil && url.Version != ""
}

// at returns a product at a version. One that has another version already, or is named by a CPE, cannot be
// compared.
func (i identity) at(version string) identity {
	url, err := packageurl.FromString(i.purl)
	if i.purl == "" || err != nil || url.Version != "" && url.Version != version {
		i.ranged = true
		return i
	}
	url.Version = version
	i.purl = url.ToString()
	return i
}
