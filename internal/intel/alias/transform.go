package alias

import (
	"fmt"
	"strconv"
	"strings"
)

// Transform says how the version in rules follows from a component's version field (matching.md,
// 1.4). The zero transform takes the version that the title's pattern marks, unless the field has
// more parts of the same: OpenVPN 2.6.5-I001 has the field 2.6.501 and is 2.6.5, Vim 9.1 has the
// field 9.1.0412 and is that.
//
//	title           the version that the title's pattern marks, always; without one, the field
//	parts N         the first N parts: 8.0.8.33916 is 8.0.8
//	number          what begins with the first number: "ad 8.0.11" is 8.0.11
//	upstream        what precedes the packager's revision: 15.7-1 is 15.7
//	year            the first part is a year of two digits: 24.5.238 is 2024.5.238
//	after-chromium  the first part is Chromium's, where there are four: 126.1.67.123 is 1.67.123
//	python          the installer's file version: 3.10.6150.0 is 3.10.6
//	java            the installer's version: 8.0.3810.9 is 1.8.0_381
//	zoom            the build in parentheses is the last part: 5.16.10 (25689); the MSI's field, 7.2.48358 of 7.2.0,
//	                has the build in the place of the release, does not tell it and is nothing
//	citrix          year and month in two parts are one: 23.9.1.104 is 2309.1.104
//	synology        the first part is four more, and the build is a part: 7.5.0.16084 is 3.5.0-16084
//	month           year and month are the third part: 1.5.2306.14001 is 2306.14001
//	release         what precedes a blank: "17.14.25 (January 2026)" is 17.14.25; a build of Visual Studio in the
//	                place of a release, 17.8.34330.188, does not tell it and is nothing
//	office          the build of an MSI of Office, if an update made it: the field of the entry stays that of the
//	                release or service pack, and later builds are Click-to-Run's; of both nothing is known
//	framework       the build of a file of .NET Framework, in four parts: that of the entry, 4.8.04084, does not change
//	none            nothing: updates do not change the field
type Transform struct {
	name  string
	parts int
}

// parse reads "NAME [N]".
func (t *Transform) parse(text string) error {
	name, count, _ := strings.Cut(text, " ")
	switch name {
	case "title", "number", "upstream", "year", "after-chromium", "python", "java", "zoom", "citrix", "synology", "month",
		"release", "office", "framework", "none":
	case "parts":
		n, err := strconv.Atoi(count)
		if err != nil || n < 1 {
			return fmt.Errorf("parts %q: want a positive number", count)
		}
		t.parts = n
	default:
		return fmt.Errorf("unknown version transform %q", text)
	}
	t.name = name
	return nil
}

// Apply transforms the version field; titled is the part marked by the title's pattern. A field
// without the expected form is not changed.
func (t Transform) Apply(field, titled string) string {
	switch t.name {
	case "", "title":
		if titled != "" && (t.name == "title" || !isMoreOf(field, titled)) {
			return titled
		}
	case "parts":
		return FirstParts(field, t.parts)
	case "number":
		return field[max(0, strings.IndexAny(field, "0123456789")):]
	case "upstream":
		upstream, _, _ := strings.Cut(field, "-")
		return upstream
	case "year":
		return yearVersion(field)
	case "after-chromium":
		if _, ok := Numbers(field, 4); ok {
			_, field, _ = strings.Cut(field, ".")
		}
	case "python":
		return pythonVersion(field)
	case "java":
		return javaVersion(field)
	case "zoom":
		return zoomVersion(field)
	case "citrix":
		return citrixVersion(field)
	case "synology":
		return synologyVersion(field)
	case "month":
		return monthVersion(field)
	case "release":
		return releaseVersion(field)
	case "office":
		return officeVersion(field)
	case "framework":
		if _, ok := Numbers(field, 4); !ok {
			return ""
		}
	case "none":
		return ""
	}
	return field
}

// FromTitle reports whether the version is the one that a title's pattern marks.
func (t Transform) FromTitle() bool { return t.name == "title" || t.name == "" }

// isMoreOf reports whether a version field begins with the parts of a version in a title.
func isMoreOf(field, titled string) bool {
	return field == titled || strings.HasPrefix(field, titled+".")
}

// yearVersion completes a year of two digits.
func yearVersion(field string) string {
	if first, _, _ := strings.Cut(field, "."); len(first) == 2 && first >= "15" && first <= "99" {
		return "20" + field
	}
	return field
}

