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

// Every type has the properties of its documented struct, in order and with the same types. As in
// the recorded document, numbers and truth values cannot be null, nor the time of an event.
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

		"DeltaAssetConfiguration":  propertiesOf(defender.DeltaAssetConfiguration{}),
		"DeltaAssetSoftware":       propertiesOf(defender.DeltaAssetSoftware{}),
		"DeltaAssetNonCpeSoftware": propertiesOf(defender.DeltaAssetNonCpeSoftware{}),
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
		p, typ := property{Name: name}, field.Type
		nullable := typ.Kind() == reflect.Pointer
		if nullable {
			typ = typ.Elem()
		}
		if !nullable && typ.Kind() != reflect.String && typ.Kind() != reflect.Slice || name == "eventTimestamp" {
			p.Nullable = "false"
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

// recorded are the properties of the service's own document, recorded in 2026, in order; ! marks those
// that cannot be null. A second recording ends AssetSoftware with softwareTags, which rows lack.
var recorded = map[string]string{
	"AssetVulnerability": `id String; deviceId String; rbacGroupId Int64!; rbacGroupName String; deviceName String;
		osPlatform String; osVersion String; osArchitecture String; softwareVendor String; softwareName String;
		softwareVersion String; cveId String; vulnerabilitySeverityLevel String; recommendedSecurityUpdate String;
		recommendedSecurityUpdateId String; recommendedSecurityUpdateUrl String; diskPaths Strings;
		registryPaths Strings; lastSeenTimestamp String; firstSeenTimestamp String; endOfSupportStatus String;
		endOfSupportDate String; exploitabilityLevel String; recommendationReference String; cvssScore Double!;
		securityUpdateAvailable Boolean!; cveMitigationStatus String`,
	"DeltaAssetVulnerability": `status String; eventTimestamp DateTimeOffset!`,
	"AssetSoftware": `deviceId String; rbacGroupId Int64!; rbacGroupName String; deviceName String; osPlatform String;
		softwareVendor String; softwareName String; softwareVersion String; numberOfWeaknesses Int32!; diskPaths Strings;
		registryPaths Strings; softwareFirstSeenTimestamp String; endOfSupportStatus String; endOfSupportDate String`,
	"AssetConfiguration": `deviceId String; rbacGroupId Int64!; rbacGroupName String; deviceName String;
		osPlatform String; osVersion String; timestamp String; configurationId String; configurationCategory String;
		configurationSubcategory String; configurationImpact Double!; isCompliant Boolean!; isApplicable Boolean!;
		isExpectedUserImpact Boolean!; configurationName String; recommendationReference String`,
	"AssetNonCpeSoftware": `deviceId String; rbacGroupId Int64!; rbacGroupName String; deviceName String;
		osPlatform String; softwareVendor String; softwareName String; softwareVersion String;
		softwareLastSeenTimestamp String; registryPath String`,
	"ExportFilesResponse": `exportFiles Strings; generatedTime DateTimeOffset`,
}

// The types are those of the recorded document.
func TestMetadataIsAsRecorded(t *testing.T) {
	document := readMetadata(t)
	got, want := map[string][]property{}, map[string][]property{}
	for _, typ := range document.Schema.Types {
		got[typ.Name] = typ.Properties
	}
	for _, ours := range []string{"DeltaAssetConfiguration", "DeltaAssetSoftware", "DeltaAssetNonCpeSoftware"} {
		delete(got, ours) // the recorded document has no such changes
	}
	for name, list := range recorded {
		for _, text := range strings.Split(list, ";") {
			p := property{}
			p.Name, p.Type, _ = strings.Cut(strings.TrimSpace(text), " ")
			if typ, value := strings.CutSuffix(p.Type, "!"); value {
				p.Type, p.Nullable = typ, "false"
			}
			p.Type = "Edm." + p.Type
			if p.Type == "Edm.Strings" {
				p.Type = "Collection(Edm.String)"
			}
			want[name] = append(want[name], p)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("types (-recorded +ours):\n%s", diff)
	}
	if set := document.Schema.Sets[0].EntityType; set != "microsoft.windowsDefenderATP.api.Machine" {
		t.Errorf("calls are bound to %q", set)
	}
}
