package row

import (
	"strconv"

	"github.com/muster-project/muster/defender"
)

// Device is the content of rows about a device.
type Device struct {
	// ID is 40 hex digits.
	ID string
	// Name is the fully qualified host name, never empty.
	Name                                  string
	OSPlatform, OSVersion, OSArchitecture string
	GroupID                               int64
	GroupName                             string
}

// DevicePiece is a device's part of its rows.
type DevicePiece struct {
	id []byte // the id, as between quotes
	// members are all of the device's members; some shapes of rows use them up to the platform,
	// others up to the version.
	members                 []byte
	platformEnd, versionEnd int
}

// Piece renders the device's part of its rows: once per device.
func (d *Device) Piece() DevicePiece {
	p := DevicePiece{id: appendText(nil, d.ID)}
	b := appendMember(nil, defender.FieldDeviceID, d.ID)
	b = strconv.AppendInt(appendKey(b, defender.FieldRBACGroupID), d.GroupID, 10)
	b = appendMember(b, defender.FieldRBACGroupName, d.GroupName)
	b = appendMember(b, defender.FieldDeviceName, d.Name)
	b = appendMember(b, defender.FieldOSPlatform, d.OSPlatform)
	p.platformEnd = len(b)
	b = appendMember(b, defender.FieldOSVersion, d.OSVersion)
	p.versionEnd = len(b)
	p.members = appendMember(b, defender.FieldOSArchitecture, d.OSArchitecture)
	return p
}

// toPlatform returns the members up to the platform, without the first comma.
func (p *DevicePiece) toPlatform() []byte {
	return p.members[1:p.platformEnd]
}

// toVersion returns the members up to the version, without the first comma.
func (p *DevicePiece) toVersion() []byte {
	return p.members[1:p.versionEnd]
}
