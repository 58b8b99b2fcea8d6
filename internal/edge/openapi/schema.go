package openapi

import (
	"bytes"
	"encoding/json"
	"slices"
)

// Schema is a JSON Schema, draft 2020-12. The zero Schema accepts anything.
type Schema struct {
	Ref         string `json:"$ref,omitempty"`
	Description string `json:"description,omitempty"`
	Type        Types  `json:"type,omitempty"`
	Format      string `json:"format,omitempty"`
	Pattern     string `json:"pattern,omitempty"`
	// Enum may hold nil, for null.
	Enum    []any  `json:"enum,omitempty"`
	Minimum *int64 `json:"minimum,omitempty"`
	Maximum *int64 `json:"maximum,omitempty"`
	Default any    `json:"default,omitempty"`

	Items      *Schema    `json:"items,omitempty"`
	Properties Properties `json:"properties,omitempty"`
	Required   []string   `json:"required,omitempty"`
	// Additional is the schema of properties that Properties does not name; nil accepts any.
	Additional *Schema   `json:"additionalProperties,omitempty"`
	AnyOf      []*Schema `json:"anyOf,omitempty"`
}

// Types are the types that a value may have. A single type is written as a string.
type Types []string

// MarshalJSON implements json.Marshaler.
func (t Types) MarshalJSON() ([]byte, error) {
	if len(t) == 1 {
		return json.Marshal(t[0])
	}
	return json.Marshal([]string(t))
}

// Properties are the properties of an object, in the order in which they are written.
type Properties []Property

// Property is a property of an object.
type Property struct {
	Name   string
	Schema *Schema
}

// MarshalJSON implements json.Marshaler.
func (p Properties) MarshalJSON() ([]byte, error) {
	members := make([][]byte, len(p))
	for i, property := range p {
		name, err := json.Marshal(property.Name)
		if err != nil {
			return nil, err
		}
		schema, err := json.Marshal(property.Schema)
		if err != nil {
			return nil, err
		}
		members[i] = slices.Concat(name, []byte{':'}, schema)
	}
	return slices.Concat([]byte{'{'}, bytes.Join(members, []byte{','}), []byte{'}'}), nil
}

// Text returns the schema of a string.
func Text() *Schema { return &Schema{Type: Types{"string"}} }

// Object returns the schema of an object with these properties, all required.
func Object(properties ...Property) *Schema {
	s := &Schema{Type: Types{"object"}, Properties: properties}
	for _, p := range properties {
		s.Required = append(s.Required, p.Name)
	}
	return s
}

// List returns the schema of an array.
func List(items *Schema) *Schema { return &Schema{Type: Types{"array"}, Items: items} }

// OrNull returns the schema of a value that may also be null.
func (s *Schema) OrNull() *Schema {
	if s.Ref != "" {
		return &Schema{AnyOf: []*Schema{s, {Type: Types{"null"}}}}
	}
	either := *s
	if len(either.Type) > 0 {
		either.Type = append(append(Types{}, s.Type...), "null")
	}
	if len(either.Enum) > 0 {
		either.Enum = append(append([]any{}, s.Enum...), nil)
	}
	return &either
}
