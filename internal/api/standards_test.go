package api_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/muster-project/muster/internal/testneed"
)

// The documents by which the service describes itself follow the standards: OpenAPI 3.1 by its
// meta-schema, OData's by the reader and the schema that OASIS publishes.
func TestStandards(t *testing.T) {
	node, packages := testneed.Node(t)
	l := newLab(t)
	openAPI, metadata := filepath.Join(l.folder, "openapi.json"), filepath.Join(l.folder, "metadata.xml")
	for file, path := range map[string]string{openAPI: "/openapi.json", metadata: "/api/$metadata"} {
		if err := os.WriteFile(file, l.get(path).body, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	command := exec.CommandContext(t.Context(), node, "testdata/node/standards.js", openAPI, metadata)
	command.Env = append(os.Environ(), "NODE_PATH="+packages)
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	var told struct {
		OpenAPI struct {
			Valid   bool
			Version string
			Errors  any
		}
		CSDL     json.RawMessage
		Messages []any
	}
	if err := json.Unmarshal(out, &told); err != nil {
		t.Fatal(err)
	}
	if !told.OpenAPI.Valid || told.OpenAPI.Version != "3.1" {
		t.Errorf("/openapi.json is no OpenAPI 3.1: %+v", told.OpenAPI)
	}
	if len(told.Messages) > 0 {
		t.Errorf("/api/$metadata: %v", told.Messages)
	}
	checkCSDL(t, filepath.Join(packages, "odata-csdl", "schemas", "csdl.schema.json"), told.CSDL)
}

// checkCSDL checks a metadata document, in its JSON form, against OASIS's schema.
func checkCSDL(t *testing.T, schemaFile string, document []byte) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		t.Fatal(err)
	}
	if err := schema.Validate(value); err != nil {
		t.Errorf("/api/$metadata: %v", err)
	}
}
