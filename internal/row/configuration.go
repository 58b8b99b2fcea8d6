package row

import (
	"strconv"

	"github.com/muster-project/muster/defender"
)

// Configuration is the content of rows about a configuration that does not depend on the device.
type Configuration struct {
	// ID is scid-<n> for our checks; imported ones keep their own.
	ID, Name string
	// Category is one of the constants; Subcategory may be empty.
	Category, Subcategory string
	// Impact is from 1 to 10.
	Impact float64
	// UserImpact says whether users will notice the configuration.
	UserImpact bool
}

// ConfigurationPiece is the part of rows about a configuration that does not depend on the device.
type ConfigurationPiece struct {
	key  []byte // see Key
	head []byte // the text before the result
	tail []byte // the text after it
}

// Piece renders the configuration's part of rows: once per configuration.
func (c *Configuration) Piece() ConfigurationPiece {
	head := appendMember(nil, defender.FieldConfigurationID, c.ID)
	head = appendMember(head, defender.FieldConfigurationCategory, c.Category)
	head = appendMember(head, defender.FieldConfigurationSubcategory, c.Subcategory)
	head = appendNumber(appendKey(head, defender.FieldConfigurationImpact), c.Impact)
	tail := appendBool(nil, defender.FieldIsExpectedUserImpact, c.UserImpact)
	tail = appendMember(tail, defender.FieldConfigurationName, c.Name)
	tail = appendMember(tail, defender.FieldRecommendationReference, "sca-_-"+c.ID)
	return ConfigurationPiece{
		key:  appendText(nil, c.ID),
		head: head,
		tail: append(tail, "}\n"...),
	}
}

// Key returns the key of rows made with the piece. The caller must not change it.
func (c *ConfigurationPiece) Key() []byte { return c.key }

// AppendConfiguration appends the file row of a configuration on a device; seen is when the device
// was last assessed against it.
func AppendConfiguration(dst []byte, d *DevicePiece, c *ConfigurationPiece, seen Timestamp,
	compliant, applicable bool) []byte {
	dst = append(dst, '{')
	dst = append(dst, d.toVersion()...)
	dst = append(dst, `,"Timestamp":"`...)
	dst = append(seen.Append(dst, defender.KindMillis), '"')
	dst = append(dst, c.head...)
	dst = append(dst, `,"IsCompliant":`...)
	dst = strconv.AppendBool(dst, compliant)
	dst = append(dst, `,"IsApplicable":`...)
	dst = strconv.AppendBool(dst, applicable)
	return append(dst, c.tail...)
}
