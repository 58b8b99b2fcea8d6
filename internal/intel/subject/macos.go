package subject

import (
	"strconv"
	"strings"
)

// MacOSLine returns the product that stands for one major version of macOS, and the first version that is none
// of it: "macos_15" and "16" for 15.7.9. Both are empty for what is no version of macOS from 11 on: before, a
// major version was 10.15.
func MacOSLine(version string) (product, next string) {
	if version == "" || strings.Trim(version, "0123456789.") != "" {
		return "", ""
	}
	first, _, _ := strings.Cut(version, ".")
	major, err := strconv.Atoi(first)
	if err != nil || major < 11 || major > 1000 {
		return "", ""
	}
	return "macos_" + strconv.Itoa(major), strconv.Itoa(major + 1)
}
