package api

import (
	"reflect"

	"github.com/muster-project/muster/internal/edge/openapi"
)

// description says what an operation takes and gives. Its handler reads
// parameters by it, /openapi.json shows it, and the tests of this package hold
// every reply to it.
type description struct {
	// summary is one line.
	summary string
	query   []parameter
	takes   []payload
	gives   []payload
	// fails are the statuses of errors beyond those of any operation, which
	// commonErrors lists.
	fails []int
}

// payload is a form that the body of a request, or of a reply, may have.
type payload struct {
	// status is that of the reply; 0 in requests.
	status int
	// media is the media type; empty where there is no body.
	media string
	// schema describes JSON; nil where the body is something else.
	schema schemaMaker
	about  string
}

// schemaMaker makes a schema, and adds what it refers to to the collection.
type schemaMaker func(*openapi.Schemas) (*openapi.Schema, error)

// jsonOf is a body that encoding/json writes or reads as T.
func jsonOf[T any](status int, about string) payload {
	return payload{status: status, media: mediaJSON, schema: schemaOf[T](), about: about}
}

// schemaOf makes the schema of T.
func schemaOf[T any]() schemaMaker {
	return func(all *openapi.Schemas) (*openapi.Schema, error) { return all.Of(reflect.TypeFor[T]()) }
}

// other is a body that is no JSON.
func other(status int, media, about string) payload {
	return payload{status: status, media: media, about: about}
}

// nothing is a reply without a body.
func nothing(status int, about string) payload { return payload{status: status, about: about} }

const mediaJSON = "application/json"

// encoded is JSON that was written from a T before.
type encoded[T any] []byte

// MarshalJSON implements json.Marshaler.
func (e encoded[T]) MarshalJSON() ([]byte, error) { return e, nil }

// EncodedType implements openapi.Encoded.
func (encoded[T]) EncodedType() reflect.Type { return reflect.TypeFor[T]() }
