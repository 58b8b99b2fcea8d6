package ubuntu_test

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/ubuntu"
)

// short writes what records say of packages.
func short(records []intel.Record) (all []string) {
	for _, r := range records {
		for _, p := range r.Packages {
			words := []string{p.CVEs[0], p.Ecosystem, p.Name, "affected"}
			if p.Ranges[0].Unaffected {
				words[3] = "sound"
			}
			if state := p.Fix.State.String(); state != "" {
				words = append(words, state)
			}
			all = append(all, strings.Join(words, " | "))
		}
	}
	return all
}

// Two documents of Canonical, cut to some packages and to what is read.
func TestRealDocuments(t *testing.T) {
	records, odd := inteltest.Parse(t, ubuntu.Feed{}, os.DirFS("testdata"))
	if len(odd) > 0 {
		t.Fatal(odd)
	}
	var want []string
	for _, line := range []string{"14.04:LTS sssd", "16.04:LTS glibc", "16.04:LTS sssd", "16.04:LTS zabbix", "18.04:LTS sssd",
		"20.04:LTS sssd", "22.04:LTS glibc", "22.04:LTS sssd", "24.04:LTS glibc", "24.04:LTS sssd", "Pro:14.04:LTS eglibc",
		"Pro:14.04:LTS zabbix", "Pro:16.04:LTS glibc", "Pro:16.04:LTS zabbix", "Pro:18.04:LTS glibc", "Pro:18.04:LTS zabbix",
		"Pro:20.04:LTS glibc", "Pro:20.04:LTS zabbix", "Pro:22.04:LTS zabbix"} {
		release, name, _ := strings.Cut(line, " ")
		want = append(want, "CVE-2016-20013 | Ubuntu:"+release+" | "+name+" | affected | wontFix")
	}
	// In 22.04 and 24.04 curl is fixed, of which nothing is said. That support of 16.04 has ended says nothing, since
	// with Ubuntu Pro it was looked at.
	for _, release := range []string{"16.04", "Pro:14.04", "Pro:16.04", "Pro:18.04", "Pro:20.04"} {
		want = append(want, "CVE-2023-38545 | Ubuntu:"+release+":LTS | curl | sound")
	}
	if diff := cmp.Diff(want, short(records)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// document makes a document of statements: status, words, and products as "name distro" or whole package URLs.
func document(statements ...[3]string) string {
	var list []string
	for _, s := range statements {
		var products []string
		for product := range strings.SplitSeq(s[2], ", ") {
			if name, distro, ok := strings.Cut(product, " "); ok {
				product = fmt.Sprintf("pkg:deb/ubuntu/%s@1.0-1?arch=source&distro=%s", name, distro)
			}
			products = append(products, fmt.Sprintf(`{"@id":%q}`, product))
		}
		list = append(list, fmt.Sprintf(`{"vulnerability":{"name":"CVE-2024-0001"},"timestamp":"2024-01-02T00:00:00Z","status":%q,%s,"products":[%s]}`,
			s[0], s[1], strings.Join(products, ",")))
	}
	return `{"@context":"https://openvex.dev/ns/v0.2.0","author":"Canonical Ltd.","timestamp":"2026-05-20T15:02:47Z","statements":[` +
		strings.Join(list, ",") + `]}`
}

func TestStatements(t *testing.T) {
	const needed = `"action_statement":"The package is vulnerable and needs fixing."`
	const declined = `"action_statement":"This package is vulnerable to the CVE, the problem is understood, but the Ubuntu Security Team decided to not fix it. CVE Notes: no longer supported"`
	const ended, absent = `"action_statement":"This package (for the given release) is no longer supported."`, `"justification":"component_not_present"`
	const clean, pending = `"justification":"vulnerable_code_not_present"`, `"status_notes":"Vulnerability assessment is pending."`
	for _, test := range []struct {
		what string
		text string
		want []string
	}{
		{"every status", document([3]string{"affected", needed, "a jammy"}, [3]string{"affected", declined, "b jammy"},
			[3]string{"affected", ended, "c plucky"}, [3]string{"not_affected", clean, "d jammy"}, [3]string{"not_affected", absent, "e jammy"},
			[3]string{"under_investigation", pending, "f jammy"},
			[3]string{"under_investigation", `"status_notes":"The vulnerability is known but remediation is deferred."`, "g jammy"},
			[3]string{"fixed", `"status_notes":""`, "h jammy"}, [3]string{"odd", `"status_notes":""`, "i jammy"}), []string{
			"CVE-2024-0001 | Ubuntu:22.04:LTS | a | affected | pending", "CVE-2024-0001 | Ubuntu:22.04:LTS | b | affected | wontFix",
			"CVE-2024-0001 | Ubuntu:22.04:LTS | d | sound", "CVE-2024-0001 | Ubuntu:22.04:LTS | f | sound | underInvestigation",
			"CVE-2024-0001 | Ubuntu:22.04:LTS | g | affected | deferred", "CVE-2024-0001 | Ubuntu:25.04 | c | affected | endOfLife"}},
		{"ended without Ubuntu Pro", document([3]string{"affected", ended, "a xenial, b xenial, c xenial, d xenial"},
			[3]string{"affected", needed, "a esm-infra/xenial"}, [3]string{"not_affected", clean, "b esm-apps/xenial"},
			[3]string{"fixed", `"status_notes":""`, "c esm-infra/xenial"}), []string{
			"CVE-2024-0001 | Ubuntu:16.04:LTS | b | sound", "CVE-2024-0001 | Ubuntu:16.04:LTS | d | affected | endOfLife",
			"CVE-2024-0001 | Ubuntu:Pro:16.04:LTS | a | affected | pending", "CVE-2024-0001 | Ubuntu:Pro:16.04:LTS | b | sound"}},
		{"products that devices do not tell", document([3]string{"affected", needed,
			"a fips-updates/focal, a realtime/jammy, a unheard-of, pkg:deb/debian/a@1?arch=source&distro=jammy, pkg:deb/ubuntu/a@1?arch=amd64&distro=jammy, x"}), nil},
	} {
		records, odd := inteltest.Parse(t, ubuntu.Feed{}, inteltest.File("a.json", test.text))
		if diff := cmp.Diff(test.want, short(records)); diff != "" || len(odd) > 0 {
			t.Errorf("%s: %v (-want +got):\n%s", test.what, odd, diff)
		}
	}
}

// The repository has other documents beside those of CVEs, which are passed over; other authors' are told.
func TestOthers(t *testing.T) {
	text := document([3]string{"affected", `"action_statement":""`, "a jammy"})
	files := fstest.MapFS{
		"a.json": {Data: []byte(text)}, "b.json": {Data: []byte(strings.Replace(text, "Canonical Ltd.", "Acme", 1))},
		"c.json": {Data: []byte(`{"id":"USN-1-1"}`)},
	}
	records, odd := inteltest.Parse(t, ubuntu.Feed{}, files)
	if len(records) != 1 || len(odd) != 1 || !strings.Contains(odd[0].Error(), "Acme") {
		t.Errorf("%d records, %v", len(records), odd)
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"CVE-2016-20013.json", "CVE-2023-38545.json"} {
		text, err := fs.ReadFile(os.DirFS("testdata"), name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for r, err := range (ubuntu.Feed{}).Parse(t.Context(), inteltest.File("a.json", string(text))) {
			for i := range r.Packages {
				if p := &r.Packages[i]; err != nil || p.Name == "" || !strings.HasPrefix(p.Ecosystem, "Ubuntu:") || len(p.Ranges) != 1 {
					t.Fatalf("%v, %+v", err, p)
				}
			}
		}
	})
}
