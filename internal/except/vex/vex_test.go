package vex_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/except/vex"
)

// lines tells a document's exceptions, one a line.
func lines(d *vex.Document) (all []string) {
	for _, e := range d.Exceptions {
		one := []string{e.CVE, string(e.Status)}
		for _, part := range []string{e.Product.PURL, e.Product.Vendor + "/" + e.Product.Name + "@" + e.Product.Version, e.Device,
			e.Group, e.Reason, e.By} {
			if part != "" && part != "/@" {
				one = append(one, part)
			}
		}
		if e.Mark {
			one = append(one, "mark")
		}
		if !e.Stated.IsZero() {
			one = append(one, "at "+e.Stated.Format("2006-01-02"))
		}
		if !e.Until.IsZero() {
			one = append(one, "until "+e.Until.Format("2006-01-02"))
		}
		all = append(all, strings.Join(one, " "))
	}
	return all
}

// The documents have the structure of the specifications' examples, with names of our own: OpenVEX 0.2.0 and
// 0.0.1, CycloneDX's bom-examples/VEX, CSAF 2.0 section 3.2.
var documents = map[string]struct {
	text    string
	scoped  bool
	want    []string
	skipped []string
}{
	"openvex": {text: `{"@context":"https://openvex.dev/ns/v0.2.0","@id":"https://example.com/vex/1","author":"Ann","timestamp":"2026-01-01T00:00:00Z",
		"version":1,"statements":[
		{"vulnerability":{"name":"CVE-2024-0001"},"products":[{"@id":"pkg:deb/debian/curl@7.88.1-10"}],"status":"not_affected","justification":"vulnerable_code_not_present"},
		{"vulnerability":{"@id":"https://nvd.nist.gov/vuln/detail/CVE-2024-0002","name":"GHSA-5j5w-g665-5m35","aliases":["CVE-2024-0002"]},
		 "products":[{"@id":"urn:x","identifiers":{"purl":"pkg:npm/a@1.0.0"}},{"identifiers":{"cpe23":"cpe:2.3:a:google:chrome:1.2:*:*:*:*:*:*:*"}}],"status":"fixed","timestamp":"2026-02-01T00:00:00Z"},
		{"vulnerability":{"name":"CVE-2024-0003"},"products":[{"@id":"pkg:oci/app","subcomponents":[{"@id":"pkg:npm/b@1"}]}],"status":"not_affected","impact_statement":"not called"},
		{"vulnerability":{"name":"CVE-2024-0004"},"products":[{"@id":"pkg:npm/c"}],"status":"fixed"},
		{"vulnerability":{"name":"CVE-2024-0005"},"products":[{"@id":"pkg:npm/c"}],"status":"affected","action_statement":"update","last_updated":"2026-03-01T00:00:00Z"},
		{"vulnerability":{"name":"CVE-2024-0006"},"products":[{"@id":"https://example.com/p"},{"identifiers":{"cpe23":"cpe:2.3:a:google:chrome:1.2:*:*:*:lts:*:*:*"}}],"status":"not_affected"},
		{"vulnerability":{"name":"CVE-2024-0007"},"products":[{"@id":"pkg:npm/c"}],"status":"harmless"},
		{"vulnerability":{"name":"our bug"},"products":[{"@id":"pkg:npm/c"}],"status":"not_affected"}]}`,
		want: []string{
			"CVE-2024-0001 not_affected pkg:deb/debian/curl@7.88.1-10 vulnerable_code_not_present Ann at 2026-01-01",
			"CVE-2024-0002 fixed pkg:npm/a@1.0.0 Ann at 2026-02-01", "CVE-2024-0002 fixed google/chrome@1.2 Ann at 2026-02-01",
			"CVE-2024-0005 affected pkg:npm/c update Ann at 2026-03-01"},
		skipped: []string{"1: about a part of another product: name the devices or the group that have it",
			"1: fixed, without a version", "1: neither a CVE nor an advisory",
			"2: no package URL, and no CPE of vendor, name and version", "1: the status is not one of the format"}},
	"openvex with a scope": {text: `{"@context":"https://openvex.dev/ns/v0.2.0","@id":"x","timestamp":"2026-01-01T00:00:00Z","statements":[
		{"vulnerability":{"name":"CVE-2024-0003"},"products":[{"@id":"pkg:oci/app","subcomponents":[{"@id":"pkg:npm/b@1"}]}],"status":"not_affected","impact_statement":"not called"}]}`,
		scoped: true, want: []string{"CVE-2024-0003 not_affected pkg:npm/b@1 not called at 2026-01-01"}},
	"openvex 0.0.1": {text: `{"@context":"https://openvex.dev/ns","@id":"x","author":"Ann","timestamp":"2026-01-01T00:00:00Z","statements":[
		{"vulnerability":"CVE-2024-0001","products":["pkg:apk/wolfi/git@2.39.0-r1?arch=armv7"],"status":"under_investigation"},
		{"vulnerability":"CVE-2024-0001","products":["pkg:apk/wolfi/git@2.39.0-r1"],"subcomponents":["pkg:apk/wolfi/zlib@1"],"status":"not_affected"}]}`,
		want:    []string{"CVE-2024-0001 under_investigation pkg:apk/wolfi/git@2.39.0-r1?arch=armv7 Ann at 2026-01-01"},
		skipped: []string{"1: about a part of another product: name the devices or the group that have it"}},
	"cyclonedx": {text: `{"bomFormat":"CycloneDX","specVersion":"1.5","serialNumber":"urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79","version":1,
		"metadata":{"timestamp":"2026-01-01T00:00:00Z","component":{"bom-ref":"app","purl":"pkg:npm/app@1.0.0"}},
		"components":[{"bom-ref":"lib","purl":"pkg:npm/lib@2.0.0"}],
		"vulnerabilities":[
		{"id":"CVE-2024-0001","analysis":{"state":"not_affected","justification":"code_not_reachable","detail":"never called"},"affects":[{"ref":"app"},{"ref":"lib"}]},
		{"id":"SNYK-1","references":[{"id":"CVE-2024-0002"}],"analysis":{"state":"false_positive","lastUpdated":"2026-02-01T00:00:00Z"},"affects":[{"ref":"urn:cdx:3e671687-395b-41f5-a30f-a58921a69b79/1#app"}]},
		{"id":"CVE-2024-0003","analysis":{"state":"resolved"},"affects":[{"ref":"urn:cdx:11111111-395b-41f5-a30f-a58921a69b79/1#lib"}]},
		{"id":"CVE-2024-0004","affects":[{"ref":"app"}]},
		{"id":"CVE-2024-0005","analysis":{"state":"exploitable"},"affects":[{"ref":"app","versions":[{"version":"1.0.0","status":"unaffected"},{"range":"vers:npm/<1","status":"affected"}]}]}]}`,
		want: []string{
			"CVE-2024-0001 not_affected pkg:npm/app@1.0.0 code_not_reachable: never called urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79 at 2026-01-01",
			"CVE-2024-0002 not_affected pkg:npm/app@1.0.0 urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79 at 2026-02-01",
			"CVE-2024-0005 not_affected pkg:npm/app@1.0.0 urn:uuid:3e671687-395b-41f5-a30f-a58921a69b79 at 2026-01-01"},
		skipped: []string{"1: about a component of another document", "1: about a part of another product: name the devices or the group that have it",
			"1: about a range of versions"}},
	"cyclonedx without a subject": {text: `{"bomFormat":"CycloneDX","specVersion":"1.4","components":[{"bom-ref":"lib","purl":"pkg:npm/lib","components":[{"bom-ref":"in","purl":"pkg:npm/in@1"}]}],
		"vulnerabilities":[{"id":"CVE-2024-0001","analysis":{"state":"in_triage"},"affects":[{"ref":"lib","versions":[{"version":"2.0"}]},{"ref":"in"}]}]}`,
		want:    []string{"CVE-2024-0001 under_investigation pkg:npm/lib@2.0"},
		skipped: []string{"1: about a part of another product: name the devices or the group that have it"}},
	"csaf": {text: `{"document":{"category":"csaf_vex","csaf_version":"2.0","publisher":{"name":"Acme","namespace":"https://acme.example"},
		"tracking":{"id":"ACME-1","status":"final","version":"1","current_release_date":"2026-01-01T00:00:00Z"}},
		"product_tree":{"branches":[{"category":"vendor","name":"Acme","branches":[
		  {"category":"product_version","name":"1","product":{"product_id":"A","product_identification_helper":{"purl":"pkg:npm/a@1"}}},
		  {"category":"product_version_range","name":"<2","product":{"product_id":"R","product_identification_helper":{"purl":"pkg:npm/a"}}},
		  {"category":"product_name","name":"os","product":{"product_id":"OS","product_identification_helper":{"cpe":"cpe:/o:acme:linux:9"}}}]}],
		 "full_product_names":[{"product_id":"C","product_identification_helper":{"cpe":"cpe:2.3:a:acme:tool:3.1:*:*:*:*:*:*:*"}}],
		 "relationships":[{"category":"default_component_of","product_reference":"A","relates_to_product_reference":"OS","full_product_name":{"product_id":"OS:A"}}],
		 "product_groups":[{"group_id":"G","product_ids":["C"]}]},
		"vulnerabilities":[{"cve":"CVE-2024-0001","product_status":{"known_not_affected":["A","C","R","OS:A"],"fixed":["OS"],"under_investigation":["X"]},
		  "flags":[{"label":"component_not_present","product_ids":["A"],"group_ids":["G"]}],"threats":[{"category":"impact","details":"not built","product_ids":["A"]}]}]}`,
		want: []string{"CVE-2024-0001 not_affected pkg:npm/a@1 component_not_present: not built Acme at 2026-01-01",
			"CVE-2024-0001 not_affected acme/tool@3.1 component_not_present Acme at 2026-01-01",
			"CVE-2024-0001 fixed acme/linux@9 Acme at 2026-01-01"},
		skipped: []string{"1: about a part of another product: name the devices or the group that have it", "1: about a range of versions",
			"1: no package URL, and no CPE of vendor, name and version"}},
	"exceptions": {text: `{"exceptions":[{"cve":"cve-2024-0001","vendor":"google","name":"chrome","device":"web1","reason":"filtered","by":"Ann","until":"2026-12-31"},
		{"cve":"CVE-2024-0002","group":"Servers","action":"mark","reason":"planned"}]}`,
		want: []string{"CVE-2024-0001 accepted google/chrome@ web1 filtered Ann until 2027-01-01", "CVE-2024-0002 accepted Servers planned mark"}},
	"csv": {text: "CVE;Device;Reason;Until\r\nCVE-2024-0001;web1;\"filtered; by the proxy\";2026-12-31T10:00:00Z\r\n",
		want: []string{"CVE-2024-0001 accepted web1 filtered; by the proxy until 2026-12-31"}},
	"csv in UTF-16": {text: "\xff\xfe" + wide("cve,reason\nCVE-2024-0001,läuft nicht\n"),
		want: []string{"CVE-2024-0001 accepted läuft nicht"}},
}

