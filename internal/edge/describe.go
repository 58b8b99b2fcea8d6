package edge

import (
	"reflect"

	"github.com/muster-project/muster/internal/edge/openapi"
)

// Description says what an operation takes and gives. Its handler reads
// parameters by it, /openapi.json shows it, and the tests of this package hold
// every reply to it.
type Description struct {
	// Summary is one line.
	Summary string
	Query   []Parameter
	Takes   []Payload
	Gives   []Payload
	// Fails are the statuses of errors beyond those of any operation, which
	// commonErrors lists.
	Fails []int
}

// Payload is a form that the body of a request, or of a reply, may have.
type Payload struct {
	// Status is that of the reply; 0 in requests.
	Status int
	// Media is the media type; empty where there is no body.
	Media string
	// Schema describes JSON; nil where the body is something else.
	Schema SchemaMaker
	About  string
}

// SchemaMaker makes a schema, and adds what it refers to to the collection.
type SchemaMaker func(*openapi.Schemas) (*openapi.Schema, error)

// JSONOf is a body that encoding/json writes or reads as T.
func JSONOf[T any](status int, about string) Payload {
	return Payload{Status: status, Media: MediaJSON, Schema: SchemaOf[T](), About: about}
}

// SchemaOf makes the schema of T.
func SchemaOf[T any]() SchemaMaker {
	return func(all *openapi.Schemas) (*openapi.Schema, error) { return all.Of(reflect.TypeFor[T]()) }
}

// OtherBody is a body that is no JSON.
func OtherBody(status int, media, about string) Payload {
	return Payload{Status: status, Media: media, About: about}
}

// NoBody is a reply without a body.
func NoBody(status int, about string) Payload { return Payload{Status: status, About: about} }

const MediaJSON = "application/json"
