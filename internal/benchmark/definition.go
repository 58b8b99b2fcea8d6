package benchmark

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/muster-project/muster/internal/inventory"
)

// Definition is one configuration definition: the name of a check, its impact, how it decides and what
// to do. Most fields are those of AssetConfiguration (doc/contract.md, section 4). What decides no row has no
// part in a benchmark's id.
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
	Applies   string `json:"applies,omitempty"`
	Compliant string `json:"compliant"`
	// Remediation says what to do, in words; Command does it, in the platform's shell, if a command can.
	Remediation string   `json:"-"`
	Command     string   `json:"-"`
	References  []string `json:"-"`
	Cases       Cases    `json:"-"`

	// File and Line say where it stands; empty for a result that a report carries.
	File string `json:"-"`
	Line int    `json:"-"`
}

// Cases are facts with which a check is tried, by what it must say of them: by family and name, as in a
// report. A check is silent without one of its families whatever its cases are; Silent has others, for
// example an invalid number.
type Cases struct {
	Compliant, NonCompliant, NotApplicable, Silent []inventory.Facts
}

// Categories are the words of configurationCategory (doc/contract.md, section 4).
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

// validateCases returns an error if a verdict that the check can give has no case, or a case has facts
// that the check does not read.
func (d *Definition) validateCases() error {
	switch c := &d.Cases; {
	case len(c.Compliant) == 0:
		return errors.New("cases: none is compliant")
	case len(c.NonCompliant) == 0:
		return errors.New("cases: none is nonCompliant")
	case d.Applies != "" && len(c.NotApplicable) == 0:
		return errors.New("cases: none is notApplicable")
	}
	for _, facts := range slices.Concat(d.Cases.Compliant, d.Cases.NonCompliant, d.Cases.NotApplicable, d.Cases.Silent) {
		for family := range facts {
			if !d.reads(family) {
				return fmt.Errorf("cases: the check does not read %.40q", family)
			}
		}
	}
	return nil
}

// states returns the states that a check judges.
func (d *Definition) states() []State {
	switch d.Judges {
	case Both:
		return []State{Running, Configured}
	case Running:
		return []State{Running}
	}
	return []State{Configured}
}

// stateful reports whether the check reads a family with two states.
func (d *Definition) stateful() bool {
	all := Stateful()
	return slices.ContainsFunc(d.Facts, func(name string) bool { return all[name] != [2]string{} })
}

// validateState checks that the definition says which state it judges if there are two, and names no family of
// one state by itself, which would be judged without saying so.
func (d *Definition) validateState() error {
	var words []State
	if words = []State{"", Configured}; d.stateful() {
		words = []State{Running, Configured, Both}
	}
	if !slices.Contains(words, d.Judges) {
		return fmt.Errorf("judges %q: want one of %q for facts %q", d.Judges, words, d.Facts)
	}
	for name, names := range Stateful() {
		for _, variant := range names {
			if variant != name && slices.Contains(d.Facts, variant) {
				return fmt.Errorf("facts %q: want %q, and judges says which state", variant, name)
			}
		}
	}
	if slices.Contains(d.Facts, softwareFamily) != (len(d.Software) > 0) {
		return errors.New("facts has software and software names packages, or neither")
	}
	return nil
}

var checkID = regexp.MustCompile(`^scid-[1-9][0-9]{0,8}$`)

// reads tells whether the check reads a family, in any state.
func (d *Definition) reads(family string) bool {
	return family == deviceFamily || slices.ContainsFunc(d.Facts, func(name string) bool {
		return familyOf(name, Running) == family || familyOf(name, Configured) == family
	})
}

// profileVersion is part of a benchmark's id. It is raised if profiles or their fingerprints change, so that programs
// of two versions make no generation together.
const profileVersion = 1

// hashes returns the hashes of what a definition tells of a result, and of that with all that decides the result on
// a device for which it is selected. Platforms and states only decide which those are.
func (d *Definition) hashes() (told, whole [32]byte, err error) {
	names, err := json.Marshal([]any{d.ID, d.Name, d.Category, d.Subcategory, d.Impact, d.UserImpact})
	if err != nil {
		return told, whole, err
	}
	rules, err := json.Marshal([]any{languageVersion, slices.Sorted(slices.Values(d.Facts)),
		slices.Sorted(slices.Values(d.Software)), d.Applies, d.Compliant})
	if err != nil {
		return told, whole, err
	}
	return sha256.Sum256(names), sha256.Sum256(append(names, rules...)), nil
}
