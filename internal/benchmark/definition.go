package benchmark

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// Definition is one configuration definition: the name of a check, its impact and how it decides.
// Most fields are those of AssetConfiguration (contract.md section 4).
type Definition struct {
	// ID is "scid-" and a number for our checks; results in a report keep their own id.
	ID   string `json:"id"`
	Name string `json:"name"`
	// Category is one of Categories.
	Category    string `json:"category"`
	Subcategory string `json:"subcategory"`
	// Impact is from 1 to 10; 10 is the gravest.
	Impact float64 `json:"impact"`
	// UserImpact says that users may notice the remediation.
	UserImpact bool `json:"userImpact,omitempty"`
	// Platforms are the values of Device.OSPlatform that the check is for.
	Platforms []string `json:"platforms"`
	// Facts are the families that the expressions read.
	Facts []string `json:"facts"`
	// Judges is the state that the check judges, if a family has two: Running, Configured or Both.
	Judges State `json:"judges,omitempty"`
	// Software are the packages whose versions the expressions read.
	Software []string `json:"software,omitempty"`
	// Applies and Compliant are CEL expressions of type bool; an empty Applies
	// is true.
	Applies     string   `json:"applies,omitempty"`
	Compliant   string   `json:"compliant"`
	Remediation string   `json:"remediation"`
	References  []string `json:"references,omitempty"`
}

// Categories are the words of configurationCategory (contract.md section 4).
func Categories() []string {
	return []string{"Application", "OS", "Network", "Accounts", "Security controls"}
}

// The limits of impact.
const (
	minImpact = 1
	maxImpact = 10
)

// validate returns the first fault in a check's data; the compiler checks the expressions.
func (d *Definition) validate() error {
	switch {
	case !checkID.MatchString(d.ID):
		return fmt.Errorf("id %q: want scid- and a number", d.ID)
	case d.Name == "":
		return errors.New("name is missing")
	case !slices.Contains(Categories(), d.Category):
		return fmt.Errorf("category %q: want one of %q", d.Category, Categories())
	case d.Subcategory == "":
		return errors.New("subcategory is missing")
	case !(d.Impact >= minImpact && d.Impact <= maxImpact):
		return fmt.Errorf("impact %v: want %d to %d", d.Impact, minImpact, maxImpact)
	case len(d.Platforms) == 0:
		return errors.New("platforms are missing")
	case len(d.Facts) == 0:
		return errors.New("facts are missing")
	case d.Compliant == "":
		return errors.New("compliant is missing")
	case d.Remediation == "":
		return errors.New("remediation is missing")
	}
	return d.validateState()
}

var checkID = regexp.MustCompile(`^scid-[1-9][0-9]{0,8}$`)
