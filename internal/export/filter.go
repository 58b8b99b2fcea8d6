package export

import (
	"bytes"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/odata"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
)

// fields are the fields of a call's pages, for $filter and $select. A field's number is its place
// in columns.
type fields struct {
	*odata.Schema
	columns []defender.Column
}

// fieldsOf returns the fields of a call's pages.
func fieldsOf(call defender.Call) *fields {
	dataset := call.Dataset
	if dataset == defender.Vulnerabilities {
		dataset = defender.CleanSoftware // has the same fields, of which the CVE may be null
	}
	f := new(fields)
	var described []odata.Field
	for _, c := range defender.Columns(dataset, call.Delta) {
		if !c.FileOnly {
			f.columns = append(f.columns, c)
			described = append(described, odata.Field{Name: c.Field.PageName(), Type: typeOf(c), Nullable: c.Nullable,
				Values: c.Field.Values()})
		}
	}
	f.Schema = odata.NewSchema(described...)
	return f
}

// typeOf returns the type of a column for filters. Ids, and texts with few values, are compared
// without regard to case.
func typeOf(c defender.Column) odata.Type {
	switch c.Kind {
	case defender.KindTexts:
		return odata.Texts
	case defender.KindCount, defender.KindInteger, defender.KindNumber:
		return odata.Number
	case defender.KindBoolean:
		return odata.Bool
	case defender.KindTime, defender.KindEvent:
		return odata.Time
	}
	switch c.Field {
	case defender.FieldEndOfSupportDate:
		return odata.Time
	case defender.FieldID, defender.FieldDeviceID, defender.FieldCVEID, defender.FieldConfigurationID,
		defender.FieldOSPlatform, defender.FieldConfigurationCategory:
		return odata.Enum
	}
	if c.Field.Values() != nil {
		return odata.Enum
	}
	return odata.Text
}

// chosen returns the fields of a selection for writing rows; nil is all.
func (f *fields) chosen(selected odata.Selection) map[defender.Field]bool {
	if selected == nil {
		return nil
	}
	all := map[defender.Field]bool{}
	for i, c := range f.columns {
		all[c.Field] = selected.Has(i)
	}
	return all
}

// values gives filters the values of a row.
type values struct {
	columns []defender.Column
	row     *row.Row
}

// Value implements odata.Row.
func (v values) Value(field int) odata.Value {
	c := &v.columns[field]
	raw := v.row.Value(c.Field)
	if raw == nil {
		return odata.Value{}
	}
	switch c.Kind {
	case defender.KindTexts:
		var list []string
		_ = json.Unmarshal(raw, &list) // Scan has checked it
		return odata.OfTexts(list)
	case defender.KindCount, defender.KindInteger, defender.KindNumber:
		n, _ := strconv.ParseFloat(string(raw), 64)
		return odata.OfNumber(n)
	case defender.KindBoolean:
		return odata.OfBool(string(raw) == "true")
	case defender.KindTime, defender.KindEvent:
		at, _ := time.Parse(time.DateTime, textOf(raw))
		return odata.OfTime(at)
	}
	if c.Field == defender.FieldEndOfSupportDate {
		at, ok := odata.ParseTime(textOf(raw))
		if !ok {
			return odata.Value{}
		}
		return odata.OfTime(at)
	}
	return odata.OfText(textOf(raw))
}

// textOf returns the text of a JSON string that Scan has checked.
func textOf(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var text string
	_ = json.Unmarshal(raw, &text)
	return text
}

// narrowed tells which ranges may have rows that match a filter: those of the groups and devices
// that it names.
type narrowed struct {
	groups, devices    []string
	byGroup, byDevices bool
}

// narrow returns the ranges that a filter needs. Changes are in the range where a device was, so
// they are not looked up by device.
func (f *fields) narrow(filter *odata.Filter, delta bool) (n narrowed) {
	group, _ := f.Number(defender.FieldRBACGroupID.PageName())
	device, _ := f.Number(defender.FieldDeviceID.PageName())
	n.groups, n.byGroup = filter.Equals(group)
	if !delta {
		n.devices, n.byDevices = filter.Equals(device)
	}
	return n
}

// has tells whether a range may have rows that match.
func (n *narrowed) has(r *snapshot.Range) bool {
	if n.byGroup && !slices.Contains(n.groups, strconv.FormatInt(r.Group, 10)) {
		return false
	}
	return !n.byDevices || slices.ContainsFunc(n.devices, func(id string) bool {
		return r.Lo <= id && (r.Hi == "" || strings.Compare(id, r.Hi) < 0)
	})
}