func wide(text string) string {
	var b strings.Builder
	for _, r := range text {
		b.WriteByte(byte(r))
		b.WriteByte(byte(r >> 8))
	}
	return b.String()
}

func TestRead(t *testing.T) {
	for what, test := range documents {
		t.Run(what, func(t *testing.T) {
			d, err := vex.Read([]byte(test.text), test.scoped)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, lines(d)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if diff := cmp.Diff(test.skipped, d.Reasons()); diff != "" {
				t.Errorf("skipped: -want +got:\n%s", diff)
			}
		})
	}
}

func TestReadRefuses(t *testing.T) {
	for text, want := range map[string]string{
		``: "none of the formats",
		`{"@context":"openvex","statements":[` + strings.Repeat("{},", 200_000) + `{}]}`: "more than 200000 objects",
		`hello`:                  "none of the formats",
		`{"bomFormat":"SPDX"}`:   "none of the formats",
		`{"@context":"openvex",`: "reading JSON",
		`{"exceptions":[{"cve":"CVE-2024-0001"}]}`:                                       "exceptions[0].reason: is missing",
		`{"exceptions":[{"cve":"CVE-2024-0001","reason":"r","untill":"2026-01-01"}]}`:    "untill",
		`{"exceptions":[{"cve":"CVE-2024-0001","reason":"r","until":"soon"}]}`:           `until: is "soon"`,
		`{"exceptions":[{"cve":"chrome","reason":"r"}]}`:                                 `"chrome" is not a CVE id`,
		`{"exceptions":[{"cve":"CVE-2024-0001","reason":"r","action":"delete"}]}`:        `action: is "delete"`,
		"cve,reason,color\nCVE-2024-0001,r,red\n":                                        `column "color"`,
		"cve,reason\nCVE-2024-0001,\n":                                                   "line 2: reason: is missing",
		`{"@context":"https://openvex.dev/ns","timestamp":"yesterday","statements":[]}`:  "reading JSON",
		`{"exceptions":[{"cve":"CVE-2024-0001","reason":"r","purl":"pkg:","name":"a"}]}`: "product",
	} {
		if _, err := vex.Read([]byte(text), false); !errors.Is(err, vex.ErrInvalid) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.200s: %v, want %q", text, err, want)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, test := range documents {
		f.Add([]byte(test.text), test.scoped)
	}
	f.Fuzz(func(t *testing.T, text []byte, scoped bool) {
		d, err := vex.Read(text, scoped)
		if err != nil {
			if !errors.Is(err, vex.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		for i := range d.Exceptions {
			if err := d.Exceptions[i].Check(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
