package defender_test

import (
	"encoding/xml"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
)

// edmx has the parts of a metadata document that the tests use.
type edmx struct {
	XMLName xml.Name `xml:"http://docs.oasis-open.org/odata/ns/edmx Edmx"`
	Version string   `xml:",attr"`
	Schema  struct {
		Namespace string `xml:",attr"`
		Types     []struct {
			Name       string     `xml:",attr"`
			BaseType   string     `xml:",attr"`
			Properties []property `xml:"Property"`
		} `xml:"ComplexType"`
		Functions []struct {
			Name      string `xml:",attr"`
			IsBound   bool   `xml:",attr"`
			Parameter struct {
				Type string `xml:",attr"`
			}
			ReturnType struct {
				Type string `xml:",attr"`
			}
		} `xml:"Function"`
		Sets []struct {
			EntityType string `xml:",attr"`
		} `xml:"EntityContainer>EntitySet"`
	} `xml:"DataServices>Schema"`
}

type property struct {
	Name     string `xml:",attr"`
	Type     string `xml:",attr"`
	Nullable string `xml:",attr"`
}

func readMetadata(t *testing.T) edmx {
	t.Helper()
	var document edmx
	if err := xml.Unmarshal(defender.Metadata(), &document); err != nil {
		t.Fatal(err)
	}
	return document
}

// Every call is a function on the machines, and returns the type in the context of its replies.
func TestMetadataFunctions(t *testing.T) {
	document := readMetadata(t)
	machines := "Collection(" + document.Schema.Sets[0].EntityType + ")"
	returned := map[string]string{}
	for _, f := range document.Schema.Functions {
		if !f.IsBound || f.Parameter.Type != machines {
			t.Errorf("%s is bound to %q, want %q", f.Name, f.Parameter.Type, machines)
		}
		returned[f.Name] = f.ReturnType.Type
	}
	want := map[string]string{}
	for _, call := range defender.Calls() {
		_, want[call.Name], _ = strings.Cut(call.Context(""), "#")
	}
	if diff := cmp.Diff(want, returned); diff != "" {
		t.Errorf("functions and what they return (-want +got):\n%s", diff)
	}
}

// Every type has the properties of its documented struct, in order and with the same types,
// nullable if the struct has a pointer; a CVE may also be null.
func TestMetadataTypes(t *testing.T) {
	document := readMetadata(t)
	got := map[string][]property{}
	for _, typ := range document.Schema.Types {
		base := strings.TrimPrefix(typ.BaseType, document.Schema.Namespace+".")
		got[typ.Name] = append(append([]property{}, got[base]...), typ.Properties...)
	}
	want := map[string][]property{
		"ExportFilesResponse":     propertiesOf(defender.ExportFilesResponse{}),
		"AssetConfiguration":      propertiesOf(defender.AssetConfiguration{}),
		"AssetSoftware":           propertiesOf(defender.AssetSoftware{}),
		"AssetNonCpeSoftware":     propertiesOf(defender.AssetNonCpeSoftware{}),
		"AssetVulnerability":      propertiesOf(defender.AssetVulnerability{}),
		"DeltaAssetVulnerability": propertiesOf(defender.DeltaAssetVulnerability{}),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("types (-want +got):\n%s", diff)
	}
}

// propertiesOf describes a struct as OData does, without members that may be left out, which are
// only in files, and without annotations, which begin with @.
func propertiesOf(value any) (all []property) {
	for _, field := range reflect.VisibleFields(reflect.TypeOf(value)) {
		name, options, tagged := strings.Cut(field.Tag.Get("json"), ",")
		if field.Anonymous || tagged && options == "omitempty" || strings.HasPrefix(name, "@") {
			continue
		}
		p := property{Name: name, Nullable: "false"}
		typ := field.Type
		if typ.Kind() == reflect.Pointer {
			p.Nullable, typ = "", typ.Elem()
		}
		p.Type = map[reflect.Kind]string{
			reflect.String: "Edm.String", reflect.Slice: "Collection(Edm.String)", reflect.Int: "Edm.Int32",
			reflect.Int64: "Edm.Int64", reflect.Float64: "Edm.Double", reflect.Bool: "Edm.Boolean",
		}[typ.Kind()]
		if name == "eventTimestamp" || name == "generatedTime" {
			p.Type = "Edm.DateTimeOffset"
		}
		all = append(all, p)
	}
	return all
}
