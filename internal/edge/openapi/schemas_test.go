package openapi_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/edge/openapi"
)

type inner struct {
	Number int32 `json:"number"`
}

type outer struct {
	inner
	Text     string           `json:"text"`
	Maybe    *float64         `json:"maybe"`
	Time     time.Time        `json:"time"`
	LeftOut  *time.Time       `json:"leftOut,omitempty"`
	List     []inner          `json:"list"`
	All      []string         `json:"all" schema:"nullable"`
	Counts   map[string]int64 `json:"counts"`
	Raw      json.RawMessage  `json:"raw"`
	Held     held             `json:"held"`
	Self     *outer           `json:"self"`
	Bytes    []byte           `json:"bytes"`
	Wanted   bool             `json:"wanted" schema:"optional"`
	Untagged bool
	Hidden   string `json:"-"`
}

// held writes the JSON of an inner.
type held []byte

func (h held) MarshalJSON() ([]byte, error) { return h, nil }
func (held) EncodedType() reflect.Type      { return reflect.TypeFor[inner]() }

// schemaText is a schema as written in a document.
func schemaText(t *testing.T, schema *openapi.Schema) string {
	t.Helper()
	text, err := json.Marshal(schema)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSchemasOf(t *testing.T) {
	all := openapi.NewSchemas(nil)
	reference, err := all.Of(reflect.TypeFor[outer]())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := schemaText(t, reference), `{"$ref":"#/components/schemas/Outer"}`; got != want {
		t.Errorf("reference %s, want %s", got, want)
	}
	const wantInner = `{"type":"object","properties":{"number":{"type":"integer","format":"int32"}},"required":["number"]}`
	const wantOuter = `{"type":"object","properties":{` +
		`"number":{"type":"integer","format":"int32"},` +
		`"text":{"type":"string"},` +
		`"maybe":{"type":["number","null"],"format":"double"},` +
		`"time":{"type":"string","format":"date-time"},` +
		`"leftOut":{"type":"string","format":"date-time"},` +
		`"list":{"type":"array","items":{"$ref":"#/components/schemas/Inner"}},` +
		`"all":{"type":["array","null"],"items":{"type":"string"}},` +
		`"counts":{"type":"object","additionalProperties":{"type":"integer","format":"int64"}},` +
		`"raw":{},` +
		`"held":{"$ref":"#/components/schemas/Inner"},` +
		`"self":{"anyOf":[{"$ref":"#/components/schemas/Outer"},{"type":"null"}]},` +
		`"bytes":{"type":"string"},` +
		`"wanted":{"type":"boolean"},` +
		`"Untagged":{"type":"boolean"}},` +
		`"required":["number","text","maybe","time","list","all","counts","raw","held","self","bytes","Untagged"]}`
	got := map[string]string{}
	for name, schema := range all.All() {
		got[name] = schemaText(t, schema)
	}
	if diff := cmp.Diff(map[string]string{"Inner": wantInner, "Outer": wantOuter}, got); diff != "" {
		t.Errorf("schemas (-want +got):\n%s", diff)
	}
}

func TestSchemasGoByTheNamesGiven(t *testing.T) {
	all := openapi.NewSchemas(map[reflect.Type]string{reflect.TypeFor[inner](): "openapi_test.Inner"})
	reference, err := all.Of(reflect.TypeFor[inner]())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := reference.Ref, "#/components/schemas/openapi_test.Inner"; got != want {
		t.Errorf("reference %q, want %q", got, want)
	}
}

func TestSchemasRefuse(t *testing.T) {
	type Inner struct{ Other string }
	for what, types := range map[string][]reflect.Type{
		"no form":          {reflect.TypeFor[struct{ Wait chan int }]()},
		`the name "Inner"`: {reflect.TypeFor[inner](), reflect.TypeFor[Inner]()},
	} {
		all := openapi.NewSchemas(nil)
		var err error
		for _, typ := range types {
			_, err = all.Of(typ)
		}
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("error %v, must say %s", err, what)
		}
	}
}

func TestOrNull(t *testing.T) {
	word := openapi.Text()
	word.Enum = []any{"a", "b"}
	for _, test := range []struct {
		schema *openapi.Schema
		want   string
	}{
		{word, `{"type":["string","null"],"enum":["a","b",null]}`},
		{&openapi.Schema{}, `{}`},
		{&openapi.Schema{Ref: "#/x"}, `{"anyOf":[{"$ref":"#/x"},{"type":"null"}]}`},
	} {
		before := schemaText(t, test.schema)
		if got := schemaText(t, test.schema.OrNull()); got != test.want {
			t.Errorf("%s or null is %s, want %s", before, got, test.want)
		}
		if after := schemaText(t, test.schema); after != before {
			t.Errorf("OrNull changed %s to %s", before, after)
		}
	}
}
