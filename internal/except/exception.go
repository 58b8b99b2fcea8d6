package except

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	packageurl "github.com/package-url/packageurl-go"
)

// Status says what an exception is: a risk that people accept, or one of the four that VEX documents state.
type Status string

// The statuses. The last four are spelled as OpenVEX spells them.
const (
	Accepted           Status = "accepted"
	NotAffected        Status = "not_affected"
	Fixed              Status = "fixed"
	Affected           Status = "affected"
	UnderInvestigation Status = "under_investigation"
)

// caution orders statuses by how little they hide.
func (s Status) caution() int {
	return slices.Index([]Status{Accepted, NotAffected, Fixed, UnderInvestigation, Affected}, s)
}

// The limits of an exception's texts, in bytes.
const (
	maxName   = 1024
	maxReason = 4096
)

// Exception is one exception. Empty fields of Product and Scope match everything.
type Exception struct {
	// ID is given by the store.
	ID string `json:"id,omitempty"`
	// CVE is the id that rows show: a CVE, or an advisory without one.
	CVE     string  `json:"cve"`
	Product Product `json:"product,omitzero"`
	Scope   Scope   `json:"scope,omitzero"`
	Status  Status  `json:"status"`
	// Mark keeps the row and says so in it. Only people's exceptions have it.
	Mark bool `json:"mark,omitempty"`
	// Reason is a text for people; of a VEX statement the justification or what is done about it.
	Reason string `json:"reason,omitempty"`
	// By is who accepts the risk, or the author of the document. AddedBy is the caller that added it.
	By      string `json:"by,omitempty"`
	AddedBy string `json:"addedBy,omitempty"`
	// Source names the document of a VEX statement: its format and id. Empty for people's exceptions.
	Source string `json:"source,omitempty"`
	// Stated is when it was said. Of VEX statements on one product the newest counts.
	Stated time.Time `json:"stated,omitzero"`
	// From and Until bound when it is in force, without Until itself; zero is no bound.
	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

// Product says which software is meant: by package URL, or by vendor, name and version as rows show them.
type Product struct {
	PURL    string `json:"purl,omitempty"`
	Vendor  string `json:"vendor,omitempty"`
	Name    string `json:"name,omitempty"`
	Version string `json:"version,omitempty"`
}

// Scope says which devices are meant. Both fields must fit.
type Scope struct {
	Device string `json:"device,omitempty"`
	Group  *int64 `json:"group,omitempty"`
}

// Place is where a finding is.
type Place struct {
	Device string
	Group  int64
}

// Holds reports whether a place is in the scope.
func (s Scope) Holds(p Place) bool {
	return (s.Device == "" || s.Device == p.Device) && (s.Group == nil || *s.Group == p.Group)
}

// Equal reports whether two scopes are the same.
func (s Scope) Equal(o Scope) bool {
	return s.Device == o.Device && (s.Group == nil) == (o.Group == nil) && (s.Group == nil || *s.Group == *o.Group)
}

// State says whether an exception is in force.
type State string

// The states of an exception.
const (
	Waiting State = "waiting" // From is not reached
	InForce State = "inForce"
	Expired State = "expired"
)

// At returns the state at a time.
func (e *Exception) At(now time.Time) State {
	switch {
	case !e.From.IsZero() && now.Before(e.From):
		return Waiting
	case !e.Until.IsZero() && !now.Before(e.Until):
		return Expired
	}
	return InForce
}

// Hides reports whether the exception, where it decides, takes the row away.
func (e *Exception) Hides() bool {
	return e.Status == Accepted && !e.Mark || e.Status == NotAffected || e.Status == Fixed
}

// Marks reports whether the row stays and says that it is excepted.
func (e *Exception) Marks() bool { return e.Status == Accepted && e.Mark }

// Action says what the exception does where it decides: "hide", "mark" or "none".
func (e *Exception) Action() string {
	switch {
	case e.Hides():
		return "hide"
	case e.Marks():
		return "mark"
	}
	return "none"
}

// Check says what is wrong with an exception; the field is named first.
func (e *Exception) Check() error {
	for _, field := range []struct {
		name, text string
		limit      int
	}{
		{"cve", e.CVE, maxName}, {"product.purl", e.Product.PURL, maxName}, {"product.vendor", e.Product.Vendor, maxName},
		{"product.name", e.Product.Name, maxName}, {"product.version", e.Product.Version, maxName},
		{"scope.device", e.Scope.Device, maxName}, {"reason", e.Reason, maxReason}, {"by", e.By, maxName},
		{"source", e.Source, maxName},
	} {
		if len(field.text) > field.limit {
			return fmt.Errorf("%s: has more than %d bytes", field.name, field.limit)
		}
		if strings.ContainsFunc(field.text, func(r rune) bool { return r != '\n' && unicode.IsControl(r) }) {
			return fmt.Errorf("%s: has control characters", field.name)
		}
	}
	switch {
	case e.CVE == "":
		return fmt.Errorf("cve: is missing")
	case e.Status.caution() < 0:
		return fmt.Errorf("status: is %q, want accepted, not_affected, fixed, affected or under_investigation", e.Status)
	case e.Mark && e.Status != Accepted:
		return fmt.Errorf("mark: goes with the status accepted only")
	case e.Status == Accepted && strings.TrimSpace(e.Reason) == "":
		return fmt.Errorf("reason: is missing")
	case e.Status != Accepted && e.Product == Product{}:
		return fmt.Errorf("product: is missing; the status %s is about a product", e.Status)
	case !e.From.IsZero() && !e.Until.IsZero() && !e.From.Before(e.Until):
		return fmt.Errorf("until: is not after from")
	}
	return e.Product.check()
}

func (p *Product) check() error {
	switch {
	case p.PURL != "" && (p.Vendor != "" || p.Name != "" || p.Version != ""):
		return fmt.Errorf("product: has a purl and other fields; give one or the other")
	case p.PURL == "" && p.Name == "" && (p.Vendor != "" || p.Version != ""):
		return fmt.Errorf("product.name: is missing")
	case p.PURL == "":
		return nil
	}
	if _, err := packageurl.FromString(p.PURL); err != nil {
		return fmt.Errorf("product.purl: %q is no package URL: %w", p.PURL, err)
	}
	return nil
}
