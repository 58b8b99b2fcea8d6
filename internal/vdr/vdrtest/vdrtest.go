// Package vdrtest checks reports for tests: by the schema of CycloneDX, and by what it cannot say.
package vdrtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/CycloneDX/cyclonedx-go"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Check checks a report and returns it: it is valid, each reference is there once, and what is affected or
// depended on is there.
func Check(t testing.TB, text []byte) *cyclonedx.BOM {
	t.Helper()
	validate(t, text)
	bom := &cyclonedx.BOM{}
	if err := json.Unmarshal(text, bom); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	note := func(ref string) {
		if known[ref] || ref == "" {
			t.Errorf("reference %q is empty, or there twice", ref)
		}
		known[ref] = true
	}
	if bom.Metadata.Component != nil {
		note(bom.Metadata.Component.BOMRef)
	}
	for _, c := range Components(bom) {
		note(c.BOMRef)
	}
	affected := map[string]bool{}
	for _, v := range *bom.Vulnerabilities {
		note(v.BOMRef)
		if len(*v.Affects) == 0 || len(*v.Ratings) == 0 || v.Source.URL == "" {
			t.Errorf("%s affects nothing, or is not rated, or has no source", v.ID)
		}
		for _, one := range *v.Affects {
			if at := v.ID + " " + one.Ref; affected[at] || !known[one.Ref] {
				t.Errorf("%s is not there, or there twice", at)
			} else {
				affected[at] = true
			}
		}
	}
	if bom.Dependencies == nil {
		return bom
	}
	depends := map[string]bool{}
	for _, d := range *bom.Dependencies {
		if depends[d.Ref] || !known[d.Ref] {
			t.Errorf("%q, which depends on others, is not there, or there twice", d.Ref)
		}
		depends[d.Ref] = true
		for _, on := range *d.Dependencies {
			if !known[on] {
				t.Errorf("%q depends on %q, which is not there", d.Ref, on)
			}
		}
	}
	return bom
}

// Components lists the components of a report, also those below others.
func Components(bom *cyclonedx.BOM) (all []cyclonedx.Component) {
	var add func(list *[]cyclonedx.Component)
	add = func(list *[]cyclonedx.Component) {
		for i := range *list {
			all = append(all, (*list)[i])
			if (*list)[i].Components != nil {
				add((*list)[i].Components)
			}
		}
	}
	add(bom.Components)
	return all
}

// validate checks a report by the schema of its version, which the module of CycloneDX has.
func validate(t testing.TB, text []byte) {
	t.Helper()
	folder, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/CycloneDX/cyclonedx-go").Output()
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.UseLoader(schemas(filepath.Join(strings.TrimSpace(string(folder)), "schema")))
	schema, err := c.Compile(place + "bom-1.5.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		t.Fatalf("the report is not valid: %v", err)
	}
}

// place is where schemas say they are.
const place = "http://cyclonedx.org/schema/"

// schemas reads schemas in a folder.
type schemas string

// Load implements jsonschema.URLLoader.
func (s schemas) Load(url string) (any, error) {
	name, ok := strings.CutPrefix(url, place)
	if !ok {
		return nil, errors.New("not a schema of CycloneDX: " + url)
	}
	// The module has this schema under another name.
	name = strings.ReplaceAll(name, "jsf-0.82.schema.json", "jsf-0.82.schemax.json")
	file, err := os.Open(filepath.Join(string(s), name))
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return jsonschema.UnmarshalJSON(io.Reader(file))
}
