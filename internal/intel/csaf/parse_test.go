package csaf_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/csaf"
	"github.com/muster-project/muster/internal/intel/inteltest"
)

const el9, el8, el7 = "red_hat_enterprise_linux_9:", "red_hat_enterprise_linux_8:", "red_hat_enterprise_linux_7:"

func rhsa(number string, parts ...string) object {
	return object{"category": "vendor_fix", "details": "…", "product_ids": parts, "url": "https://access.redhat.com/errata/RHSA-2024:" + number}
}

func none(category, details string, parts ...string) object {
	return object{"category": category, "details": details, "product_ids": parts}
}

// What documents say, and what is made of it.
func TestStatements(t *testing.T) {
	sudo := func(product, evr, arch string) string { return product + ":sudo-0:" + evr + "." + arch }
	for _, test := range []struct {
		what string
		vex
		want []string
	}{
		{"a fix, in two repositories and for two architectures", vex{
			purls: map[string]string{
				"sudo-0:1.9.5p2-10.el9_3.x86_64":  "pkg:rpm/redhat/sudo@1.9.5p2-10.el9_3?arch=x86_64",
				"sudo-0:1.9.5p2-10.el9_3.aarch64": "pkg:rpm/redhat/sudo@1.9.5p2-10.el9_3?arch=aarch64",
				"sudo-0:1.9.5p2-10.el9_3.src":     "pkg:rpm/redhat/sudo@1.9.5p2-10.el9_3?arch=src"},
			parts: []string{sudo("BaseOS-9.3.0.Z.MAIN", "1.9.5p2-10.el9_3", "x86_64"), sudo("BaseOS-9.3.0.Z.MAIN", "1.9.5p2-10.el9_3", "src"),
				sudo("AppStream-9.3.0.Z.MAIN", "1.9.5p2-10.el9_3", "aarch64")},
			status: object{"fixed": list{sudo("BaseOS-9.3.0.Z.MAIN", "1.9.5p2-10.el9_3", "x86_64"),
				sudo("BaseOS-9.3.0.Z.MAIN", "1.9.5p2-10.el9_3", "src"), sudo("AppStream-9.3.0.Z.MAIN", "1.9.5p2-10.el9_3", "aarch64")}},
			done: list{rhsa("0811", sudo("BaseOS-9.3.0.Z.MAIN", "1.9.5p2-10.el9_3", "x86_64"), sudo("BaseOS-9.3.0.Z.MAIN", "1.9.5p2-10.el9_3", "src"),
				sudo("AppStream-9.3.0.Z.MAIN", "1.9.5p2-10.el9_3", "aarch64"))},
		}, []string{
			"Red Hat:enterprise_linux:9::appstream | sudo | before 0:1.9.5p2-10.el9_3 | RHSA-2024:0811",
			"Red Hat:enterprise_linux:9::baseos | sudo | before 0:1.9.5p2-10.el9_3 | RHSA-2024:0811",
		}},
		{"fixes for earlier minor releases", vex{
			purls: map[string]string{"sudo-0:1.9.5p2-10.el9_3.x86_64": "", "sudo-0:1.9.5p2-9.el9_2.1.x86_64": "", "sudo-0:1.9.5p2-7.el9_0.4.x86_64": ""},
			parts: []string{sudo("BaseOS-9.3.0.Z.MAIN", "1.9.5p2-10.el9_3", "x86_64"), sudo("BaseOS-9.2.0.Z.MAIN", "1.9.5p2-9.el9_2.1", "x86_64"),
				sudo("BaseOS-9.0.0.Z.EUS", "1.9.5p2-7.el9_0.4", "x86_64"), sudo("BaseOS-9.0.0.Z.E4S", "1.9.5p2-7.el9_0.4", "x86_64")},
			status: object{"fixed": list{sudo("BaseOS-9.3.0.Z.MAIN", "1.9.5p2-10.el9_3", "x86_64"),
				sudo("BaseOS-9.2.0.Z.MAIN", "1.9.5p2-9.el9_2.1", "x86_64"), sudo("BaseOS-9.0.0.Z.EUS", "1.9.5p2-7.el9_0.4", "x86_64"),
				sudo("BaseOS-9.0.0.Z.E4S", "1.9.5p2-7.el9_0.4", "x86_64")}},
			done: list{rhsa("0811", sudo("BaseOS-9.3.0.Z.MAIN", "1.9.5p2-10.el9_3", "x86_64"))},
		}, []string{
			"Red Hat:enterprise_linux:9::baseos | sudo | before 0:1.9.5p2-10.el9_3 | RHSA-2024:0811",
			"Red Hat:minor:9.0 | sudo | from 0:1.9.5p2-7.el9_0.4 | sound | branch",
			"Red Hat:minor:9.2 | sudo | from 0:1.9.5p2-9.el9_2.1 | sound | branch",
		}},
		{"what is not fixed", vex{
			purls: map[string]string{"tar": "pkg:rpm/redhat/tar", "tar.src": "pkg:rpm/redhat/tar?arch=src", "kernel": "pkg:rpm/redhat/kernel?arch=src",
				"samba": "", "bash": "pkg:rpm/redhat/bash?arch=src", "vim": "pkg:rpm/redhat/vim?arch=src", "curl": "pkg:rpm/redhat/curl?arch=src"},
			parts: []string{el9 + "tar", el9 + "tar.src", el9 + "kernel", el7 + "samba", el8 + "bash", el8 + "vim", el9 + "vim", el9 + "curl"},
			status: object{"known_affected": list{el9 + "tar", el9 + "tar.src", el9 + "kernel", el7 + "samba", el8 + "bash", el8 + "vim"},
				"known_not_affected": list{el9 + "vim"}, "under_investigation": list{el9 + "curl"}},
			done: list{none("no_fix_planned", "Will not fix", el9+"tar", el9+"tar.src"), none("no_fix_planned", "Out of support scope", el7+"samba"),
				none("none_available", "Affected", el9+"kernel"), none("none_available", "Fix deferred", el8+"bash"),
				none("workaround", "Will not fix is no word of a workaround", el8+"vim")},
		}, []string{
			"Red Hat:enterprise_linux:7 | samba | endOfLife",
			"Red Hat:enterprise_linux:8 | bash | deferred",
			"Red Hat:enterprise_linux:8 | vim | pending",
			"Red Hat:enterprise_linux:9 | curl | sound | underInvestigation",
			"Red Hat:enterprise_linux:9 | kernel | pending",
			"Red Hat:enterprise_linux:9 | tar | wontFix",
			"Red Hat:enterprise_linux:9 | vim | sound",
		}},
		{"an epoch in the URL, and one in the id alone", vex{
			purls: map[string]string{"bind-32:9.8.2-0.68.el9_3.x86_64": "pkg:rpm/redhat/bind@9.8.2-0.68.el9_3?arch=x86_64&epoch=32",
				"bind-libs-32:9.8.2-0.68.el9_3.x86_64": "pkg:rpm/redhat/bind-libs@9.8.2-0.68.el9_3?arch=x86_64"},
			parts: []string{"BaseOS-9.3.0.Z.MAIN:bind-32:9.8.2-0.68.el9_3.x86_64", "BaseOS-9.3.0.Z.MAIN:bind-libs-32:9.8.2-0.68.el9_3.x86_64"},
			status: object{"fixed": list{"BaseOS-9.3.0.Z.MAIN:bind-32:9.8.2-0.68.el9_3.x86_64",
				"BaseOS-9.3.0.Z.MAIN:bind-libs-32:9.8.2-0.68.el9_3.x86_64"}},
		}, []string{
			"Red Hat:enterprise_linux:9::baseos | bind | before 32:9.8.2-0.68.el9_3",
			"Red Hat:enterprise_linux:9::baseos | bind-libs | before 32:9.8.2-0.68.el9_3",
		}},
		{"module streams, in both forms", vex{
			purls: map[string]string{
				"ruby-0:3.1.4-142.module+el8.9.0+21471+7d1e4a35.i686": "pkg:rpm/redhat/ruby@3.1.4-142.module%2Bel8.9.0%2B21471%2B7d1e4a35?arch=i686&rpmmod=ruby:3.1:8090020240311122605:a75119d5",
				"postgresql:12:8100020240814102525:489197e6":          "pkg:rpmmod/redhat/postgresql@12:8100020240814102525:489197e6",
				"postgresql-0:12.20-1.module+el8.10.0+22214.noarch":   "pkg:rpm/redhat/postgresql@12.20-1.module%2Bel8.10.0%2B22214?arch=noarch",
				"ruby:2.6/ruby":               "pkg:rpmmod/redhat/ruby:2.6/ruby",
				"go-toolset:rhel8/go-toolset": "pkg:rpm/redhat/go-toolset@rhel8?arch=src&rpmmod=go-toolset:rhel8",
				"nodejs:18/nodejs":            "", "firefox-flatpak": "pkg:rpm/redhat/firefox-flatpak?arch=src&rpmmod=rhel10"},
			parts: []string{"AppStream-8.10.0.Z.MAIN.EUS:ruby-0:3.1.4-142.module+el8.9.0+21471+7d1e4a35.i686",
				"AppStream-8.10.0.Z.MAIN.EUS:postgresql:12:8100020240814102525:489197e6",
				"AppStream-8.10.0.Z.MAIN.EUS:postgresql:12:8100020240814102525:489197e6:postgresql-0:12.20-1.module+el8.10.0+22214.noarch",
				el8 + "ruby:2.6/ruby", el8 + "go-toolset:rhel8/go-toolset", el8 + "nodejs:18/nodejs", el8 + "firefox-flatpak"},
			steps: map[string]string{"AppStream-8.10.0.Z.MAIN.EUS:postgresql:12:8100020240814102525:489197e6:postgresql-0:12.20-1.module+el8.10.0+22214.noarch": "AppStream-8.10.0.Z.MAIN.EUS:postgresql:12:8100020240814102525:489197e6"},
			status: object{"fixed": list{"AppStream-8.10.0.Z.MAIN.EUS:ruby-0:3.1.4-142.module+el8.9.0+21471+7d1e4a35.i686",
				"AppStream-8.10.0.Z.MAIN.EUS:postgresql:12:8100020240814102525:489197e6",
				"AppStream-8.10.0.Z.MAIN.EUS:postgresql:12:8100020240814102525:489197e6:postgresql-0:12.20-1.module+el8.10.0+22214.noarch"},
				"known_affected": list{el8 + "ruby:2.6/ruby", el8 + "go-toolset:rhel8/go-toolset", el8 + "nodejs:18/nodejs", el8 + "firefox-flatpak"}},
		}, []string{
			"Red Hat:enterprise_linux:8 | go-toolset | go-toolset:rhel8 | pending",
			"Red Hat:enterprise_linux:8 | nodejs | nodejs:18 | pending",
			"Red Hat:enterprise_linux:8 | ruby | ruby:2.6 | pending",
			"Red Hat:enterprise_linux:8::appstream | postgresql | postgresql:12 | before 0:12.20-1.module+el8.10.0+22214",
			"Red Hat:enterprise_linux:8::appstream | ruby | ruby:3.1 | before 0:3.1.4-142.module+el8.9.0+21471+7d1e4a35",
		}},
		{"a package of an advisory that is not affected, and one that is", vex{
			purls: map[string]string{"bind-32:9-1.el9_3.src": "pkg:rpm/redhat/bind@9-1.el9_3?arch=src&epoch=32",
				"bind-32:9-1.el9_3.x86_64":        "pkg:rpm/redhat/bind@9-1.el9_3?arch=x86_64&epoch=32",
				"bind-chroot-32:9-1.el9_3.x86_64": "pkg:rpm/redhat/bind-chroot@9-1.el9_3?arch=x86_64&epoch=32"},
			parts: []string{"BaseOS-9.3.0.Z.MAIN:bind-32:9-1.el9_3.src", "BaseOS-9.3.0.Z.MAIN:bind-32:9-1.el9_3.x86_64",
				"BaseOS-9.3.0.Z.MAIN:bind-chroot-32:9-1.el9_3.x86_64"},
			status: object{"fixed": list{"BaseOS-9.3.0.Z.MAIN:bind-32:9-1.el9_3.x86_64"},
				"known_not_affected": list{"BaseOS-9.3.0.Z.MAIN:bind-32:9-1.el9_3.src", "BaseOS-9.3.0.Z.MAIN:bind-chroot-32:9-1.el9_3.x86_64"}},
		}, []string{
			"Red Hat:enterprise_linux:9::baseos | bind | before 32:9-1.el9_3",
			"Red Hat:enterprise_linux:9::baseos | bind-chroot | sound",
		}},
		{"support that is paid for goes on", vex{
			purls: map[string]string{"bind": "pkg:rpm/redhat/bind?arch=src", "bind-32:9-1.el7_9.src": "pkg:rpm/redhat/bind@9-1.el7_9?arch=src&epoch=32",
				"bind-32:9-1.el7_9.x86_64": "pkg:rpm/redhat/bind@9-1.el7_9?arch=x86_64&epoch=32"},
			parts:  []string{el7 + "bind", "7Server-ELS:bind-32:9-1.el7_9.src", "7Server-ELS:bind-32:9-1.el7_9.x86_64"},
			status: object{"fixed": list{"7Server-ELS:bind-32:9-1.el7_9.src", "7Server-ELS:bind-32:9-1.el7_9.x86_64"}, "known_affected": list{el7 + "bind"}},
			done:   list{rhsa("1", "7Server-ELS:bind-32:9-1.el7_9.x86_64", "7Server-ELS:bind-32:9-1.el7_9.src"), none("no_fix_planned", "Out of support scope", el7+"bind")},
		}, []string{"Red Hat:rhel_els:7 | bind | before 32:9-1.el7_9 | RHSA-2024:1 | Red Hat ELS: bind 32:9-1.el7_9"}},
		{"other products, and images", vex{
			purls: map[string]string{"cri-tools-0:1.29.0-3.1.el9.aarch64": "pkg:rpm/redhat/cri-tools@1.29.0-3.1.el9?arch=aarch64",
				"openshift4/ose-tests": "pkg:oci/ose-tests?repository_url=registry.redhat.io/openshift4/ose-tests", "io.quarkus/quarkus-vertx-http": ""},
			parts: []string{"9Base-RHOSE-4.16:cri-tools-0:1.29.0-3.1.el9.aarch64", el9 + "openshift4/ose-tests", el9 + "io.quarkus/quarkus-vertx-http"},
			status: object{"fixed": list{"9Base-RHOSE-4.16:cri-tools-0:1.29.0-3.1.el9.aarch64"},
				"known_affected":     list{el9 + "openshift4/ose-tests", el9 + "io.quarkus/quarkus-vertx-http"},
				"known_not_affected": list{"red_hat_products"}},
		}, nil},
	} {
		t.Run(test.what, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.packages(t)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Severities are of products, else of all; scores are those of Red Hat Enterprise Linux.
func TestSeverities(t *testing.T) {
	const v3, other = "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:N/A:H", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
	v := vex{id: "CVE-2024-0001", purls: map[string]string{"tar": "pkg:rpm/redhat/tar?arch=src", "vim": "pkg:rpm/redhat/vim?arch=src"},
		parts:   []string{el9 + "tar", el9 + "vim", "9Base-RHOSE-4.16:tar"},
		status:  object{"known_affected": list{el9 + "tar", el9 + "vim", "9Base-RHOSE-4.16:tar"}},
		threats: list{object{"category": "impact", "details": "Critical", "product_ids": list{el9 + "vim"}}},
		scores: list{object{"cvss_v3": object{"vectorString": v3}, "products": list{el9 + "tar"}},
			object{"cvss_v3": object{"vectorString": other}, "products": list{"9Base-RHOSE-4.16:tar"}}}}
	records, _ := inteltest.Parse(t, csaf.Feed{}, inteltest.File("a.json", v.text(t)))
	r := records[0]
	tar, vim := r.Packages[0].Severity, r.Packages[1].Severity
	if tar != intel.SeverityMedium || vim != intel.SeverityCritical {
		t.Errorf("severities %v, %v", tar, vim)
	}
	if len(r.CVE.Scores) != 1 || r.CVE.Scores[0].Vector != v3 {
		t.Errorf("scores %+v", r.CVE.Scores)
	}
	if r.Publisher != "" || r.Source != "CVE-2024-0001" || !r.Packages[0].Own || !slices.Equal(r.Packages[0].CVEs, []string{"CVE-2024-0001"}) {
		t.Errorf("%+v", r)
	}
}

// A real advisory of Red Hat, cut to two packages of one architecture and to what is read.
func TestRealAdvisories(t *testing.T) {
	records, odd := inteltest.Parse(t, csaf.Feed{}, only("rhsa-2024_0811.json"))
	if len(odd) > 0 {
		t.Fatal(odd)
	}
	got := map[string][]string{}
	for _, r := range records {
		if r.Publisher != csaf.Advisories || r.Source != "RHSA-2024:0811" {
			t.Fatalf("record of %q: %q", r.Publisher, r.Source)
		}
		for i := range r.Packages {
			got[r.CVE.ID] = append(got[r.CVE.ID], short(&r.Packages[i]))
		}
	}
	const title = " | RHSA-2024:0811 | Red Hat Security Advisory: sudo security update"
	want := []string{
		"Red Hat:enterprise_linux:8::baseos | sudo | before 0:1.9.5p2-1.el8_9" + title,
		"Red Hat:enterprise_linux:9::appstream | sudo | before 0:1.9.5p2-10.el9_3" + title,
		"Red Hat:enterprise_linux:9::appstream | sudo-python-plugin | before 0:1.9.5p2-10.el9_3" + title,
		"Red Hat:enterprise_linux:9::baseos | sudo | before 0:1.9.5p2-10.el9_3" + title,
		"Red Hat:enterprise_linux:9::baseos | sudo-python-plugin | before 0:1.9.5p2-10.el9_3" + title,
		"Red Hat:minor:8.6 | sudo | from 0:1.9.5p2-1.el8_6 | sound | branch" + title,
		"Red Hat:minor:8.8 | sudo | from 0:1.9.5p2-1.el8_8 | sound | branch" + title,
		"Red Hat:minor:9.0 | sudo | from 0:1.9.5p2-7.el9_0.4 | sound | branch" + title,
		"Red Hat:minor:9.0 | sudo-python-plugin | from 0:1.9.5p2-7.el9_0.4 | sound | branch" + title,
		"Red Hat:minor:9.2 | sudo | from 0:1.9.5p2-9.el9_2.2 | sound | branch" + title,
		"Red Hat:minor:9.2 | sudo-python-plugin | from 0:1.9.5p2-9.el9_2.2 | sound | branch" + title,
	}
	for _, cve := range []string{"CVE-2023-28486", "CVE-2023-28487", "CVE-2023-42465"} {
		if diff := cmp.Diff(want, got[cve]); diff != "" {
			t.Errorf("%s (-want +got):\n%s", cve, diff)
		}
	}
}

// A real VEX document of Red Hat, cut to two releases and to what is read.
func TestRealVEX(t *testing.T) {
	records, odd := inteltest.Parse(t, csaf.Feed{}, only("cve-2024-0208.json"))
	if len(odd) > 0 || len(records) != 1 {
		t.Fatalf("%d records, %v", len(records), odd)
	}
	var got []string
	for i := range records[0].Packages {
		got = append(got, short(&records[0].Packages[i]))
	}
	want := []string{"Red Hat:enterprise_linux:6 | wireshark | sound", "Red Hat:enterprise_linux:9 | wireshark | sound"}
	if diff := cmp.Diff(want, got); diff != "" || records[0].CVE.Severity != intel.SeverityMedium {
		t.Errorf("%v, (-want +got):\n%s", records[0].CVE, diff)
	}
}

// What is no document of this feed is told, or passed over.
func TestOtherDocuments(t *testing.T) {
	whole := vex{id: "CVE-2024-0001", status: object{}}.text(t)
	for what, text := range map[string]string{
		"another publisher": strings.Replace(whole, "https://www.redhat.com", "https://www.example.org", 1),
		"another category":  strings.Replace(whole, "csaf_vex", "csaf_base", 1),
		"no id":             strings.Replace(whole, `"id":"CVE-2024-0001"`, `"id":""`, 1),
		"no CVE":            strings.Replace(whole, `"cve":"CVE-2024-0001"`, `"cve":"RHBZ"`, 1),
		"cut off":           whole[:len(whole)-9],
	} {
		files := inteltest.File("a.json", text)
		if err := inteltest.Failure(t, csaf.Feed{}, files); err == nil {
			t.Errorf("%s is read", what)
		}
	}
	for range (csaf.Feed{}).Parse(t.Context(), inteltest.File("a.json", strings.Replace(whole, "final", "draft", 1))) {
		t.Error("a draft has a record")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(vex{id: "CVE-2024-0001", purls: map[string]string{"tar": "pkg:rpm/redhat/tar?arch=src", "a-0:1-1.el9.src": ""},
		parts:  []string{el9 + "tar", "BaseOS-9.3.0.Z.MAIN:a-0:1-1.el9.src"},
		status: object{"known_affected": list{el9 + "tar"}, "fixed": list{"BaseOS-9.3.0.Z.MAIN:a-0:1-1.el9.src"}}}.text(f)))
	f.Add([]byte(`{"document":{},"product_tree":{}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		for record, err := range (csaf.Feed{}).Parse(t.Context(), inteltest.File("a.json", string(text))) {
			if err == nil && len(record.Packages) == 0 {
				t.Fatal("a record without a statement")
			}
			for i := range record.Packages {
				if p := &record.Packages[i]; p.Name == "" || len(p.Ranges) == 0 || !strings.HasPrefix(p.Ecosystem, "Red Hat:") {
					t.Fatalf("%+v", p)
				}
			}
		}
		_ = json.Valid(text)
	})
}
