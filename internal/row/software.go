package row

import (
	"cmp"
	"strconv"
	"time"

	"github.com/muster-project/muster/defender"
)

// SoftwareKey identifies a component: a product at a version, in display spelling (contract.md,
// section 4).
type SoftwareKey struct {
	Vendor, Name, Version string
}

// endDate is the format of endOfSupportDate, in UTC.
const endDate = "2006-01-02T15:04:05+00:00"

// EndOfSupport says whether and when a component's support ends.
type EndOfSupport struct {
	// Status is one of the constants; empty means EndOfSupportNone.
	Status string
	// Date is the zero time if it is unknown.
	Date time.Time
}

// isNone reports whether no end of support is known.
func (e EndOfSupport) isNone() bool {
	return e.Status == "" || e.Status == defender.EndOfSupportNone
}

// appendDate appends endOfSupportDate, if known.
func (e EndOfSupport) appendDate(dst []byte) []byte {
	if e.Date.IsZero() {
		return dst
	}
	return appendMember(dst, defender.FieldEndOfSupportDate, fourDigitYear(e.Date).Format(endDate))
}

// SoftwarePiece is a component's part of inventory rows.
type SoftwarePiece struct {
	key  []byte // see Key
	name []byte // vendor, name and version
	end  []byte // end of support
}

// Piece renders the component's part of inventory rows: once per component. Rows of software without a
// product code show no end of support.
func (k SoftwareKey) Piece(end EndOfSupport) SoftwarePiece {
	status := cmp.Or(end.Status, defender.EndOfSupportNone)
	return SoftwarePiece{
		key:  appendParts(nil, k.Vendor, k.Name, k.Version),
		name: k.appendMembers(nil),
		end:  end.appendDate(appendMember(nil, defender.FieldEndOfSupportStatus, status)),
	}
}

// Key returns the key of rows made with the piece. The caller must not change it.
func (s *SoftwarePiece) Key() []byte { return s.key }

// AppendKey appends the key of the component's rows (SoftwarePiece.Key).
func (k SoftwareKey) AppendKey(dst []byte) []byte {
	return appendParts(dst, k.Vendor, k.Name, k.Version)
}

// AppendProductKey appends the product key of the rows made with the piece.
func (s *SoftwarePiece) AppendProductKey(dst []byte) []byte {
	return appendWithoutVersion(dst, s.key)
}

// appendMembers appends the component's three fields.
func (k SoftwareKey) appendMembers(dst []byte) []byte {
	dst = appendMember(dst, defender.FieldSoftwareVendor, k.Vendor)
	dst = appendMember(dst, defender.FieldSoftwareName, k.Name)
	return appendMember(dst, defender.FieldSoftwareVersion, k.Version)
}

// appendReference appends the recommendationReference of the product.
func (k SoftwareKey) appendReference(dst []byte) []byte {
	return appendMember(dst, defender.FieldRecommendationReference, "va-_-"+k.Vendor+"-_-"+k.Name)
}

// AppendSoftware appends the file row of a component on a device; weaknesses is the number of CVEs
// that affect it.
func AppendSoftware(dst []byte, d *DevicePiece, s *SoftwarePiece, evidence *EvidencePiece, weaknesses int,
	firstSeen Timestamp) []byte {
	dst = append(dst, '{')
	dst = append(dst, d.toPlatform()...)
	dst = append(dst, s.name...)
	dst = append(dst, `,"NumberOfWeaknesses":`...)
	dst = strconv.AppendInt(dst, int64(weaknesses), 10)
	dst = append(dst, evidence.members...)
	dst = append(dst, `,"SoftwareFirstSeenTimestamp":"`...)
	dst = append(firstSeen.Append(dst, defender.KindTime), '"')
	dst = append(dst, s.end...)
	return append(dst, "}\n"...)
}

// AppendNoProductCode appends the file row of a component without a known product code. An empty
// registryPath means null.
func AppendNoProductCode(dst []byte, d *DevicePiece, s *SoftwarePiece, lastSeen Timestamp,
	registryPath string) []byte {
	dst = append(dst, '{')
	dst = append(dst, d.toPlatform()...)
	dst = append(dst, s.name...)
	dst = append(dst, `,"SoftwareLastSeenTimestamp":"`...)
	dst = append(lastSeen.Append(dst, defender.KindMillis), '"')
	dst = appendKnown(dst, defender.FieldRegistryPath, registryPath)
	return append(dst, "}\n"...)
}
