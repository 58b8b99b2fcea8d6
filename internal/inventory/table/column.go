package table

import (
	"regexp"
	"strings"
)

// Role is what a column says.
type Role uint8

// The roles.
const (
	Device Role = iota // the name of the device
	DeviceID
	Domain // of the device, for a name without one
	Program
	Version
	// ShortVersion is the version that people see, of an application of macOS.
	ShortVersion
	Publisher
	// OS is the name of the operating system, Platform its family, Build its version.
	OS
	Platform
	Build
	Architecture
	Hotfix
	// Contact is when the device was last heard of.
	Contact
	// Count says that a row is of many devices.
	Count
	roles
)

// vocabulary has the names of columns by role, the one that counts most first: of a row the first that is not
// empty is taken. They are those of Intune's reports (AppInvRawData, AppInvByDevice, Devices,
// DevicesWithInventory:
// https://learn.microsoft.com/mem/intune/fundamentals/reports-export-graph-available-reports), and of
// Configuration Manager's views v_R_System, v_GS_ADD_REMOVE_PROGRAMS, v_GS_INSTALLED_SOFTWARE,
// v_GS_OPERATING_SYSTEM, v_GS_COMPUTER_SYSTEM and v_GS_QUICK_FIX_ENGINEERING, in the form that plain gives
// them.
var vocabulary = [roles][]string{
	Device:       {"devicename", "netbiosname", "computername", "machinename", "name"},
	DeviceID:     {"deviceid", "resourceid", "machineid"},
	Domain:       {"fulldomainname"},
	Program:      {"applicationname", "arpdisplayname", "displayname", "productname"},
	Version:      {"applicationversion", "displayversion", "productversion", "version"},
	ShortVersion: {"applicationshortversion"},
	Publisher:    {"applicationpublisher", "publisher", "vendor"},
	OS:           {"osdescription", "caption", "operatingsystemnameand", "osname"},
	Platform:     {"platform", "operatingsystem", "os"},
	Build:        {"osversion", "buildext", "build"},
	Architecture: {"processorarchitecture", "systemtype", "osarchitecture"},
	Hotfix:       {"hotfixid"},
	Contact:      {"lastcontact", "lastcheckin"},
	Count:        {"devicecount"},
}

// region is what Reporting Services puts before the names of a report's details.
var region = regexp.MustCompile(`^details_table\d*_`)

// plain returns a name in small letters and digits, without the numbers that views and reports put behind names:
// "Netbios_Name0", "Build01" and "Details_Table0_DisplayName0" are "netbiosname", "build" and "displayname".
func plain(name string) string {
	name = region.ReplaceAllString(strings.ToLower(strings.TrimSpace(name)), "")
	name = strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' {
			return r
		}
		return -1
	}, name)
	return strings.TrimSuffix(strings.TrimSuffix(name, "01"), "0")
}

// RoleOf returns the role of a column, and how little it counts among others of that role, 0 being the most.
func RoleOf(name string) (role Role, rank int, ok bool) {
	name = plain(name)
	for role, names := range vocabulary {
		for rank, known := range names {
			if known == name {
				return Role(role), rank, true
			}
		}
	}
	return 0, 0, false
}

// Row has the values of a row, by role.
type Row [roles]string

// Names reports whether names are those of the columns of a table: they say what is on a device, or what a device is.
func Names(names []string) bool {
	var found [roles]bool
	for _, name := range names {
		if role, _, ok := RoleOf(name); ok {
			found[role] = true
		}
	}
	isDevice := found[Device] || found[DeviceID]
	return found[Program] && (isDevice || found[Version]) || isDevice && (found[Hotfix] || found[Build] || found[Contact])
}
