package defender

import "slices"

// MetadataVersion is the version of OData of Metadata, and in the header OData-Version of replies.
const MetadataVersion = "4.0"

const (
	// machineType is the type that calls are bound to: the members of the entity set machineSet,
	// which cannot be listed.
	machineType = "Machine"
	machineSet  = "Machines"
)

// Metadata returns the document behind $metadata: OData 4.0 CSDL in XML, with the types of all
// rows in pages, and the calls as functions bound to machines, as in the recorded document
// (contract.md, section 3). The parameters of calls are custom query options, which CSDL cannot
// describe.
func Metadata() []byte {
	schema := newElement("Schema", "xmlns", "http://docs.oasis-open.org/odata/ns/edm", "Namespace", Namespace).with(
		newElement("EntityType", "Name", machineType).with(
			newElement("Key").with(newElement("PropertyRef", "Name", "id")),
			newElement("Property", "Name", "id", "Type", "Edm.String", "Nullable", "false")))
	schema = schema.with(rowTypes()...).with(filesElement()).with(functions()...).with(container())
	document := newElement("edmx:Edmx", "xmlns:edmx", "http://docs.oasis-open.org/odata/ns/edmx",
		"Version", MetadataVersion).with(
		newElement("edmx:Reference", "Uri",
			"https://oasis-tcs.github.io/odata-vocabularies/vocabularies/Org.OData.Capabilities.V1.xml").with(
			newElement("edmx:Include", "Namespace", "Org.OData.Capabilities.V1", "Alias", "Capabilities")),
		newElement("edmx:DataServices").with(schema))
	return document.append([]byte(`<?xml version="1.0" encoding="UTF-8"?>`+"\n"), "")
}

// rowTypes lists the types of rows that calls return; a change is a row with further properties.
func rowTypes() []element {
	var all []element
	for _, call := range Calls() {
		if call.Files {
			continue
		}
		columns, attributes := pageColumns(call.Dataset, call.Delta), []string{"Name", EntityName(call.Dataset, call.Delta)}
		if call.Delta {
			columns = columns[len(pageColumns(call.Dataset, false)):]
			attributes = append(attributes, "BaseType", qualified(EntityName(call.Dataset, false)))
		}
		row := newElement("ComplexType", attributes...)
		for _, c := range columns {
			row = row.with(c.property())
		}
		all = append(all, row)
	}
	return all
}

// pageColumns lists the columns of a dataset's pages. Pages of vulnerabilities may contain clean
// software, too, with a null CVE.
func pageColumns(d Dataset, delta bool) []Column {
	if d == Vulnerabilities {
		d = CleanSoftware
	}
	return slices.DeleteFunc(Columns(d, delta), func(c Column) bool { return c.FileOnly })
}

// property describes a column.
func (c Column) property() element {
	attributes := []string{"Name", c.Field.PageName(), "Type", c.Kind.edmType()}
	if c.Kind.isValue() && !c.Nullable {
		attributes = append(attributes, "Nullable", "false")
	}
	return newElement("Property", attributes...)
}

// isValue reports whether the recorded document says that properties of the kind are never null. It
// says so of numbers, truth values and times with a zone, and never of texts and lists, whether
// they are null or not.
func (k Kind) isValue() bool {
	switch k {
	case KindCount, KindInteger, KindNumber, KindBoolean, KindEvent:
		return true
	}
	return false
}

// edmType returns the type of a kind's values in pages. Row times have no zone, so OData does not
// consider them times.
func (k Kind) edmType() string {
	switch k {
	case KindTexts:
		return "Collection(Edm.String)"
	case KindCount:
		return "Edm.Int32"
	case KindInteger:
		return "Edm.Int64"
	case KindNumber:
		return "Edm.Double"
	case KindBoolean:
		return "Edm.Boolean"
	case KindEvent:
		return "Edm.DateTimeOffset"
	}
	return "Edm.String"
}

// filesElement describes the response via files.
func filesElement() element {
	return newElement("ComplexType", "Name", filesType).with(
		newElement("Property", "Name", "exportFiles", "Type", "Collection(Edm.String)"),
		newElement("Property", "Name", "generatedTime", "Type", "Edm.DateTimeOffset"))
}

// functions describes the calls.
func functions() []element {
	var all []element
	for _, call := range Calls() {
		all = append(all, newElement("Function", "Name", call.Name, "IsBound", "true").with(
			newElement("Parameter", "Name", "bindingParameter", "Type", "Collection("+qualified(machineType)+")"),
			newElement("ReturnType", "Type", call.returnType())))
	}
	return all
}

// container has the machines, and says that they cannot be listed.
func container() element {
	return newElement("EntityContainer", "Name", "Container").with(
		newElement("EntitySet", "Name", machineSet, "EntityType", qualified(machineType)).with(
			newElement("Annotation", "Term", "Capabilities.ReadRestrictions").with(
				newElement("Record").with(newElement("PropertyValue", "Property", "Readable", "Bool", "false")))))
}

// element is an XML element.
type element struct {
	name       string
	attributes []string // name, value, name, value, …; values need no escape
	children   []element
}

func newElement(name string, attributes ...string) element {
	return element{name: name, attributes: attributes}
}

// with returns the element with further children.
func (e element) with(children ...element) element {
	e.children = slices.Concat(e.children, children)
	return e
}

// append appends the element and its content, one element per line.
func (e element) append(dst []byte, indent string) []byte {
	dst = append(append(append(dst, indent...), '<'), e.name...)
	for i := 0; i+1 < len(e.attributes); i += 2 {
		dst = append(append(append(dst, ' '), e.attributes[i]...), `="`...)
		dst = append(append(dst, e.attributes[i+1]...), '"')
	}
	if len(e.children) == 0 {
		return append(dst, "/>\n"...)
	}
	dst = append(dst, ">\n"...)
	for _, child := range e.children {
		dst = child.append(dst, indent+"  ")
	}
	dst = append(append(append(dst, indent...), "</"...), e.name...)
	return append(dst, ">\n"...)
}
