// Package odata reads the system query options of OData 4.0 that lists offer: $filter, $orderby,
// $select, $top, $skip and $count (OData 4.0 part 2, section 5.1, as far as doc/contract.md,
// section 2, names it). It knows no list: a Schema names the fields, their types and which of them
// may be null, and a Row gives values by the number of a field.
//
//	schema := odata.NewSchema(odata.Field{Name: "severity", Type: odata.Enum}, …)
//	filter, err := schema.Filter("severity eq 'High' and startswith(name,'CVE-2024')")
//	if filter.Match(row) { … }
//
// # Filters
//
//	filter   = filter or filter | filter and filter | not filter | ( filter ) | term
//	term     = field (eq|ne|gt|ge|lt|le) value       value eq field   field in ( value, … )
//	         | (contains|startswith|endswith)(field, text) [(eq|ne) (true|false)]
//	         | field/any() | field/any(x: filter of x) | a field that is true or false
//	value    = 'text, with '' for a quote' | 9.8 | true | null | 2019-11-22T00:00:00Z | a GUID
//
// Operators, fields and values of an Enum match in any case. Numbers, times, GUIDs, true and false
// may have quotes or not. A list matches as any of its elements does: tags eq 'x' says that a tag
// is x, tags ne 'x' that none is.
//
// A filter is true or false: a comparison or function of a null is false, except ne and eq null. So
// a filter and its not share no row, and together have all. Fields are never compared with fields.
//
// Every error is an *Error, which names option and place.
package odata
