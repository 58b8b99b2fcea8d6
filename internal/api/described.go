package api

import (
	"net/http"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/edge/openapi"
)

// sendsFile describes links, whose parameters are those of Azure's storage.
var sendsFile = description{
	summary: "A part file, by a link of an export call",
	query: []parameter{
		neededText("sv", "version of the signature"), neededText("sr", "what it is for: a file"), neededText("sp", "what it permits: reading"),
		neededText("st", "since when"), neededText("se", "until when"), neededText("sig", "the signature"),
	},
	gives: []payload{
		other(http.StatusOK, "application/octet-stream", "gzip; rows as JSON, one a line: the schemas whose names end in .file"),
		other(http.StatusPartialContent, "application/octet-stream", "the range that was asked for"),
		nothing(http.StatusNotModified, "the ETag of If-None-Match is still right"),
		other(http.StatusForbidden, "application/xml", "the link expired or was changed"),
	},
	fails: []int{http.StatusNotFound, http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable},
}

// describeCall describes an export call: contract.md, sections 1 to 5.
func describeCall(call defender.Call, maxHours int) description {
	d := description{summary: "The newest snapshot's " + call.Dataset.String()}
	if call.Delta {
		d.summary = "Changes of " + call.Dataset.String()
		d.query = append(d.query, sinceTime)
		d.fails = append(d.fails, http.StatusGone)
	}
	if call.Dataset == defender.Vulnerabilities {
		d.query = append(d.query, includeClean)
	}
	if call.Files {
		d.summary += ", as links to files"
		d.query = append(d.query, sasValidHours(maxHours))
		d.gives = []payload{jsonOf[defender.ExportFilesResponse](http.StatusOK, "the links")}
		return d
	}
	d.summary += ", page by page"
	d.query = append(d.query, pageSize, top, skipToken)
	d.gives = []payload{{status: http.StatusOK, media: mediaJSON, schema: pageSchema(call), about: "a page"}}
	d.fails = []int{http.StatusGone}
	return d
}

// pageSchema describes a call's pages: contract.md, section 3.
func pageSchema(call defender.Call) schemaMaker {
	return func(all *openapi.Schemas) (*openapi.Schema, error) {
		row := all.Add(defender.EntityName(call.Dataset, call.Delta), rowSchema(call, false))
		page := openapi.Object(
			openapi.Property{Name: "@odata.context", Schema: openapi.Text()},
			openapi.Property{Name: "value", Schema: openapi.List(row)})
		page.Properties = append(page.Properties, openapi.Property{Name: "@odata.nextLink",
			Schema: &openapi.Schema{Type: openapi.Types{"string"}, Format: "uri", Description: "where the next page is; absent on the last one"}})
		return page, nil
	}
}

// rowSchema describes a call's rows, in pages or in files: contract.md, section
// 4. Those of vulnerabilities may be clean software, too.
func rowSchema(call defender.Call, file bool) *openapi.Schema {
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

// columnSchema describes a column's values.
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
	case defender.KindTime:
		return rowTimeSchema()
	}
	text := openapi.Text()
	for _, value := range c.Field.Values() {
		text.Enum = append(text.Enum, value)
	}
	return text
}

// rowTimeSchema describes times as rows spell them, which have no zone.
func rowTimeSchema() *openapi.Schema {
	return &openapi.Schema{Type: openapi.Types{"string"}, Pattern: `^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,7})?$`}
}
