package control

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
)

// Encoded is the JSON of a T, encoded before or not decoded yet.
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
		return value, fmt.Errorf("reading a part of the reply: %w", err)
	}
	return value, nil
}

// EncodedType returns T, for the description of the API.
func (Encoded[T]) EncodedType() reflect.Type { return reflect.TypeFor[T]() }
