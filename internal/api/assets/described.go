package assets

import (
	"net/http"
	"reflect"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/edge/openapi"
)

var refusesQuery = edge.Description{
	Summary: "Advanced queries, which are not implemented",
	Gives:   []edge.Payload{edge.JSONOf[defender.ErrorBody](http.StatusNotImplemented, "the calls to use instead")},
}

// describe describes a call: contract.md, sections 9 to 14.
func describe(call defender.NeighbourCall) edge.Description {
	d := edge.Description{Summary: summaries[call.Name], OData: true}
	if call.Name == "machinesByTag" {
		d.Query = []edge.Parameter{tagParameter, startsWithTag}
	}
	options := selfOptions()
	if call.List {
		options = listOptions()
		d.Fails = append(d.Fails, http.StatusGone)
	}
	d.Query = append(d.Query, options...)
	if call.Of != defender.ScoreEntity && call.Name != call.Path {
		d.Fails = append(d.Fails, http.StatusNotFound)
	}
	if call.Of == defender.ProductFixEntity {
		d.Fails = append(d.Fails, http.StatusNotImplemented)
	}
	d.Gives = []edge.Payload{{Status: http.StatusOK, Media: edge.MediaJSON, Schema: schemaOf(call), About: "the reply"}}
	return d
}

var summaries = map[string]string{
	"machines":                      "The devices of the newest snapshot",
	"machinesByTag":                 "The devices with a tag",
	"machine":                       "A device, by its id or its name",
	"machineSoftware":               "The software of a device",
	"machineVulnerabilities":        "The CVEs of a device",
	"machineRecommendations":        "The recommendations that concern a device",
	"machineMissingKBs":             "The KBs that a device lacks, with a feed of kind msrc",
	"vulnerabilities":               "All CVEs that are known",
	"machinesVulnerabilities":       "All findings of the newest snapshot",
	"vulnerability":                 "A CVE",
	"vulnerabilityMachines":         "The devices that a CVE affects",
	"software":                      "The software of the newest snapshot",
	"product":                       "A product",
	"productDistributions":          "The versions of a product",
	"productMachines":               "The devices that have a product",
	"productVulnerabilities":        "The CVEs of a product",
	"productMissingKBs":             "The KBs that are missing of a product, with a feed of kind msrc",
	"recommendations":               "What to update, and which settings to change",
	"recommendation":                "A recommendation",
	"recommendationProduct":         "The software that a recommendation is about",
	"recommendationMachines":        "The devices that a recommendation is about",
	"recommendationVulnerabilities": "The CVEs that a recommendation mends",
	"exposureScore":                 "The exposure score of the devices that the caller sees",
	"exposureScores":                "The exposure scores of RBAC groups",
	"configurationScore":            "The configuration score",
}

// types are the Go types of objects.
var types = map[defender.Entity]reflect.Type{
	defender.MachineEntity:              reflect.TypeFor[defender.Machine](),
	defender.MachineReferenceEntity:     reflect.TypeFor[defender.MachineReference](),
	defender.ProductFixEntity:           reflect.TypeFor[defender.ProductFix](),
	defender.VulnerabilityEntity:        reflect.TypeFor[defender.Vulnerability](),
	defender.MachineVulnerabilityEntity: reflect.TypeFor[defender.MachineVulnerability](),
	defender.ProductEntity:              reflect.TypeFor[defender.Product](),
	defender.DistributionEntity:         reflect.TypeFor[defender.Distribution](),
	defender.RecommendationEntity:       reflect.TypeFor[defender.Recommendation](),
	defender.ScoreEntity:                reflect.TypeFor[defender.Score](),
}

// schemaOf returns the schema of a call's replies. With $select objects lack keys, so none is required.
func schemaOf(call defender.NeighbourCall) edge.SchemaMaker {
	return func(all *openapi.Schemas) (*openapi.Schema, error) {
		keys := properties(types[call.Of])
		context := openapi.Property{Name: "@odata.context", Schema: openapi.Text()}
		if !call.List {
			one := openapi.Object(context)
			one.Properties = append(one.Properties, keys...)
			return one, nil
		}
		object := all.Add("defender."+string(call.Of), &openapi.Schema{Type: openapi.Types{"object"}, Properties: keys})
		list := openapi.Object(context, openapi.Property{Name: "value", Schema: openapi.List(object)})
		list.Properties = append(list.Properties,
			openapi.Property{Name: "@odata.count", Schema: &openapi.Schema{Type: openapi.Types{"integer"}, Format: "int64"}},
			openapi.Property{Name: "@odata.nextLink", Schema: &openapi.Schema{Type: openapi.Types{"string"}, Format: "uri",
				Description: "address of the next page; absent on the last page"}})
		return list, nil
	}
}

// properties returns the keys of a Go type with their schemas.
func properties(t reflect.Type) (all openapi.Properties) {
	for _, f := range reflect.VisibleFields(t) {
		of := f.Type
		nullable := of.Kind() == reflect.Pointer
		if nullable {
			of = of.Elem()
		}
		schema := schemaOfType(of)
		if nullable {
			schema = schema.OrNull()
		}
		all = append(all, openapi.Property{Name: f.Tag.Get("json"), Schema: schema})
	}
	return all
}

func schemaOfType(t reflect.Type) *openapi.Schema {
	switch {
	case t == reflect.TypeFor[defender.Time]():
		return &openapi.Schema{Type: openapi.Types{"string"}, Format: "date-time"}
	case t.Kind() == reflect.Slice:
		return openapi.List(schemaOfType(t.Elem()))
	case t.Kind() == reflect.Struct:
		return &openapi.Schema{Type: openapi.Types{"object"}, Properties: properties(t)}
	case t.Kind() == reflect.Bool:
		return &openapi.Schema{Type: openapi.Types{"boolean"}}
	case reflect.Zero(t).CanInt():
		return &openapi.Schema{Type: openapi.Types{"integer"}, Format: "int64"}
	case reflect.Zero(t).CanFloat():
		return &openapi.Schema{Type: openapi.Types{"number"}, Format: "double"}
	}
	return openapi.Text()
}
