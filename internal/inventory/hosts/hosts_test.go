package hosts_test

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/hosts"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// The same hosts from each tool, and as muster's own collector tells of them. The structures are those of the
// documentation of osquery 5 (deployment/logging, and the schema of its tables) and of Fleet's REST API.
const (
	debSnapshot = `{"snapshot":[{"name":"libcurl4","version":"7.88.1-10+deb12u5","source":"curl","arch":"amd64","status":"install ok installed"},` +
		`{"name":"old","version":"1","source":"","arch":"amd64","status":"deinstall ok config-files"},` +
		`{"name":"bash","version":"5.2.15-2+b7","source":"bash (5.2.15-2)","arch":"amd64","status":"install ok installed"}],` +
		`"action":"snapshot","name":"pack_muster_deb_packages","hostIdentifier":"A1","calendarTime":"x","unixTime":1,"epoch":0,"counter":0,"decorations":{"hostname":"web1"}}`
	debSystem = `{"snapshot":[{"name":"Debian GNU/Linux","version":"12 (bookworm)","major":"12","platform":"debian","platform_like":"","arch":"x86_64"}],"action":"snapshot","name":"muster_os_version","hostIdentifier":"A1"}`
	// differences of the same: a package that came and went, and a newer version
	debDifferences = `{"name":"pack/muster/deb_packages","hostIdentifier":"A1","calendarTime":"x","unixTime":1,"epoch":0,"counter":0,"columns":{"name":"libcurl4","version":"7.88.1-10","source":"curl","arch":"amd64","status":"install ok installed"},"action":"added","decorations":{"hostname":"web1"}}
{"name":"pack/muster/deb_packages","hostIdentifier":"A1","epoch":0,"counter":0,"columns":{"name":"bash","version":"5.2.15-2+b7","source":"bash (5.2.15-2)","arch":"amd64","status":"install ok installed"},"action":"added"}

{"name":"pack/muster/deb_packages","hostIdentifier":"A1","epoch":0,"counter":1,"diffResults":{"added":[{"name":"libcurl4","version":"7.88.1-10+deb12u5","source":"curl","arch":"amd64","status":"install ok installed"},{"name":"x","version":"1","source":"","arch":"all","status":""}],"removed":[{"name":"libcurl4","version":"7.88.1-10","source":"curl","arch":"amd64","status":"install ok installed"}]}}
{"name":"pack/muster/deb_packages","hostIdentifier":"A1","epoch":0,"counter":2,"columns":{"name":"x","version":"1","source":"","arch":"all","status":""},"action":"removed"}
{"name":"else","hostIdentifier":"A1","counter":7,"columns":{"name":"y"},"action":"added"}
`
	windowsHost = `{"snapshot":[{"name":"Google Chrome","version":"127.0.6533.88","publisher":"Google LLC"}],"action":"snapshot","name":"muster_programs","hostIdentifier":"pc1"}
{"snapshot":[{"name":"Microsoft Windows 11 Pro","version":"10.0.22631","build":"22631","platform":"windows","arch":"64-bit"}],"action":"snapshot","name":"muster_os_version","hostIdentifier":"pc1"}
{"snapshot":[{"hotfix_id":"KB5034123"}],"action":"snapshot","name":"muster_patches","hostIdentifier":"pc1"}
`
	fleetWindows = `{"host":{"hostname":"pc1","platform":"windows","os_version":"Windows 11 Pro 23H2 10.0.22631","cpu_type":"x86_64","software":[
		{"id":1,"name":"Google Chrome","version":"127.0.6533.88","source":"programs","vendor":"Google LLC","vulnerabilities":null},
		{"id":2,"name":"requests","version":"2","source":"python_packages"}]}}`
	fleetRPM = `{"hosts":[{"hostname":"db1","platform":"rhel","os_version":"Red Hat Enterprise Linux 9.4.0","cpu_type":"x86_64","software":[
		{"name":"openssl-libs","version":"3.0.7","source":"rpm_packages","release":"27.el9","arch":"x86_64","vendor":"Red Hat, Inc."},
		{"name":"tar","version":"1.34","source":"rpm_packages"}]},
		{"hostname":"mac1","platform":"darwin","os_version":"macOS 14.1.2","cpu_type":"arm64e","software":[
		{"name":"Google Chrome.app","version":"127.0.6533.88","source":"apps","bundle_identifier":"com.google.Chrome"}]}]}`
	osqueryRPM = `{"snapshot":[{"name":"openssl-libs","version":"3.0.7","release":"27.el9","epoch":"1","arch":"x86_64","source":"openssl-3.0.7-27.el9.src.rpm"},{"name":"gpg-pubkey","version":"fd431d51","release":"4ae0493b"}],"action":"snapshot","name":"muster_rpm_packages","hostIdentifier":"db1"}
{"snapshot":[{"name":"Red Hat Enterprise Linux","version":"9.4 (Plow)","platform":"rhel","arch":"x86_64"}],"action":"snapshot","name":"muster_os_version","hostIdentifier":"db1"}
`
)

// lines tells what reports say of devices and software.
func lines(t *testing.T, text string) (all []string) {
	t.Helper()
	list, ok, err := hosts.Decode(inventory.Detect([]byte(text)), []byte(text), inventory.Given{})
	if err != nil || !ok {
		t.Fatalf("%v, %v", ok, err)
	}
	for _, r := range list {
		r.Normalize(time.Time{})
		d := &r.Device
		about := []string{d.Name, d.OSPlatform, d.OSVersion, d.OSArchitecture, strings.Join(r.Hotfixes, ",")}
		all = append(all, strings.TrimSpace(strings.Join(about, " ")))
		for _, s := range r.Software {
			entry := []string{s.Kind, s.Vendor, s.Name, s.Version, s.PURL, s.SourcePackage, s.SourceVersion, s.BundleID}
			all = append(all, strings.Join(entry, "|"))
		}
	}
	return all
}

