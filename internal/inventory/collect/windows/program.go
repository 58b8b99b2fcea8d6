package windows

import (
	"regexp"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/packages"
)

// Kind is the kind of all software of Windows.
const Kind = "windows"

const microsoft = "Microsoft Corporation"

// Programs lists what the uninstall keys have: those of the machine in both views, and those of every user
// whose hive is loaded.
func Programs(r *Reader) []inventory.Software {
	list := []inventory.Software{}
	for _, key := range append(machinePrograms(r), userPrograms(r)...) {
		if isProgram(key) {
			list = append(list, program(key))
		}
	}
	return list
}

func machinePrograms(r *Reader) (all []Key) {
	for _, view := range views {
		all = append(all, r.keys(view+uninstallPart)...)
	}
	return all
}

func userPrograms(r *Reader) (all []Key) {
	for _, user := range r.people() {
		for _, view := range [...]string{`\SOFTWARE`, `\SOFTWARE\WOW6432Node`} {
			all = append(all, r.keys(users+`\`+user+view+uninstallPart)...)
		}
		if len(all) > packages.MaxPackages {
			r.fail(users+`\`+user, packages.ErrTooMany)
			break
		}
	}
	return all
}

func program(key Key) inventory.Software {
	s := inventory.Software{
		Kind: Kind, Vendor: key.first("Publisher"), Name: key.first("DisplayName"), Version: key.first("DisplayVersion"),
		RegistryPaths: []string{key.Path},
	}
	if folder := Folder(key.Values["InstallLocation"]); folder != "" {
		s.DiskPaths = []string{folder}
	}
	return s
}

// Folder returns a folder as a registry names it, without quotes and blanks.
func Folder(text string) string { return strings.Trim(text, " \"") }

// isProgram distinguishes programs from other entries of an uninstall key: parts that Windows
// itself hides, and updates of a program with its own entry.
func isProgram(key Key) bool {
	return key.first("DisplayName") != "" && !key.isSet("SystemComponent") && !isUpdate(key)
}

// isUpdate reports whether an entry of an uninstall key is an update of a program.
func isUpdate(key Key) bool {
	kinds := []string{"Update", "Hotfix", "Security Update", "Update Rollup", "Service Pack"}
	return key.Values["ParentKeyName"] != "" || slices.Contains(kinds, key.Values["ReleaseType"])
}

// updateKB finds the KB number in the name of an update: "Update for Office (KB5002138)".
var updateKB = regexp.MustCompile(`(?i)\b(KB\d{6,8})\b`)

// packageKB finds the number in the name of a package of component based servicing:
// "Package_for_KB5044033~31bf3856ad364e35~amd64~~...", "Package_10_for_KB5120708~...".
var packageKB = regexp.MustCompile(`(?i)^Package_(?:\d+_)?for_(KB\d{6,8})[~_]`)

// States of a package of component based servicing (CurrentState) in which it is in force. What is superseded
// (80), staged (64) or waits for a restart (96, 101) is not.
const (
	stateInstalled = "112"
	statePermanent = "128"
)

// Hotfixes lists the installed updates by KB number.
func Hotfixes(r *Reader) []string {
	list := []string{}
	for _, name := range r.names(packagesKey) { // of thousands, which are parts of Windows, few are updates
		found := packageKB.FindStringSubmatch(name)
		if found == nil {
			continue
		}
		if state := r.key(packagesKey + `\` + name).Values["CurrentState"]; state == stateInstalled || state == statePermanent {
			list = append(list, strings.ToUpper(found[1]))
		}
	}
	for _, key := range machinePrograms(r) {
		if !isUpdate(key) {
			continue
		}
		if found := updateKB.FindString(key.Name() + " " + key.first("DisplayName")); found != "" {
			list = append(list, strings.ToUpper(found))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}
