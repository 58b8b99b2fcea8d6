// Package openapi is a document of the OpenAPI Specification 3.1 in Go types, as far as the API
// needs them: json.Marshal writes them as the specification spells them. It knows nothing of
// routes; package api fills it in.
//
// Schemas are JSON Schema 2020-12. [Schemas.Of] makes them from the Go types that
// handlers encode, so that the description and the reply have one definition.
package openapi