func TestHosts(t *testing.T) {
	// As collect/packages and collect/windows make them.
	debian := []string{"web1 Linux debian_linux_12 x64",
		"deb|debian|bash|5.2.15-2+b7|pkg:deb/debian/bash@5.2.15-2%2Bb7?arch=amd64&distro=debian-12|bash|5.2.15-2|",
		"deb|debian|libcurl4|7.88.1-10+deb12u5|pkg:deb/debian/libcurl4@7.88.1-10%2Bdeb12u5?arch=amd64&distro=debian-12|curl|7.88.1-10+deb12u5|"}
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"osquery, snapshots":   {debSnapshot + "\n" + debSystem + "\n", debian},
		"osquery, differences": {debDifferences + debSystem, debian},
		"osquery, Windows": {windowsHost, []string{"pc1 Windows11 10.0.22631 x64 KB5034123",
			"windows|Google LLC|Google Chrome|127.0.6533.88||||"}},
		"Fleet, Windows": {fleetWindows, []string{"pc1 Windows11 10.0.22631 x64", "windows|Google LLC|Google Chrome|127.0.6533.88||||"}},
		"osquery, rpm": {osqueryRPM, []string{"db1 Linux enterprise_linux_9.4 x64",
			"rpm|red_hat|openssl-libs|1:3.0.7-27.el9|pkg:rpm/redhat/openssl-libs@3.0.7-27.el9?arch=x86_64&distro=rhel-9.4&epoch=1&upstream=openssl-3.0.7-27.el9.src.rpm|openssl|3.0.7-27.el9|"}},
		"Fleet, several": {fleetRPM, []string{"db1 Linux enterprise_linux_9.4 x64",
			"rpm|red_hat|openssl-libs|3.0.7-27.el9|pkg:rpm/redhat/openssl-libs@3.0.7-27.el9?arch=x86_64&distro=rhel-9.4|||",
			"rpm|red_hat|tar|||||", "mac1 macOS 14.1.2 arm64", "macos||Google Chrome|127.0.6533.88||||com.google.Chrome"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, lines(t, test.text)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestHostsRefuse: what is not known is not guessed.
func TestHostsRefuse(t *testing.T) {
	for text, want := range map[string]string{
		`{"host":{"hostname":"pc1","platform":"windows"}}`: "hosts?populate_software=true",
		`{"host":{"software":[]}}`:                         "a host has no name",
		`{"hosts":3}`:                                      "reading the hosts of Fleet",
		`{"hostIdentifier":"a","name":"muster_deb_packages","counter":3,"columns":{"name":"x"},"action":"added"}`: "do not begin with counter 0",
		`{"hostIdentifier":"a","name":"muster_deb_packages","columns":{"name":"x"},"action":"added"}`:             "do not begin with counter 0",
		`{"hostIdentifier":"a","name":"uptime","snapshot":[],"action":"snapshot"}`:                                "no query is of a table that is read",
		debSystem:           "has no results of a query whose name ends with deb_packages",
		debSnapshot + "\n{": "line 2: is no result",
	} {
		_, ok, err := hosts.Decode(inventory.Detect([]byte(text)), []byte(text), inventory.Given{})
		if !ok || !errors.Is(err, parse.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, %v, want %q", text, ok, err, want)
		}
	}
	many := `{"hosts":[` + strings.Repeat("{},", 200_000) + `{}]}`
	_, _, err := hosts.Decode(inventory.FormatFleet, []byte(many), inventory.Given{})
	if !errors.Is(err, parse.ErrTooLarge) {
		t.Errorf("many objects: %v", err)
	}
	_, _, err = hosts.Decode(inventory.FormatFleet, []byte(fleetRPM), inventory.Given{Name: "x"})
	if err == nil || !strings.Contains(err.Error(), "has 2 hosts") {
		t.Errorf("a device is given for two: %v", err)
	}
}

// TestPack: the pack that we publish asks for what is read.
func TestPack(t *testing.T) {
	text, err := os.ReadFile("../../../deploy/osquery/muster.conf")
	if err != nil {
		t.Fatal(err)
	}
	var pack struct {
		Queries map[string]struct{ Query string }
	}
	if err := json.Unmarshal(text, &pack); err != nil || len(pack.Queries) != 7 {
		t.Fatalf("%v: %d queries", err, len(pack.Queries))
	}
	for name, q := range pack.Queries {
		table, _ := strings.CutPrefix(name, "muster_")
		if !strings.HasSuffix(q.Query, " FROM "+table+";") {
			t.Errorf("%s asks %q", name, q.Query)
		}
	}
}

func FuzzHosts(f *testing.F) {
	for _, text := range []string{debSnapshot, debDifferences, windowsHost, fleetWindows, fleetRPM, osqueryRPM,
		wazuhAPI + wazuhOS, wazuhAgents, wazuhWindows, wazuhSearch, wazuhDump, wazuhOthers} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for format := inventory.FormatFleet; format.String() != "unknown"; format++ {
			list, _, err := hosts.Decode(format, text, inventory.Given{})
			if err != nil && !errors.Is(err, parse.ErrInvalid) && !errors.Is(err, parse.ErrTooLarge) {
				t.Fatal(err)
			}
			for _, r := range list {
				if err := r.Validate(); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}
