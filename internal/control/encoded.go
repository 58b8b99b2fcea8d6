package control

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
)

// Encoded is the JSON of a T: as it was written once, or not read yet.
type Encoded[T any] []byte

// MarshalJSON implements json.Marshaler.
func (e Encoded[T]) MarshalJSON() ([]byte, error) {
	if e == nil {
		return []byte("null"), nil
	}
	return e, nil
}

// UnmarshalJSON implements json.Unmarshaler.
func (e *Encoded[T]) UnmarshalJSON(text []byte) error {
	*e = bytes.Clone(text)
	return nil
}

// Decode reads the value.
func (e Encoded[T]) Decode() (value T, err error) {
	if err := json.Unmarshal(e, &value); err != nil {
		return value, fmt.Errorf("reading what a reply holds: %w", err)
	}
	return value, nil
}

// EncodedType is T, for descriptions of the API.
func (Encoded[T]) EncodedType() reflect.Type { return reflect.TypeFor[T]() }
