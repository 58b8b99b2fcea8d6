package row

import (
	"bytes"

	"github.com/muster-project/muster/defender"
)

// A key consists of the values that distinguish one device's rows of a dataset (contract.md,
// section 1), encoded as in rows and separated by a zero byte, which no encoded value contains. So
// comparing keys as bytes gives the order of CompareKeys, and rows written in the order of their
// pieces' keys are sorted.
//
// A product key is a key without the software's version: first-seen times belong to device,
// product and CVE (contract.md, section 8).

// CompareKeys compares the keys of two rows of one shape and one device.
func CompareKeys(a, b *Row) int {
	for _, f := range a.keyFields() {
		if c := bytes.Compare(a.text(f), b.text(f)); c != 0 {
			return c
		}
	}
	return 0
}

// AppendKey appends the row's key to dst.
func (r *Row) AppendKey(dst []byte) []byte {
	return r.appendTexts(dst, r.keyFields())
}

// AppendProductKey appends the row's product key to dst.
func (r *Row) AppendProductKey(dst []byte) []byte {
	if r.shape == nil {
		return dst
	}
	return r.appendTexts(dst, r.shape.product)
}

// AppendSoftwareKey appends the key of the row's component (SoftwareKey.AppendKey) to dst.
func (r *Row) AppendSoftwareKey(dst []byte) []byte {
	return r.appendTexts(dst, []defender.Field{defender.FieldSoftwareVendor, defender.FieldSoftwareName,
		defender.FieldSoftwareVersion})
}

// keyFields returns the fields of the row's key; none for an empty row.
func (r *Row) keyFields() []defender.Field {
	if r.shape == nil {
		return nil
	}
	return r.shape.key
}

// appendTexts appends the texts of fields, separated by zero bytes.
func (r *Row) appendTexts(dst []byte, fields []defender.Field) []byte {
	for i, f := range fields {
		if i > 0 {
			dst = append(dst, 0)
		}
		dst = append(dst, r.text(f)...)
	}
	return dst
}

// FindingKey returns the key of the row of a finding, as AppendKey appends it.
func FindingKey(vendor, name, version, cve string) string {
	return string(appendParts(nil, vendor, name, version, cve))
}

// appendParts appends texts, encoded and separated by zero bytes.
func appendParts(dst []byte, parts ...string) []byte {
	for i, part := range parts {
		if i > 0 {
			dst = append(dst, 0)
		}
		dst = appendText(dst, part)
	}
	return dst
}

// appendWithoutVersion appends key without its third part.
func appendWithoutVersion(dst, key []byte) []byte {
	vendor := bytes.IndexByte(key, 0)
	name := vendor + 1 + bytes.IndexByte(key[vendor+1:], 0)
	dst = append(dst, key[:name]...)
	if version := bytes.IndexByte(key[name+1:], 0); version >= 0 {
		dst = append(dst, key[name+1+version:]...)
	}
	return dst
}
