package edge

import (
	"net/http"
	"reflect"
	"slices"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/edge/openapi"
	"github.com/muster-project/muster/internal/odata"
)

// Description describes what an operation takes and returns. Its handler reads parameters by it,
// /openapi.json shows it, and the tests of package api check every reply against it.
type Description struct {
	// Summary is one line.
	Summary string
	Query   []Parameter
	// OData: the call is one of an OData service. A name with $ that is not in Query is refused.
	// OptionHint says in that error what to do instead.
	OData      bool
	OptionHint string
	Takes      []Payload
	Gives      []Payload
	// Fails are the statuses of errors besides those of every operation, which commonErrors
	// lists.
	Fails []int
}

// check refuses an option that the call does not have, and a $format that it has not. To ignore one would
// be to answer another question than the one that was asked.
func (d *Description) check(q Query) error {
	if slices.Contains(d.Query, FormatOption) {
		if err := odata.Format(q.Text(FormatOption)); err != nil {
			return err
		}
	}
	if !d.OData || q.option == "" {
		return nil
	}
	var known []string
	for _, p := range d.Query {
		known = append(known, p.Name)
	}
	hint := ""
	if d.OptionHint != "" {
		hint = ": " + d.OptionHint
	}
	return Refuse(http.StatusBadRequest, defender.CodeODataError, "%s is not an option of this call, which takes %s%s",
		Clip(q.option), strings.Join(known, ", "), hint)
}

// Payload is one form of the body of a request or a reply.
type Payload struct {
	// Status is the status of the reply; 0 in requests.
	Status int
	// Media is the media type; "" if there is no body.
	Media string
	// Schema describes JSON; nil for other bodies.
	Schema SchemaMaker
	About  string
}

// SchemaMaker returns a schema, and adds the schemas that it refers to to the collection.
type SchemaMaker func(*openapi.Schemas) (*openapi.Schema, error)

// JSONOf returns the Payload of a body that encoding/json writes or reads as T.
func JSONOf[T any](status int, about string) Payload {
	return Payload{Status: status, Media: MediaJSON, Schema: SchemaOf[T](), About: about}
}

// SchemaOf returns the SchemaMaker of T.
func SchemaOf[T any]() SchemaMaker {
	return func(all *openapi.Schemas) (*openapi.Schema, error) { return all.Of(reflect.TypeFor[T]()) }
}

// OtherBody returns the Payload of a body that is not JSON.
func OtherBody(status int, media, about string) Payload {
	return Payload{Status: status, Media: media, About: about}
}

// NoBody returns the Payload of a reply without a body.
func NoBody(status int, about string) Payload { return Payload{Status: status, About: about} }

const MediaJSON = "application/json"
