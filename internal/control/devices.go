package control

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/inventory"
)

// Device is a device as the server knows it.
type Device struct {
	inventory.Device
	RBACGroupID int64 `json:"rbacGroupId"`
	// RBACGroupName is absent for hidden devices.
	RBACGroupName string    `json:"rbacGroupName,omitempty"`
	FirstSeen     time.Time `json:"firstSeenTime"`
	LastSeen      time.Time `json:"lastSeenTime"`
	ReceivedTime  time.Time `json:"receivedTime"`
	// Hidden devices have been silent for too long and are not exported.
	Hidden bool `json:"hidden"`
	// Coverage is how far it was assessed in the newest snapshot; absent if that does not say.
	Coverage *DeviceCoverage `json:"coverage,omitempty"`
	// Findings counts its findings in the newest snapshot; absent if it is in none, or if the caller
	// may not read findings.
	Findings *counts.Severities `json:"findings,omitempty"`
	// Claims is what the device says about itself and no manager has accepted.
	Claims *Claims `json:"claims,omitempty"`
	// AdmittedUntil is until when it may enrol, as a manager allowed.
	AdmittedUntil *time.Time `json:"admittedUntil,omitempty"`
	// Collectors are the programs that made its reports, by source, if the reports name them.
	Collectors []DeviceCollector `json:"collectors,omitempty"`
	// Addresses are those that its reports say; the first is the one by which people know it.
	Addresses []inventory.Address `json:"addresses,omitempty"`
}

// DeviceCollector is the program that made the newest report of a source.
type DeviceCollector struct {
	Source string `json:"source"`
	inventory.Collector
	// Behind: it is muster's agent, of an older build than the server.
	Behind bool `json:"behind"`
}

// Claims is the part of a device's identity that its credential reports and that does not
// count. What is absent is not claimed.
type Claims struct {
	Name       string   `json:"name,omitempty"`
	OSPlatform string   `json:"osPlatform,omitempty"`
	Tags       []string `json:"tags,omitzero"`
}

// DeviceList is a page of devices.
type DeviceList struct {
	Devices []Device `json:"devices"`
	// Next is the value of the parameter after for the next page.
	Next string `json:"next,omitempty"`
}

// DeviceReport is a device with what is known about it.
type DeviceReport struct {
	Device
	// CheckCounts counts what checks of settings say of the report now; absent if the caller may not read them.
	CheckCounts *CheckCounts     `json:"checkCounts,omitempty"`
	Sources     []Source         `json:"sources"`
	Report      inventory.Report `json:"report"`
}

// Source is one source of a device's reports.
type Source struct {
	Name     string   `json:"name"`
	Sections []string `json:"sections"`
}

const devicesPath = "/v1/devices"

// EachDevice calls yield with every device whose name contains a text, in order of ids.
func EachDevice(ctx context.Context, s *Session, name string, yield func(Reply[Device]) error) error {
	return eachOf(ctx, s, devicesPath, url.Values{"name": {name}}, yield)
}

// ShowDevice shows what is known about a device.
func ShowDevice(id string) Request[DeviceReport] { return get[DeviceReport](at(devicesPath, id)) }

// RemoveDevice removes a device.
func RemoveDevice(id string) Request[Nothing] { return remove(at(devicesPath, id)) }

// AcceptClaims accepts what a device claims, if it still claims that.
func AcceptClaims(id string, c Claims) Request[Nothing] {
	return send[Nothing](http.MethodPut, at(devicesPath, id)+"/claims", c)
}

// AdmitDevice allows a known device without a credential to enrol.
func AdmitDevice(id string) Request[Nothing] {
	return Request[Nothing]{Call{Method: http.MethodPut, Path: at(devicesPath, id) + "/admission"}}
}

// RemoveCredential revokes a device's credential, so that it can enrol again.
func RemoveCredential(id string) Request[Nothing] { return remove(at(devicesPath, id) + "/credential") }

// SomeDevices lists the first devices, in order of ids.
func SomeDevices(limit int) Request[DeviceList] {
	return get[DeviceList](devicesPath).with(url.Values{"limit": {strconv.Itoa(limit)}})
}
