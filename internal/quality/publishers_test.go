package quality

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/testneed"
)

// sampleText reads a shared sample of distributions.
func sampleText(t *tally, sample ...string) string {
	t.Helper()
	name := sample[len(sample)-1]
	if strings.HasSuffix(name, ".gz") {
		return string(testneed.Unpacked(t.TB, append([]string{"distro"}, sample...)...))
	}
	text, err := os.ReadFile(testneed.Shared(t.TB, append([]string{"distro"}, sample...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// redHatPart is an id of a component of a product: "AppStream-8.9.0.Z.MAIN:ruby-0:3.1.4-142.module+el8.9.0+21471.i686::ruby:3.1".
var redHatPart = regexp.MustCompile(`^([^:]+):(.+?)-(\d+):([^:]+)\.(\w+?)(?:::(.+))?$`)

// runRedHatAdvisories judges machines of the newest and of earlier minor releases by Red Hat's advisories.
func runRedHatAdvisories(t *tally) {
	for _, test := range []struct {
		file, module string
		// on are osVersions by the product whose fixes count there.
		on map[string]string
	}{
		{"rhsa-2024_0010.json.gz", "", map[string]string{"enterprise_linux_9.3": "AppStream-9.3.0.Z.MAIN"}},
		{"rhsa-2024_0811.json.gz", "", map[string]string{"enterprise_linux_9.3": "BaseOS-9.3.0.Z.MAIN", "enterprise_linux_8.9": "BaseOS-8.9.0.Z.MAIN",
			"enterprise_linux_9.2": "BaseOS-9.2.0.Z.EUS", "enterprise_linux_9.0": "BaseOS-9.0.0.Z.EUS", "enterprise_linux_8.6": "BaseOS-8.6.0.Z.EUS"}},
		{"rhsa-2024_1431.json.gz", "&rpmmod=ruby:3.1:8090020240311122605:a75119d5", map[string]string{"enterprise_linux_8.10": "AppStream-8.9.0.Z.MAIN"}},
		{"rhsa-2025_23414.json.gz", "", map[string]string{"enterprise_linux_6.10": "6Server-ELS.EXTENSION"}},
	} {
		var doc struct {
			Vulnerabilities []struct {
				CVE    string
				Status struct {
					Fixed []string
					Sound []string `json:"known_not_affected"`
				} `json:"product_status"`
			}
		}
		if err := json.Unmarshal([]byte(sampleText(t, "redhat-csaf", test.file)), &doc); err != nil {
			t.Fatal(err)
		}
		p := newProgram(t.TB)
		if _, err := p.importFeed("csaf", testneed.Shared(t.TB, "distro", "redhat-csaf", test.file), ""); err != nil {
			t.Fatal(err)
		}
		for _, release := range slices.Sorted(maps.Keys(test.on)) {
			words := map[word]bool{}
			for _, v := range doc.Vulnerabilities {
				fixed := map[string]bool{}
				for _, id := range v.Status.Fixed {
					if m := redHatPart.FindStringSubmatch(id); m != nil && m[1] == test.on[release] && m[5] != "src" {
						words[word{cve: v.CVE, name: m[2], fixed: m[3] + ":" + m[4]}] = true
						fixed[m[2]] = true
					}
				}
				for _, id := range v.Status.Sound {
					if m := redHatPart.FindStringSubmatch(id); m != nil && m[1] == test.on[release] && m[5] != "src" && !fixed[m[2]] {
						words[word{cve: v.CVE, name: m[2]}] = true
					}
				}
			}
			t.judgeRelease(p, linux{release: release, kind: "rpm", purl: "pkg:rpm/redhat/", module: test.module, beside: besideRPM},
				slices.Collect(maps.Keys(words)))
		}
	}
}

// runUbuntuOSV judges releases of Ubuntu by Canonical's documents in OSV's form, with Ubuntu Pro and without.
func runUbuntuOSV(t *tally) {
	dpkg := testneed.Command(t.TB, "dpkg")
	p := t.importTo("osv", "Ubuntu", "ubuntu-osv")
	files, err := filepath.Glob(filepath.Join(testneed.Shared(t.TB, "distro", "ubuntu-osv"), "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal("no documents", err)
	}
	words := map[string][]word{}
	for _, file := range files {
		var a struct {
			ID, Withdrawn string
			Upstream      []string
			Affected      []struct {
				Package  struct{ Ecosystem, Name string }
				Versions []string
				Ranges   []struct{ Events []map[string]string }
			}
		}
		text, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(text, &a)
		}
		if err != nil {
			t.Fatal(err)
		}
		cve := a.ID[strings.LastIndex(a.ID, "CVE-")+len("CVE-"):]
		if strings.HasPrefix(a.ID, "USN") {
			cve = strings.TrimPrefix(a.Upstream[0], "UBUNTU-CVE-")
		}
		for _, one := range a.Affected {
			release := strings.TrimPrefix(strings.TrimSuffix(strings.TrimPrefix(one.Package.Ecosystem, "Ubuntu:"), ":LTS"), "Pro:")
			w := word{cve: "CVE-" + cve, name: one.Package.Name, open: "open"}
			for _, e := range one.Ranges[0].Events {
				if e["fixed"] != "" {
					w.fixed, w.open = e["fixed"], ""
				}
			}
			if a.Withdrawn == "" && strings.Trim(release, "0123456789.") == "" && !slices.Contains(words[release], w) {
				words[release] = append(words[release], w)
			}
		}
	}
	for _, release := range slices.Sorted(maps.Keys(words)) {
		t.judgeRelease(p, linux{release: "ubuntu_linux_" + release, kind: "deb", suffix: "_for_linux",
			beside: func(v string) (string, string) { return v + "~", v + "+x1" },
			older:  func(a, b string) bool { return dpkgOlder(t, dpkg, a, b) }}, words[release])
	}
}

// ubuntuProduct is a source package of a release, with or without Ubuntu Pro.
var ubuntuProduct = regexp.MustCompile(`^pkg:deb/ubuntu/([^@]+)@\S+\?arch=source&distro=(?:esm-[a-z-]+/)?(\w+)$`)

// runUbuntuVEX judges releases of Ubuntu by Canonical's VEX alone.
func runUbuntuVEX(t *tally) {
	numbers := map[string]string{"trusty": "14.04", "xenial": "16.04", "bionic": "18.04", "focal": "20.04", "jammy": "22.04",
		"noble": "24.04"}
	p := t.importTo("ubuntu", "Ubuntu", "ubuntu-vex")
	words := map[string]map[word]bool{}
	for _, file := range []string{"CVE-2016-20013.json.gz", "CVE-2023-38545.json.gz"} {
		var doc struct {
			Statements []struct {
				Vulnerability struct{ Name string }
				Products      []struct {
					ID string `json:"@id"`
				}
				Status string
				Action string `json:"action_statement"`
			}
		}
		if err := json.Unmarshal([]byte(sampleText(t, "ubuntu-vex", file)), &doc); err != nil {
			t.Fatal(err)
		}
		for _, s := range doc.Statements {
			for _, product := range s.Products {
				m := ubuntuProduct.FindStringSubmatch(product.ID)
				if m == nil {
					continue
				}
				w := word{cve: s.Vulnerability.Name, name: m[1]}
				// curl in 16.04 is no longer supported without Ubuntu Pro, where it is not affected: that is the word.
				if s.Status == "affected" && strings.Contains(s.Action, "decided to not fix") {
					w.open = "wontFix"
				}
				release := "ubuntu_linux_" + numbers[m[2]]
				if words[release] == nil {
					words[release] = map[word]bool{}
				}
				words[release][w] = true
			}
		}
	}
	for _, release := range slices.Sorted(maps.Keys(words)) {
		t.judgeRelease(p, linux{release: release, kind: "deb", suffix: "_for_linux"}, slices.Collect(maps.Keys(words[release])))
	}
}

// The parts of Microsoft's definitions, by the number that a definition shares with its states.
var (
	azureDefinition = regexp.MustCompile(`(?s)<definition [^>]*:def:(\d+)".*?ref_id="(CVE-[\d-]+)".*?<patchable>([^<]*)<.*?comment="Package (\S+) `)
	azureFix        = regexp.MustCompile(`:ste:(\d+)002"[^>]*>\s*<linux-def:evr[^>]*"less than">([^<]+)<`)
)

// runAzureLinux judges Azure Linux 3 and CBL-Mariner 2 by Microsoft's definitions. What has no patch up to a version is
// judged elsewhere.
func runAzureLinux(t *tally) {
	for release, file := range map[string]string{
		"azure_linux_3.0": "azure-linux-truncated-3.0-oval.xml", "cbl_mariner_2.0": "mariner-truncated-2.0-oval.xml",
	} {
		text := sampleText(t, "azurelinux-oval", file)
		fixes := map[string]string{}
		for _, m := range azureFix.FindAllStringSubmatch(text, -1) {
			fixes[m[1]] = m[2]
		}
		var words []word
		for _, m := range azureDefinition.FindAllStringSubmatch(text, -1) {
			switch {
			case m[3] == "false":
				t.note("%s in %s has no patch, and is judged by TestDefinitions of package catalog", m[2], m[4])
			default:
				words = append(words, word{cve: m[2], name: m[4], fixed: fixes[m[1]]})
			}
		}
		p := t.importTo("oval", "", "azurelinux-oval", file)
		t.judgeRelease(p, linux{release: release, kind: "rpm", beside: besideRPM}, words)
	}
}

// The parts of Oracle's definitions, and of SUSE's.
var (
	oracleDefinition = regexp.MustCompile(`(?s)<definition .*?</definition>`)
	oracleRelease    = regexp.MustCompile(`comment="Oracle Linux (\d+) is installed"`)
	oracleFix        = regexp.MustCompile(`comment="(\S+) is earlier than (\S+)"`)
	oracleCVE        = regexp.MustCompile(`source="CVE" ref_id="(CVE-[\d-]+)"`)
	suseFix          = regexp.MustCompile(`<criterion test_ref="(\S+)" comment="SUSE (Linux Enterprise Server 15[^"]*) is installed"/>\s*` +
		`<criteria operator="OR">\s*<criterion test_ref="(\S+)" comment="(\S+)-(\d[^"-]*-[^"-]+) is installed"/>\s*</criteria>`)
)

// runOracleLinux judges releases of Oracle Linux by Oracle's definitions whose packages have one fix each.
func runOracleLinux(t *tally) {
	for _, file := range []string{"mock_data.xml", "mock_per_arch_data.xml"} {
		words := map[string][]word{}
		for _, definition := range oracleDefinition.FindAllString(sampleText(t, "oracle-oval", file), -1) {
			release := oracleRelease.FindStringSubmatch(definition)[1]
			fixes := map[string]map[string]bool{}
			for _, m := range oracleFix.FindAllStringSubmatch(definition, -1) {
				if fixes[m[1]] == nil {
					fixes[m[1]] = map[string]bool{}
				}
				fixes[m[1]][m[2]] = true
			}
			for name, versions := range fixes {
				for v := range versions {
					for _, cve := range oracleCVE.FindAllStringSubmatch(definition, -1) {
						if len(versions) == 1 {
							words[release] = append(words[release], word{cve: cve[1], name: name, fixed: v})
						}
					}
				}
			}
		}
		p := t.importTo("oval", "", "oracle-oval", file)
		for _, release := range slices.Sorted(maps.Keys(words)) {
			t.judgeRelease(p, linux{release: "oracle_linux_" + release, kind: "rpm", beside: besideRPM}, words[release])
		}
	}
}

// runSUSE judges SUSE Linux Enterprise Server 15 by those of SUSE's definitions that the sample has whole.
func runSUSE(t *tally) {
	text := sampleText(t, "suse-oval", "suse_truncated.xml")
	p := t.importTo("oval", "", "suse-oval", "suse_truncated.xml")
	words := map[string][]word{}
	for _, m := range suseFix.FindAllStringSubmatch(text, -1) {
		release := "suse_linux_enterprise_server_15"
		if strings.Contains(m[2], "SP1") {
			release += ".1"
		}
		w := word{cve: "CVE-2021-29154", name: m[4], fixed: "0:" + m[5]}
		if strings.Contains(text, `<rpminfo_test id="`+m[3]+`"`) && !slices.Contains(words[release], w) {
			words[release] = append(words[release], w)
		}
	}
	for _, name := range []string{"kernel-source", "python3-cryptography"} {
		cve := "CVE-1999-0524"
		if name == "python3-cryptography" {
			cve = "CVE-2026-34073"
		}
		words["suse_linux_enterprise_server_15"] = append(words["suse_linux_enterprise_server_15"], word{cve: cve, name: name})
	}
	for _, release := range slices.Sorted(maps.Keys(words)) {
		t.judgeRelease(p, linux{release: release, kind: "rpm", beside: besideRPM}, words[release])
	}
}
