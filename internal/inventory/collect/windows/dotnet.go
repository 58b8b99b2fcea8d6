package windows

import (
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
)

// frameworkKey has a key for each generation of .NET Framework.
const frameworkKey = software + `\Microsoft\NET Framework Setup\NDP`

// dotnetPart has a key for each architecture of .NET, whose installers all write to the 32-bit view.
const dotnetPart = `\dotnet\Setup\InstalledVersions`

// frameworkReleases are the releases of .NET Framework 4 by the lowest release number that each has on any version
// of Windows (Microsoft, "Determine which .NET Framework versions are installed"), newest first.
var frameworkReleases = [...]struct {
	number  int
	release string
}{
	{533320, "4.8.1"}, {528040, "4.8"}, {461808, "4.7.2"}, {461308, "4.7.1"}, {460798, "4.7"}, {394802, "4.6.2"},
	{394254, "4.6.1"}, {393295, "4.6"}, {379893, "4.5.2"}, {378675, "4.5.1"}, {378389, "4.5"},
}

// olderFrameworks are the generations before 4, which may stand beside it.
var olderFrameworks = [...]struct{ key, release string }{
	{"v3.5", "3.5"}, {"v3.0", "3.0"}, {"v2.0.50727", "2.0"},
}

// Frameworks lists .NET Framework and .NET. facts has the numbers by which releases of .NET Framework are told; it
// is nil if there is none.
func Frameworks(r *Reader) (list []inventory.Software, facts map[string]string) {
	list = []inventory.Software{}
	full := r.key(frameworkKey + `\v4\Full`)
	if s, ok := framework4(full); ok {
		list = append(list, s)
		facts = some(full, "Release", "Version")
	}
	for _, older := range olderFrameworks {
		if s, ok := olderFramework(r.key(frameworkKey+`\`+older.key), older.release); ok {
			list = append(list, s)
		}
	}
	for _, view := range views {
		for _, architecture := range r.names(view + dotnetPart) {
			list = append(list, runtimes(r, view+dotnetPart+`\`+architecture, architecture)...)
		}
	}
	return list, facts
}

// framework4 makes the entry of .NET Framework 4. Before 4.5 there is no release number.
func framework4(key Key) (inventory.Software, bool) {
	if !key.isSet("Install") {
		return inventory.Software{}, false
	}
	release := "4"
	number, _ := strconv.Atoi(key.first("Release"))
	for _, known := range frameworkReleases {
		if number >= known.number {
			release = known.release
			break
		}
	}
	s := frameworkEntry(key, release)
	if folder := key.first("InstallPath"); folder != "" {
		s.DiskPaths = []string{folder}
	}
	return s, true
}

func olderFramework(key Key, release string) (inventory.Software, bool) {
	if !key.isSet("Install") {
		return inventory.Software{}, false
	}
	if pack := key.first("SP"); pack != "" && pack != "0" {
		release += " SP" + pack
	}
	return frameworkEntry(key, release), true
}

// frameworkEntry makes an entry without a version. Version in the registry is the build that was installed, which
// monthly updates do not change: by it, each machine would have every flaw since.
func frameworkEntry(key Key, release string) inventory.Software {
	return inventory.Software{Kind: Kind, Vendor: microsoft, Name: "Microsoft .NET Framework " + release,
		RegistryPaths: []string{key.Path}}
}

// runtimeNames are the names of .NET's own installers by the keys of what they install: the version takes the place of
// "{v}", the architecture follows.
var runtimeNames = [...]struct{ part, name string }{
	{`\sharedfx\Microsoft.NETCore.App`, "Microsoft .NET Runtime - {v}"},
	{`\sharedfx\Microsoft.WindowsDesktop.App`, "Microsoft Windows Desktop Runtime - {v}"},
	{`\sharedfx\Microsoft.AspNetCore.App`, "Microsoft ASP.NET Core {v} - Shared Framework"},
	{`\sdk`, "Microsoft .NET SDK {v}"},
}

// runtimes lists what is installed for an architecture. The names of a key's values are the versions.
func runtimes(r *Reader, path, architecture string) (list []inventory.Software) {
	for _, part := range runtimeNames {
		key := r.key(path + part.part)
		for _, version := range sortedNames(key) {
			if !isVersion(version) || !key.isSet(version) {
				continue
			}
			list = append(list, inventory.Software{
				Kind: Kind, Vendor: microsoft, Version: version, RegistryPaths: []string{key.Path},
				Name: strings.Replace(part.name, "{v}", version, 1) + " (" + architecture + ")",
			})
		}
	}
	return list
}

// isVersion reports whether a text begins with a number and a dot.
func isVersion(text string) bool {
	number, _, dotted := strings.Cut(text, ".")
	_, err := strconv.ParseUint(number, 10, 32)
	return dotted && err == nil
}
