package quality

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// runDocumented judges whether rows have the names and values of Microsoft's own rows: vendor, name
// and version, how a recommendation is referred to, the version of the operating system, and the
// columns.
func runDocumented(t *tally) {
	text, err := os.ReadFile("testdata/documented.txt")
	if err != nil {
		t.Fatal(err)
	}
	p := newProgram(t.TB)
	var lines [][]string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		f := splitFields(line)
		on := strings.Fields(f[0])
		var software []map[string]string
		if f[1] != "os" {
			software = append(software, map[string]string{"kind": f[1], "vendor": f[2], "name": f[3], "version": f[4]})
		}
		p.reportDevice(fmt.Sprintf("documented%d", len(lines)), platform{on[0], on[1]}, software...)
		lines = append(lines, f)
	}
	p.importStatements("nvd", documentedStatements())
	rows := p.publish()
	for i, f := range lines {
		device := fmt.Sprintf("documented%d", i)
		identity := row{"deviceName": device, "softwareVendor": f[5], "softwareName": f[6], "softwareVersion": f[7]}
		given := slices.ContainsFunc(slices.Concat(rows["software"], rows["unknown"]), identity.matches)
		t.judge(fmt.Sprintf("%s/%s %s", f[5], f[6], f[7]), true, given)
	}
	judgeFindings(t, lines, rows["findings"])
	for call, columns := range documentedColumns() {
		if len(rows[call]) == 0 {
			t.Fatalf("no rows of %s", call)
		}
		for _, column := range strings.Fields(columns) {
			_, has := rows[call][0][column]
			t.judge(fmt.Sprintf("%s has %s", call, column), true, has)
		}
	}
}

// documentedStatements affect some products of the rows, so that there are findings to look at.
func documentedStatements() []statement {
	var statements []statement
	for i, pair := range []string{"a:google:chrome", "a:mozilla:firefox", "a:openssl:openssl", "a:microsoft:onedrive",
		"a:microsoft:edge_chromium", "a:vmware:tools"} {
		statements = append(statements, statement{cve: fmt.Sprintf("CVE-2099-%04d", i+1), pair: pair, high: "999"})
	}
	return statements
}

// judgeFindings judges the values of findings that follow from the identity.
func judgeFindings(t *tally, lines [][]string, findings []row) {
	for _, r := range findings {
		var number int
		if _, err := fmt.Sscanf(fmt.Sprint(r["deviceName"]), "documented%d", &number); err != nil {
			t.Fatal(err)
		}
		f := lines[number]
		name := fmt.Sprintf("finding of %s/%s %s", f[5], f[6], f[7])
		reference := "va-_-" + f[5] + "-_-" + f[6]
		t.judge(name+" has "+reference, true, r["recommendationReference"] == reference)
		t.judge(name+" has osVersion "+f[8], true, r["osVersion"] == f[8])
		id := fmt.Sprintf("%v_%s_%s_%s_%v", r["deviceId"], f[5], f[6], f[7], r["cveId"])
		t.judge(name+" has the id of vendor, name, version and CVE", true, r["id"] == id)
		t.judge(name+" has no end of support", true, r["endOfSupportStatus"] == nil)
	}
}

// documentedColumns are the columns of the service's rows, by call.
func documentedColumns() map[string]string {
	return map[string]string{
		"findings": "id deviceId rbacGroupId rbacGroupName deviceName osPlatform osVersion osArchitecture softwareVendor " +
			"softwareName softwareVersion cveId vulnerabilitySeverityLevel recommendedSecurityUpdate " +
			"recommendedSecurityUpdateId recommendedSecurityUpdateUrl diskPaths registryPaths lastSeenTimestamp " +
			"firstSeenTimestamp endOfSupportStatus endOfSupportDate exploitabilityLevel recommendationReference " +
			"cvssScore securityUpdateAvailable cveMitigationStatus",
		"software": "deviceId rbacGroupId rbacGroupName deviceName osPlatform softwareVendor softwareName " +
			"softwareVersion numberOfWeaknesses diskPaths registryPaths softwareFirstSeenTimestamp endOfSupportStatus " +
			"endOfSupportDate",
		"unknown": "deviceId rbacGroupId rbacGroupName deviceName osPlatform softwareVendor softwareName " +
			"softwareVersion softwareLastSeenTimestamp registryPath",
	}
}
