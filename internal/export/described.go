package export

import (
	"net/http"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/edge/openapi"
)

// sendsFile describes links. Their parameters are those of Azure's storage service.
var sendsFile = edge.Description{
	Summary: "A part file, by a link of an export call",
	Query: []edge.Parameter{
		edge.NeededText("sv", "version of the signature"), edge.NeededText("sr", "resource: a file"),
		edge.NeededText("sp", "permission: read"),
		edge.NeededText("st", "valid from"), edge.NeededText("se", "valid until"), edge.NeededText("sig", "the signature"),
	},
	Gives: []edge.Payload{
		edge.OtherBody(http.StatusOK, "application/octet-stream",
			"gzip; rows as JSON, one a line: the schemas whose names end in .file"),
		edge.OtherBody(http.StatusPartialContent, "application/octet-stream", "the requested range"),
		edge.NoBody(http.StatusNotModified, "the ETag of If-None-Match still matches"),
		edge.OtherBody(http.StatusForbidden, "application/xml", "the link has expired or was changed"),
	},
	Fails: []int{http.StatusNotFound, http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable},
}

// describeCall describes an export call: contract.md, sections 1 to 5.
func describeCall(call defender.Call, maxHours int) edge.Description {
	d := edge.Description{Summary: "The newest snapshot's " + call.Dataset.String(), OData: true}
	if call.Delta {
		d.Summary = "Changes of " + call.Dataset.String()
		d.Query = append(d.Query, sinceTime)
		d.Fails = append(d.Fails, http.StatusGone)
	}
	if call.Dataset == defender.Vulnerabilities {
		d.Query = append(d.Query, includeClean, includeNonCVE)
	}
	if call.Files {
		d.Summary += ", as links to files"
		d.Query = append(d.Query, sasValidHours(maxHours), edge.FormatOption)
		d.OptionHint = "files have all rows and are the same for everybody; " + pagesOf(call) + " takes $filter, $select and $count"
		d.Gives = []edge.Payload{edge.JSONOf[defender.ExportFilesResponse](http.StatusOK, "the links")}
		return d
	}
	d.Summary += ", page by page"
	d.Query = append(d.Query, pageSize, top, skipToken, filterOption, selectOption, countOption, edge.FormatOption)
	d.Gives = []edge.Payload{{Status: http.StatusOK, Media: edge.MediaJSON, Schema: pageSchema(call), About: "a page"}}
	d.Fails = []int{http.StatusGone}
	return d
}

// pagesOf returns the name of the call with pages for the rows of a call via files.
func pagesOf(call defender.Call) string {
	for _, other := range defender.Calls() {
		if other.Dataset == call.Dataset && other.Delta == call.Delta && !other.Files {
			return other.Name
		}
	}
	return "no other call"
}

// pageSchema returns the schema of a call's pages: contract.md, section 3.
func pageSchema(call defender.Call) edge.SchemaMaker {
	return func(all *openapi.Schemas) (*openapi.Schema, error) {
		row := all.Add(defender.EntityName(call.Dataset, call.Delta), RowSchema(call, false))
		selected := RowSchema(call, false)
		selected.Required, selected.Description = nil, "a row with the keys of $select"
		page := openapi.Object(
			openapi.Property{Name: "@odata.context", Schema: openapi.Text()},
			openapi.Property{Name: "value", Schema: openapi.List(&openapi.Schema{AnyOf: []*openapi.Schema{row, selected}})})
		page.Properties = append(page.Properties, openapi.Property{Name: "@odata.count",
			Schema: &openapi.Schema{Type: openapi.Types{"integer"}, Format: "int64",
				Description: "rows of all pages; only with $count=true"}}, openapi.Property{Name: "@odata.nextLink",
			Schema: &openapi.Schema{Type: openapi.Types{"string"}, Format: "uri",
				Description: "address of the next page; absent on the last page"}})
		return page, nil
	}
}

// RowSchema returns the schema of a call's rows, in pages or in files: contract.md, section 4.
// Rows of vulnerabilities may also be clean software.
func RowSchema(call defender.Call, file bool) *openapi.Schema {
	dataset := call.Dataset
	if dataset == defender.Vulnerabilities {
		dataset = defender.CleanSoftware
	}
	row := openapi.Object()
	for _, c := range defender.Columns(dataset, call.Delta) {
		if c.FileOnly && !file {
			continue
		}
		key, value, required := c.Field.PageName(), columnSchema(c, file), true
		switch {
		case file:
			key, required = c.Field.String(), !c.Nullable && !c.FileOnly
		case c.Nullable:
			value = value.OrNull()
		}
		row.Properties = append(row.Properties, openapi.Property{Name: key, Schema: value})
		if required {
			row.Required = append(row.Required, key)
		}
	}
	return row
}

// columnSchema returns the schema of a column's values.
func columnSchema(c defender.Column, file bool) *openapi.Schema {
	switch c.Kind {
	case defender.KindTexts:
		return openapi.List(openapi.Text())
	case defender.KindCount:
		return &openapi.Schema{Type: openapi.Types{"integer"}, Format: "int32"}
	case defender.KindInteger:
		return &openapi.Schema{Type: openapi.Types{"integer"}, Format: "int64"}
	case defender.KindNumber:
		return &openapi.Schema{Type: openapi.Types{"number"}, Format: "double"}
	case defender.KindBoolean:
		return &openapi.Schema{Type: openapi.Types{"boolean"}}
	case defender.KindEvent:
		if !file {
			return &openapi.Schema{Type: openapi.Types{"string"}, Format: "date-time"}
		}
		return rowTimeSchema()
	case defender.KindTime, defender.KindMillis:
		return rowTimeSchema()
	}
	text := openapi.Text()
	for _, value := range c.Field.Values() {
		text.Enum = append(text.Enum, value)
	}
	return text
}

// rowTimeSchema returns the schema of times in rows, which have no zone. Rows of version 1, which are
// served until they are made anew, have up to seven digits of fraction.
func rowTimeSchema() *openapi.Schema {
	return &openapi.Schema{Type: openapi.Types{"string"}, Pattern: `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,7})?$`}
}
