package sbom_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/parse"
	"github.com/muster-project/muster/internal/inventory/sbom"
)

// The same machine in each format: facts as Syft 1.18 and Trivy 0.58 write them (schema 16.0.20; type Report), and
// SPDX 2.3 and 3.0.1 as their specifications have them. The rpm owns the files of python's requests.
const (
	asCycloneDX = `{"bomFormat":"CycloneDX","specVersion":"1.5","components":[
		{"type":"operating-system","name":"debian","version":"12"},
		{"type":"library","name":"libcurl4","version":"7.88.1-10+deb12u5","purl":"pkg:deb/debian/libcurl4@7.88.1-10%2Bdeb12u5?arch=amd64&distro=debian-12&upstream=curl"},
		{"type":"library","name":"bind9-libs","version":"1:9.18.19-1","purl":"pkg:deb/debian/bind9-libs@9.18.19-1?arch=amd64&distro=debian-12&epoch=1&upstream=bind9"},
		{"type":"library","name":"lodash","version":"4.17.20","purl":"pkg:npm/lodash@4.17.20"},
		{"type":"application","name":"agent","version":"1.2","supplier":{"name":"ACME Inc."},"cpe":"cpe:2.3:a:acme:agent:1.2:*:*:*:*:*:*:*"}]}`
	asSyft = `{"artifacts":[
		{"id":"a1","name":"libcurl4","version":"7.88.1-10+deb12u5","type":"deb","cpes":[{"cpe":"cpe:2.3:a:libcurl4:libcurl4:7.88.1:*:*:*:*:*:*:*","source":"syft-generated"}],
		 "purl":"pkg:deb/debian/libcurl4@7.88.1-10%2Bdeb12u5?arch=amd64&distro=debian-12&upstream=curl","metadata":{"package":"libcurl4","source":"curl"}},
		{"id":"a2","name":"bind9-libs","version":"1:9.18.19-1","type":"deb","purl":"pkg:deb/debian/bind9-libs@9.18.19-1?arch=amd64&distro=debian-12&epoch=1&upstream=bind9"},
		{"id":"a3","name":"lodash","version":"4.17.20","type":"npm","cpes":["cpe:2.3:a:lodash:lodash:4.17.20:*:*:*:*:*:*:*","cpe:2.3:a:x:lodash:4.17.20:*:*:*:*:*:*:*"],"purl":"pkg:npm/lodash@4.17.20"},
		{"id":"a4","name":"requests","version":"2.28.1","type":"python","purl":"pkg:pypi/requests@2.28.1"},null],
		"artifactRelationships":[{"parent":"a1","child":"a4","type":"ownership-by-file-overlap"},{"parent":"a1","child":"a3","type":"contains"}],
		"source":{"type":"directory","target":"/"},"distro":{"prettyName":"Debian GNU/Linux 12 (bookworm)","name":"Debian GNU/Linux","id":"debian","versionID":"12"},
		"descriptor":{"name":"syft","version":"1.18.0"},"schema":{"version":"16.0.20"}}`
	asTrivy = `{"SchemaVersion":2,"ArtifactName":"/","ArtifactType":"filesystem","Metadata":{"OS":{"Family":"debian","Name":"12"}},"Results":[
		{"Target":"/ (debian 12)","Class":"os-pkgs","Type":"debian","Packages":[
		 {"ID":"libcurl4@7.88.1","Name":"libcurl4","Identifier":{"PURL":"pkg:deb/debian/libcurl4@7.88.1-10%2Bdeb12u5?arch=amd64&distro=debian-12","UID":"x"},"Version":"7.88.1","Release":"10+deb12u5","Arch":"amd64","SrcName":"curl","SrcVersion":"7.88.1","SrcRelease":"10+deb12u5"},
		 {"Name":"bind9-libs","Identifier":{"PURL":"pkg:deb/debian/bind9-libs@9.18.19-1?arch=amd64&distro=debian-12&epoch=1"},"Version":"9.18.19","Release":"1","Epoch":1,"SrcName":"bind9","SrcVersion":"9.18.19","SrcRelease":"1","SrcEpoch":1}],
		 "Vulnerabilities":[{"VulnerabilityID":"CVE-2023-38545"}]},
		{"Target":"Node.js","Class":"lang-pkgs","Type":"node-pkg","Packages":[{"Name":"lodash","Identifier":{"PURL":"pkg:npm/lodash@4.17.20"},"Version":"4.17.20"}]},
		{"Target":"secrets","Class":"secret"}]}`
	asTagValue = `SPDXVersion: SPDX-2.3
DataLicense: CC0-1.0
## Packages
PackageName: libcurl4
SPDXID: SPDXRef-1
PackageVersion: 7.88.1-10+deb12u5
PackageSupplier: Organization: Debian
PackageComment: <text>two
PackageName: not a package
lines</text>
ExternalRef: PACKAGE-MANAGER purl pkg:deb/debian/libcurl4@7.88.1-10%2Bdeb12u5?arch=amd64&distro=debian-12&upstream=curl
ExternalRef: SECURITY cpe23Type cpe:2.3:a:libcurl4:libcurl4:7.88.1:*:*:*:*:*:*:*

PackageName: bind9-libs
SPDXID: SPDXRef-2
PackageVersion: 1:9.18.19-1
ExternalRef: PACKAGE-MANAGER purl pkg:deb/debian/bind9-libs@9.18.19-1?arch=amd64&distro=debian-12&epoch=1&upstream=bind9
FileName: ./bin/x
SPDXID: SPDXRef-3
PackageName: lodash
SPDXID: SPDXRef-4
PackageVersion: 4.17.20
ExternalRef: PACKAGE-MANAGER purl pkg:npm/lodash@4.17.20
PackageName: requests
SPDXID: SPDXRef-5
PackageVersion: 2.28.1
ExternalRef: PACKAGE-MANAGER purl pkg:pypi/requests@2.28.1
PackageName: image
SPDXID: SPDXRef-6
PrimaryPackagePurpose: CONTAINER
Relationship: SPDXRef-1 OTHER SPDXRef-5
RelationshipComment: ownership-by-file-overlap: indicates that the parent package claims ownership of a child package
`
	asSPDX3 = `{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[
		{"type":"CreationInfo","@id":"_:c","specVersion":"3.0.1","createdBy":["urn:o"]},
		{"type":"software_Package","spdxId":"urn:1","name":"libcurl4","software_packageVersion":"7.88.1-10+deb12u5","suppliedBy":"urn:o",
		 "software_packageUrl":"pkg:deb/debian/libcurl4@7.88.1-10%2Bdeb12u5?arch=amd64&distro=debian-12&upstream=curl"},
		{"type":"software_Package","spdxId":"urn:2","name":"bind9-libs","software_packageVersion":"1:9.18.19-1","externalIdentifier":[
		 {"type":"ExternalIdentifier","externalIdentifierType":"packageUrl","identifier":"pkg:deb/debian/bind9-libs@9.18.19-1?arch=amd64&distro=debian-12&epoch=1&upstream=bind9"}]},
		{"type":"software_Package","spdxId":"urn:3","name":"lodash","software_packageVersion":"4.17.20","software_packageUrl":"pkg:npm/lodash@4.17.20"},
		{"type":"software_Package","spdxId":"urn:4","name":"requests","software_packageUrl":"pkg:pypi/requests@2.28.1"},
		{"type":"software_Package","spdxId":"urn:5","name":"image","software_primaryPurpose":"container"},
		{"type":"Relationship","from":"urn:1","to":["urn:4"],"relationshipType":"other","comment":"ownership-by-file-overlap: x"},
		{"type":"Organization","spdxId":"urn:o","name":"Debian"}]}`
)

