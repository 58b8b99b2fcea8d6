package scan_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/benchmark"
)

// program is a program of Windows or an application of macOS, as its uninstall key or its bundle names it.
type program struct{ vendor, name, version, bundle string }

// programs are such of which the sample has CVEs, in versions below and above fixes, without hundreds of findings.
func programs(t *rapid.T, system string) []program {
	known := []program{
		{"Google LLC", "Google Chrome", "200.0.1.2", ""},
		{"Igor Pavlov", "7-Zip 22.01 (x64)", "22.01", ""}, {"VideoLAN", "VLC media player", "3.0.18", ""},
		{"Mozilla", "Mozilla Firefox (x64 en-US)", "200.0", ""}, {"The Wireshark developer community", "Wireshark 4.0.8 x64", "4.0.8", ""},
		{"Acme, Inc.", `Acme "Pro"; 2`, "1", ""},
	}
	if system == "darwin" {
		known = []program{{"", "Google Chrome", "200.0.1.2", "com.google.Chrome"}, {"", "Firefox", "131.0", "org.mozilla.firefox"},
			{"", "Wireshark", "4.0.8", "org.wireshark.Wireshark"}}
	}
	return rapid.Permutation(known).Draw(t, "programs")[:rapid.IntRange(1, len(known)).Draw(t, "number")]
}

// pc is a machine that runs Windows or macOS.
type pc struct {
	system, version string
	programs        []program
}

// values writes separated values.
func values(comma rune, rows ...[]string) string {
	var b strings.Builder
	w := csv.NewWriter(&b)
	w.Comma = comma
	if err := w.WriteAll(rows); err != nil {
		panic(err)
	}
	return b.String()
}

// pcTools are the tools that tell of such machines: osquery's programs, apps and os_version; Fleet's software; Wazuh's
// formats win and pkg; Intune's AppInvRawData; the query of doc/sources.md for Configuration Manager.
func pcTools() map[string]func(*pc) string {
	return map[string]func(*pc) string{
		"osquery": func(m *pc) string {
			table, rows := "programs", []object{}
			if m.system == "darwin" {
				table = "apps"
			}
			for _, p := range m.programs {
				rows = append(rows, object{"name": p.name, "version": p.version, "publisher": p.vendor})
				if m.system == "darwin" {
					rows[len(rows)-1] = object{"name": p.name + ".app", "bundle_identifier": p.bundle, "bundle_short_version": p.version}
				}
			}
			line := func(query string, rows []object) string {
				return text(object{"snapshot": rows, "action": "snapshot", "name": "muster_" + query, "hostIdentifier": "pc1"}) + "\n"
			}
			return line(table, rows) + line("os_version", []object{{"name": m.name(), "version": m.version, "platform": m.system}})
		},
		"Fleet": func(m *pc) string {
			software := []object{}
			for _, p := range m.programs {
				software = append(software, object{"name": p.name, "version": p.version, "source": "programs", "vendor": p.vendor})
				if m.system == "darwin" {
					software[len(software)-1] = object{"name": p.name + ".app", "version": p.version, "source": "apps", "bundle_identifier": p.bundle}
				}
			}
			return text(object{"host": object{"hostname": "pc1", "platform": m.system, "os_version": m.name() + " " + m.version, "software": software}})
		},
		"Wazuh": func(m *pc) string {
			items := []object{}
			for _, p := range m.programs {
				items = append(items, object{"agent_id": "1", "name": p.name, "version": p.version, "format": "win", "vendor": p.vendor, "source": " "})
				if m.system == "darwin" {
					items[len(items)-1] = object{"agent_id": "1", "name": p.name, "version": p.version, "format": "pkg", "vendor": " ", "description": p.bundle,
						"source": "utilities", "location": "/Applications/" + p.name + ".app/Contents/Info.plist"}
				}
			}
			return text(object{"data": object{"affected_items": items, "total_affected_items": len(items)}}) +
				text(object{"data": object{"affected_items": []object{{"agent_id": "1", "hostname": "pc1", "os": object{"name": m.name(), "platform": m.system,
					"version": m.version}}}, "total_affected_items": 1}})
		},
		"Intune": func(m *pc) string {
			rows := [][]string{{"ApplicationName", "ApplicationPublisher", "ApplicationVersion", "DeviceName", "OSVersion", "Platform"}}
			for _, p := range m.programs {
				rows = append(rows, []string{p.name, p.vendor, p.version, "pc1", m.version, "Windows"})
			}
			return values(',', rows...)
		},
		"Configuration Manager": func(m *pc) string {
			rows := [][]string{{"ResourceID", "Netbios_Name0", "Operating_System_Name_and0", "BuildExt", "DisplayName0", "Publisher0", "Version0"}}
			for _, p := range m.programs {
				rows = append(rows, []string{"1", "pc1", "Microsoft Windows NT Workstation 10.0", m.version, p.name, p.vendor, p.version})
			}
			return values(';', rows...)
		},
	}
}

func (m *pc) name() string {
	if m.system == "darwin" {
		return "macOS"
	}
	return "Microsoft Windows 11 Pro"
}

// TestParityOfPrograms: programs of Windows and applications of macOS have the same findings, too.
func TestParityOfPrograms(t *testing.T) {
	known := open(t, "", sampleFolder(t))
	checks, err := benchmark.Default()
	if err != nil {
		t.Fatal(err)
	}
	number := map[string]int{}
	rapid.Check(t, func(r *rapid.T) {
		m := &pc{system: "windows", version: fmt.Sprintf("10.0.22631.%d", rapid.IntRange(1, 5000).Draw(r, "revision"))}
		platform, kind := "Windows11", "windows"
		if rapid.Bool().Draw(r, "macOS") {
			m, platform, kind = &pc{system: "darwin", version: "14.1.2"}, "macOS", "macos"
		}
		m.programs = programs(r, m.system)
		software := []object{}
		for _, p := range m.programs {
			software = append(software, object{"kind": kind, "vendor": p.vendor, "name": p.name, "version": p.version, "bundleId": p.bundle})
		}
		own := text(object{"device": object{"name": "pc1", "osPlatform": platform, "osVersion": m.version}, "software": software})
		device, want := findings(r, known, checks, own, nil)
		number[m.system] += len(want)
		for name, tell := range pcTools() {
			if m.system == "darwin" && (name == "Configuration Manager" || name == "Intune") {
				continue // the one tells of none, the other no bundle ids, by which applications are known
			}
			gotDevice, got := findings(r, known, checks, tell(m), nil)
			if diff := cmp.Diff(want, got); diff != "" || device != gotDevice {
				r.Fatalf("%s: %s, want %s (-agent +%s):\n%s\n%s", name, gotDevice, device, name, diff, tell(m))
			}
		}
	})
	if number["windows"] == 0 || number["darwin"] == 0 {
		t.Errorf("findings: %v", number)
	}
}