// FirstParts returns the first n parts of a version, which dots separate.
func FirstParts(version string, n int) string {
	for i := range len(version) {
		if version[i] == '.' {
			if n--; n == 0 {
				return version[:i]
			}
		}
	}
	return version
}

// pythonVersion decodes the installer's third part, 1000 x micro + 10 x level + serial, where
// level is 10, 11, 12 for alpha, beta, rc and 15 for a release.
func pythonVersion(field string) string {
	parts, ok := Numbers(field, 4)
	if !ok || parts[2] < 100 {
		return field
	}
	version := fmt.Sprintf("%d.%d.%d", parts[0], parts[1], parts[2]/1000)
	level, serial := parts[2]%1000/10, parts[2]%10
	switch level {
	case 10:
		return fmt.Sprintf("%sa%d", version, serial)
	case 11:
		return fmt.Sprintf("%sb%d", version, serial)
	case 12:
		return fmt.Sprintf("%src%d", version, serial)
	}
	return version
}

// javaVersion decodes Oracle's MSI version for releases before 9, with 10 x update + build digit
// in the third part; later ones are not changed.
func javaVersion(field string) string {
	parts, ok := Numbers(field, 4)
	if !ok || parts[0] > 8 || parts[2] < 10 {
		return field
	}
	return fmt.Sprintf("1.%d.0_%d", parts[0], parts[2]/10)
}

// monthVersion decodes the versions of Windows Admin Center 1. Later ones are not changed.
func monthVersion(field string) string {
	if parts, ok := Numbers(field, 4); ok && parts[0] == 1 && parts[2] > 1800 && parts[2] < 9913 {
		return fmt.Sprintf("%d.%d", parts[2], parts[3])
	}
	return field
}

// firstVisualBuild is a number below all builds of Visual Studio since 2017, and above all its releases.
const firstVisualBuild = 20000

func releaseVersion(field string) string {
	field, _, _ = strings.Cut(field, " ")
	if parts, ok := Numbers(field, 4); ok && parts[2] >= firstVisualBuild {
		return ""
	}
	return field
}

// The builds of the last service pack of Office 2013, and of Office 2016, which has none; and the first of Office 2016
// by Click-to-Run after those of an MSI. (Microsoft, "Update history for Office 2013", "Update history for Microsoft
// 365 Apps".) Scanners that compare the build of an entry report fully patched machines (wazuh/wazuh#18051, #21126).
const (
	officeServicePack15, officeServicePack16 = 4569, 4266
	firstClickToRun16                        = 6000
)

func officeVersion(field string) string {
	parts, ok := Numbers(field, 4)
	switch {
	case !ok:
	case parts[0] == 15 && parts[2] > officeServicePack15,
		parts[0] == 16 && parts[2] > officeServicePack16 && parts[2] < firstClickToRun16:
		return field
	}
	return ""
}

// firstZoomBuild is a number below all builds of Zoom's MSI, and above all its releases.
const firstZoomBuild = 1000

func zoomVersion(field string) string {
	if parts, ok := Numbers(field, 3); ok && parts[2] >= firstZoomBuild {
		return ""
	}
	return strings.TrimSuffix(strings.Replace(field, " (", ".", 1), ")")
}

func citrixVersion(field string) string {
	parts, ok := Numbers(field, 4)
	if !ok || parts[0] < 18 || parts[0] > 99 || parts[1] > 12 {
		return field
	}
	return fmt.Sprintf("%02d%02d.%d.%d", parts[0], parts[1], parts[2], parts[3])
}

// The installer of Synology Drive Client counts four more than the product: winget-pkgs has the installer's count in
// manifests/s/Synology/DriveClient, from 6.0.4 on, and the product's in the addresses.
const firstSynology, synologyApart = 6, 4

func synologyVersion(field string) string {
	parts, ok := Numbers(field, 4)
	if !ok || parts[0] < firstSynology {
		return field
	}
	return fmt.Sprintf("%d.%d.%d-%d", parts[0]-synologyApart, parts[1], parts[2], parts[3])
}

// Numbers splits a version of exactly n dotted numbers.
func Numbers(version string, n int) ([]int, bool) {
	words := strings.Split(version, ".")
	if len(words) != n {
		return nil, false
	}
	parts := make([]int, n)
	for i, word := range words {
		number, err := strconv.Atoi(word)
		if err != nil || number < 0 {
			return nil, false
		}
		parts[i] = number
	}
	return parts, true
}
