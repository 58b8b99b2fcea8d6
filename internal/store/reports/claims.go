package reports

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
)

// Claims is what a device's credential last said of the device's identity that does not count.
// Empty fields (nil for Tags) are not claimed.
type Claims struct {
	Name       string   `json:"name,omitempty"`
	OSPlatform string   `json:"osPlatform,omitempty"`
	Tags       []string `json:"tags,omitzero"`
}

// claimsOf returns the fields of said that do not count.
func claimsOf(said inventory.Device, ignored trust.Fields) (c Claims) {
	if ignored.Has(trust.Name) {
		c.Name = said.Name
	}
	if ignored.Has(trust.Platform) {
		c.OSPlatform = said.OSPlatform
	}
	if ignored.Has(trust.Tags) {
		c.Tags = append([]string{}, said.Tags...)
	}
	return c
}

// None reports whether nothing is claimed.
func (c Claims) None() bool { return c.Name == "" && c.OSPlatform == "" && c.Tags == nil }

// Equal reports whether two claims are the same.
func (c Claims) Equal(other Claims) bool {
	return c.Name == other.Name && c.OSPlatform == other.OSPlatform &&
		(c.Tags == nil) == (other.Tags == nil) && slices.Equal(c.Tags, other.Tags)
}

// encode returns the stored form.
func (c Claims) encode() (string, error) {
	if c.None() {
		return "", nil
	}
	text, err := json.Marshal(c)
	if err != nil {
		return "", fmt.Errorf("writing claims: %w", err)
	}
	return string(text), nil
}

// decode is the inverse of encode.
func (c *Claims) decode(text string) error {
	if text == "" {
		return nil
	}
	if err := json.Unmarshal([]byte(text), c); err != nil {
		return fmt.Errorf("stored claims: %w", err)
	}
	return nil
}
