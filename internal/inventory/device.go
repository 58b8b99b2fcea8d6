package inventory

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// DeviceIDLength is the length of a device id in hex digits (contract.md,
// section 4).
const DeviceIDLength = 40

// DeriveID makes a device id, 40 lower-case hex digits, for a device that was not given one: from
// the machine id if there is one, else from the name, without case. It is a digest, so that the
// machine id itself, which machine-id(5) calls confidential, does not leave the machine.
func DeriveID(machineID, name string) string {
	kind, value := "machine", strings.TrimSpace(machineID)
	if value == "" {
		kind, value = "name", strings.TrimSpace(name)
	}
	sum := sha256.Sum256([]byte("muster device id\x00" + kind + "\x00" + strings.ToLower(value)))
	return hex.EncodeToString(sum[:])[:DeviceIDLength]
}

// DeriveGroupID makes the id of a device from its name and the RBAC group in which the name means
// it.
func DeriveGroupID(group int64, name string) string {
	sum := sha256.Sum256([]byte("muster device id\x00group\x00" + strconv.FormatInt(group, 10) + "\x00" +
		strings.ToLower(strings.TrimSpace(name))))
	return hex.EncodeToString(sum[:])[:DeviceIDLength]
}

// NameKey returns the key by which names of devices are compared and looked up.
func NameKey(name string) string { return strings.ToLower(name) }

// IsDeviceID reports whether id has the form of a device id, in either case.
func IsDeviceID(id string) bool {
	if len(id) != DeviceIDLength {
		return false
	}
	_, err := hex.DecodeString(id)
	return err == nil
}

// Clone returns a copy that shares no memory with the text from which the device was read.
func (d *Device) Clone() Device {
	c := Device{
		ID: strings.Clone(d.ID), Name: strings.Clone(d.Name), OSPlatform: strings.Clone(d.OSPlatform),
		OSVersion:      strings.Clone(d.OSVersion),
		Supposed:       d.Supposed,
		OSArchitecture: strings.Clone(d.OSArchitecture), RBACGroup: strings.Clone(d.RBACGroup),
	}
	if d.Tags != nil {
		c.Tags = make([]string, len(d.Tags))
		for i, tag := range d.Tags {
			c.Tags[i] = strings.Clone(tag)
		}
	}
	return c
}