var formats = map[string]struct {
	text   string
	format inventory.Format
}{
	"Syft": {asSyft, inventory.FormatSyft}, "Trivy": {asTrivy, inventory.FormatTrivy},
	"tag-value": {asTagValue, inventory.FormatTagValue}, "SPDX 3": {asSPDX3, inventory.FormatSPDX},
}

// decode recognises a document by its content and decodes it.
func decode(t *testing.T, text []byte) *inventory.Report {
	t.Helper()
	r, ok, err := sbom.Decode(inventory.Detect(text), text, sbom.Identity{DeviceName: "web1"})
	if err != nil || !ok {
		t.Fatalf("%v, %v in %.60s", ok, err, text)
	}
	if err := r.Normalize(r.Time); err != nil {
		t.Fatal(err)
	}
	return r
}

// TestFormatsAgree: a machine has the same software, whatever format says so. Package URLs may have fewer
// qualifiers, where the source is told in another way.
func TestFormatsAgree(t *testing.T) {
	want := decode(t, []byte(asCycloneDX))
	want.Software = want.Software[1:] // the agent has no package URL, which Trivy and Syft leave out
	for i := range want.Software {
		want.Software[i].PURL = strings.TrimSuffix(strings.Split(want.Software[i].PURL, "&upstream")[0], "&")
	}
	for name, test := range formats {
		t.Run(name, func(t *testing.T) {
			if got := inventory.Detect([]byte(test.text)); got != test.format {
				t.Fatalf("taken for %v", got)
			}
			got := decode(t, []byte(test.text))
			for i := range got.Software {
				got.Software[i].PURL = strings.Split(got.Software[i].PURL, "&upstream")[0]
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			wide := []byte{0xff, 0xfe}
			for _, unit := range utf16.Encode([]rune(test.text)) {
				wide = append(wide, byte(unit), byte(unit>>8))
			}
			if diff := cmp.Diff(decode(t, []byte(test.text)), decode(t, wide)); diff != "" {
				t.Errorf("in UTF-16: %s", diff)
			}
		})
	}
}

// TestFormatsRefuse: what a document lacks is named.
func TestFormatsRefuse(t *testing.T) {
	for text, want := range map[string]string{
		`{"artifacts":{}}`: "an array was expected",
		`{"SchemaVersion":2,"ArtifactName":"x","Results":[{"Class":"os-pkgs","Vulnerabilities":[]}]}`:                                                          "--list-all-pkgs",
		`{"SchemaVersion":2,"ArtifactName":"x","Results":[{"Packages":[{"Name":"bash","Version":"5"}]}]}`:                                                      "has no PURL for \"bash\"",
		"SPDXVersion: SPDX-1.2\nPackageName: x\n":                                                                                                              "want SPDX-2.1",
		`{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":{}}`:                                                                            "an array was expected",
		`{"@context":"https://spdx.org/rdf/3.1.0/spdx-context.jsonld","@graph":[]}`:                                                                            "want one of SPDX 3.0",
		`{"@context":"https://spdx.org/rdf/3.0.1/spdx-context.jsonld","@graph":[` + strings.Repeat(`{"type":"software_Package","name":"x"},`, 40_001) + `{}]}`: "more than 40000 packages",
	} {
		_, ok, err := sbom.Decode(inventory.Detect([]byte(text)), []byte(text), sbom.Identity{DeviceName: "web1"})
		if !ok || !errors.Is(err, parse.ErrInvalid) && !errors.Is(err, parse.ErrTooLarge) ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%.90s: %v, %v, want %q", text, ok, err, want)
		}
	}
}

func FuzzDecode(f *testing.F) {
	for _, test := range formats {
		f.Add([]byte(test.text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for format := inventory.FormatReport; format.MediaType() != inventory.FormatUnknown.MediaType(); format++ {
			r, ok, err := sbom.Decode(format, bytes.Clone(text), sbom.Identity{DeviceName: "web1"})
			if !ok || err != nil {
				continue
			}
			if err := r.Validate(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
