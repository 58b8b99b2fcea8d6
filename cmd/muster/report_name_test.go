package main

import (
	"archive/zip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// What is said of a device beside a file counts, whatever the file's format is and whether it names a
// device; with several reports in a file it is refused. It is never ignored.
func TestNameIsNeverIgnored(t *testing.T) {
	s := newSite(t)
	for name, text := range map[string]string{
		"report.json":    "{\n\"device\":{\"name\":\"other\"},\n\"software\":[]}",
		"nameless.json":  "{\n\"software\":[]\n}",
		"line.ndjson":    `{"device":{"name":"other"}}` + "\n",
		"nameless.lines": `{"software":[]}` + "\n",
		"bom.json":       `{"bomFormat":"CycloneDX","specVersion":"1.5","components":[]}`,
		"named.json":     `{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"type":"device","name":"other"}}}`,
		"bom.xml":        `<bom xmlns="http://cyclonedx.org/schema/bom/1.5" version="1"><components/></bom>`,
		"apps.csv":       "ApplicationName,ApplicationVersion\nFirefox,128.0\n",
		"apps.zip":       zipped(t, "ApplicationName,ApplicationVersion\nFirefox,128.0\n"),
		"wazuh.json":     `{"data":{"affected_items":[{"name":"a","format":"deb","agent_id":"1"}],"total_affected_items":1}}`,
		"spdx.json":      `{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","packages":[]}`,
	} {
		wanted := strings.ReplaceAll(name, ".", "-") + ".example.com"
		s.muster("report", s.file(name, []byte(text)), "--name", wanted, "--os-platform", "Linux", "--os-version", "debian_linux_12")
		var stored control.Device
		if err := json.Unmarshal([]byte(s.muster("device", "list", "--json", "--name", wanted)), &stored); err != nil ||
			stored.Name != wanted || stored.OSPlatform != "Linux" || stored.OSVersion != "debian_linux_12" {
			t.Errorf("%s: %v, %+v", name, err, stored)
		}
	}
	several := s.file("several.ndjson", []byte(`{"device":{"name":"a"}}`+"\n"+`{"device":{"name":"b"}}`+"\n"))
	var many strings.Builder
	for i := range control.MaxReports + 1 {
		fmt.Fprintf(&many, `{"device":{"name":"host-%d"}}`+"\n", i)
	}
	for _, file := range []string{several, s.file("many.ndjson", []byte(many.String()))} {
		if said := s.refuses(console.StatusInput, "report", file, "--name", "x"); !strings.Contains(said, "a device is given for all reports") {
			t.Errorf("%s: %s", file, said)
		}
	}
	if out := s.muster("device", "list", "--json", "--name", "x"); strings.Contains(out, `"name":"x"`) {
		t.Errorf("a refused file was stored: %s", out)
	}
}

// zipped returns a zip archive of one file.
func zipped(t *testing.T, text string) string {
	var b strings.Builder
	w := zip.NewWriter(&b)
	file, err := w.Create("apps.csv")
	if err == nil {
		_, err = io.WriteString(file, text)
	}
	if err = errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// A file of another tool is refused with a hint at what is understood.
func TestFilesOfOtherTools(t *testing.T) {
	s := newSite(t)
	for text, want := range map[string]string{
		`[{"name":"bash","version":"5"}]`:                                       "osquery",
		`<oval_results xmlns="http://oval.mitre.org/XMLSchema/oval-results-5">`: "OpenSCAP",
		"ii bash": "CycloneDX (JSON or XML)",
		"":        "it is empty",
	} {
		if said := s.refuses(console.StatusInput, "report", s.file("file", []byte(text)), "--name", "x"); !strings.Contains(said, want) {
			t.Errorf("%q: %s", text, said)
		}
	}
}
