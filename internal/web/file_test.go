package web_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Files have plain values: numbers without commas or units, nothing for what is not known, ids of devices, no links.
func TestFilesHavePlainValues(t *testing.T) {
	b, _ := started(t).as(t, everything())
	number := regexp.MustCompile(`^([0-9.]+|not assessed|not judged)?$`)
	for _, name := range []string{"findings", "devices", "vulnerabilities", "actions", "software"} {
		lines := strings.Split(b.page("/"+name+".csv", http.StatusOK), "\n")
		heads := strings.Split(strings.TrimSpace(lines[0]), ",")
		if slices.Contains(heads, "Why") || slices.Contains(heads, "Device") != slices.Contains(heads, "Device id") {
			t.Errorf("%s has the columns %q", name, heads)
		}
		for _, row := range b.rows("/" + name + ".csv") {
			for i, h := range heads {
				if row[i] == "-" || slices.Contains([]string{"CVSS", "EPSS", "Devices", "CVEs", "Findings", "KEV"}, h) && !number.MatchString(row[i]) {
					t.Errorf("%s: %s is %q", name, h, row[i])
				}
			}
		}
	}
}
