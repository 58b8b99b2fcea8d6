package cpe

import "errors"

// NA is the logical value "not applicable". For a version it never matches a
// concrete one (NISTIR 7696).
const NA = "-"

// Name is one CPE name. An attribute is "" for ANY, NA for not applicable, or a
// value.
type Name struct {
	Part                                 string
	Vendor, Product                      string
	Version, Update, Edition             string
	Language                             string
	SWEdition, TargetSW, TargetHW, Other string
}

// The errors of Parse and ParsePrefix.
var (
	ErrSyntax   = errors.New("not a CPE name")
	ErrFields   = errors.New("wrong number of fields")
	ErrWildcard = errors.New("wildcard inside part, vendor or product")
)

// identifying is the number of leading attributes that name the product.
const identifying = 3

// attributes are pointers to the attributes in the order of the formatted
// string, whose first seven are the order of the URI.
func (n *Name) attributes() [11]*string {
	return [...]*string{
		&n.Part, &n.Vendor, &n.Product, &n.Version, &n.Update, &n.Edition, &n.Language,
		&n.SWEdition, &n.TargetSW, &n.TargetHW, &n.Other,
	}
}
