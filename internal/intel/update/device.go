package update

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel/alias"
)

// Device is what a report says about installed updates.
type Device struct {
	// Build is the build without its revision ("10.0.22631"), Revision the last part; 0 if it is not known.
	Build    string
	Revision int
	// Listed says that the report lists the installed updates, Hotfixes are their numbers.
	Listed   bool
	Hotfixes []string
}

// none is List of a report that lists installed updates, of which there are none.
const none = "-"

// longestNumber bounds the number of an update; real ones have seven digits.
const longestNumber = 12

// List returns a report's list of installed updates ("KB5051989") as one text: their numbers. It is "" for nil, which
// is a report without a list, and for a list of which no entry is a number: what names updates otherwise does not say
// that none is installed.
func List(hotfixes []string) string {
	if hotfixes == nil {
		return ""
	}
	numbers := []string{}
	for _, h := range hotfixes {
		number, ok := strings.CutPrefix(h, "KB")
		if ok && number != "" && len(number) <= longestNumber && strings.Trim(number, "0123456789") == "" {
			numbers = append(numbers, number)
		}
	}
	if len(hotfixes) > 0 && len(numbers) == 0 {
		return ""
	}
	slices.Sort(numbers)
	return join(slices.Compact(numbers))
}

func join(numbers []string) string { return cmp.Or(strings.Join(numbers, " "), none) }

// DeviceOf returns what a version of Windows ("10.0.22631.3007") and a text of List say.
func DeviceOf(version, list string) Device {
	d := Device{Listed: list != ""}
	if d.Listed && list != none {
		d.Hotfixes = strings.Fields(list)
	}
	parts := strings.Split(version, ".")
	if len(parts) < 3 {
		return d
	}
	d.Build = strings.Join(parts[:3], ".")
	if numbers, ok := alias.Numbers(version, 4); ok {
		d.Revision = numbers[3]
	}
	return d
}

// Architecture returns the architecture in a report as releases name it; "" for one that Windows does not have.
func Architecture(reported string) string {
	switch a := strings.ToLower(reported); a {
	case "x64", "x86", "arm64":
		return a
	case "amd64", "x86_64":
		return "x64"
	}
	return ""
}

// revisionOf returns the revision in a version of a build ("10.0.22631.5909"); 0 if it is of another build.
func revisionOf(version string, build int) int {
	parts, ok := alias.Numbers(version, 4)
	if !ok || parts[2] != build {
		return 0
	}
	return parts[3]
}
