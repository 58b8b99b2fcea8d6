package openapi

import (
	"cmp"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"
	"unicode"
)

// Schemas collects the schemas of a document by name.
type Schemas struct {
	given map[reflect.Type]string
	named map[string]*Schema
	types map[string]reflect.Type
}

// NewSchemas returns an empty collection. A type has the name that is given here, else its own
// with a capital; its package does not matter, so that a type that moves keeps its name in the
// document.
func NewSchemas(given map[reflect.Type]string) *Schemas {
	return &Schemas{given: given, named: map[string]*Schema{}, types: map[string]reflect.Type{}}
}

// All returns the collection, for Components.
func (s *Schemas) All() map[string]*Schema { return s.named }

// Add names a schema and returns a reference to it.
func (s *Schemas) Add(name string, schema *Schema) *Schema {
	s.named[name] = schema
	return &Schema{Ref: "#/components/schemas/" + name}
}

// Encoded is implemented by types that hold, and write, the JSON of another type.
type Encoded interface {
	EncodedType() reflect.Type
}

// Of returns the schema of what encoding/json writes for values of a type. Named structs become
// schemas of the collection. Slices are described as arrays, never as null; types with their own
// marshaller may be anything. The tag schema of a field adds what its type cannot tell:
// "nullable" for a slice that may be null, "optional" for a member that readers must not rely on.
// It is an error if JSON has no form for the type, or if two types have one name.
func (s *Schemas) Of(t reflect.Type) (*Schema, error) {
	switch {
	case t.Kind() == reflect.Pointer:
		schema, err := s.Of(t.Elem())
		if err != nil {
			return nil, err
		}
		return schema.OrNull(), nil
	case t.Implements(reflect.TypeFor[Encoded]()):
		return s.Of(reflect.Zero(t).Interface().(Encoded).EncodedType())
	case t == reflect.TypeFor[time.Time]():
		return &Schema{Type: Types{"string"}, Format: "date-time"}, nil
	case t.Implements(reflect.TypeFor[json.Marshaler]()):
		return &Schema{}, nil
	case t.Implements(reflect.TypeFor[encoding.TextMarshaler]()):
		return Text(), nil
	}
	switch t.Kind() {
	case reflect.Bool:
		return &Schema{Type: Types{"boolean"}}, nil
	case reflect.String:
		return Text(), nil
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return &Schema{Type: Types{"integer"}, Format: integerFormat(t)}, nil
	case reflect.Float32, reflect.Float64:
		return &Schema{Type: Types{"number"}, Format: "double"}, nil
	case reflect.Interface:
		return &Schema{}, nil
	}
	return s.composite(t)
}

// integerFormat names the formats that the specification knows.
func integerFormat(t reflect.Type) string {
	if t.Bits() == 64 {
		return "int64"
	}
	return "int32"
}

// composite is Of for types that consist of others.
func (s *Schemas) composite(t reflect.Type) (*Schema, error) {
	switch t.Kind() {
	case reflect.Slice, reflect.Array:
		if t == reflect.TypeFor[[]byte]() {
			return Text(), nil // in base64
		}
		items, err := s.Of(t.Elem())
		if err != nil {
			return nil, err
		}
		return List(items), nil
	case reflect.Map:
		values, err := s.Of(t.Elem())
		if err != nil {
			return nil, err
		}
		return &Schema{Type: Types{"object"}, Additional: values}, nil
	case reflect.Struct:
		return s.structure(t)
	}
	return nil, fmt.Errorf("describing %s: JSON has no form for it", t)
}

// structure is Of for structs.
func (s *Schemas) structure(t reflect.Type) (*Schema, error) {
	if t.Name() == "" {
		return s.fields(t)
	}
	name := s.name(t)
	reference := &Schema{Ref: "#/components/schemas/" + name}
	if known, ok := s.types[name]; ok {
		if known != t {
			return nil, fmt.Errorf("describing %s: %s also has the name %q", t, known, name)
		}
		return reference, nil
	}
	s.types[name] = t // before its fields, which may have its own type
	schema, err := s.fields(t)
	if err != nil {
		return nil, err
	}
	s.named[name] = schema
	return reference, nil
}

// name returns the name of a type.
func (s *Schemas) name(t reflect.Type) string {
	if given, ok := s.given[t]; ok {
		return given
	}
	name := []rune(t.Name())
	name[0] = unicode.ToUpper(name[0])
	return string(name)
}

// fields returns the schema of a struct by its fields.
func (s *Schemas) fields(t reflect.Type) (*Schema, error) {
	object := &Schema{Type: Types{"object"}}
	for _, field := range reflect.VisibleFields(t) {
		name, optional, written := fieldName(field)
		if !written {
			continue
		}
		typ := field.Type
		if optional && typ.Kind() == reflect.Pointer {
			typ = typ.Elem() // nil is left out
		}
		schema, err := s.Of(typ)
		if err != nil {
			return nil, err
		}
		if field.Tag.Get("schema") == "nullable" {
			schema = schema.OrNull()
		}
		object.Properties = append(object.Properties, Property{name, schema})
		if !optional {
			object.Required = append(object.Required, name)
		}
	}
	return object, nil
}

// fieldName returns the key of a field, whether it may be left out, and whether it is written at
// all. The fields of an embedded struct take its place.
func fieldName(field reflect.StructField) (key string, optional, written bool) {
	key, options, _ := strings.Cut(field.Tag.Get("json"), ",")
	if key == "-" || !field.IsExported() || field.Anonymous && key == "" {
		return "", false, false
	}
	optional = strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero") ||
		field.Tag.Get("schema") == "optional"
	return cmp.Or(key, field.Name), optional, true
}
