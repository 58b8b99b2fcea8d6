package sbom_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/inventorytest"
	"github.com/muster-project/muster/internal/inventory/parse"
	"github.com/muster-project/muster/internal/inventory/sbom"
	"github.com/muster-project/muster/internal/inventory/stored"
)

// host identifies a device that the document does not name.
var host = sbom.Identity{DeviceName: "host"}

func TestSPDXOfImage(t *testing.T) {
	document := inventorytest.Shared(t, "inventory/rhel9-ubi/ubi9-9.6.spdx.json.gz")
	id := sbom.Identity{DeviceName: "ubi", OSArchitecture: "x86_64"}
	r, err := sbom.DecodeSPDX(bytes.NewReader(document), id)
	if err != nil {
		t.Fatal(err)
	}
	inventorytest.Normalized(t, r)
	wantDevice := inventory.Device{Name: "ubi", OSPlatform: "Linux", OSVersion: "enterprise_linux_9.6",
		OSArchitecture: "x86_64"}
	if diff := cmp.Diff(wantDevice, r.Device); diff != "" {
		t.Errorf("device (-want +got):\n%s", diff)
	}
	kinds, names := map[string]int{}, map[string]inventory.Software{}
	for _, s := range r.Software {
		kinds[s.Kind]++
		names[s.Name] = s
		if s.Kind == "rpm" && (s.Vendor != "red_hat" || !strings.Contains(s.Version, ":") ||
			strings.Contains(s.PURL, "arch=src")) {
			t.Errorf("unexpected %+v", s)
		}
	}
	if want := map[string]int{"rpm": 193}; !cmp.Equal(kinds, want) { // 18 Python distributions are files of these
		t.Errorf("software by kind %v, want %v", kinds, want)
	}
	want := inventory.Software{
		Kind: "rpm", Vendor: "red_hat", Name: "acl", Version: "0:2.3.1-4.el9",
		PURL:          "pkg:rpm/redhat/acl@2.3.1-4.el9?arch=x86_64&distro=rhel-9.6&upstream=acl-2.3.1-4.el9.src.rpm",
		SourcePackage: "acl", SourceVersion: "0:2.3.1-4.el9",
	}
	if diff := cmp.Diff(want, names["acl"]); diff != "" {
		t.Errorf("acl (-want +got):\n%s", diff)
	}
}

func TestSPDXOfSeveralArchitectures(t *testing.T) {
	document := inventorytest.Shared(t, "inventory/rhel9-ubi/ubi9-9.6.spdx.json.gz")
	_, err := sbom.DecodeSPDX(bytes.NewReader(document), sbom.Identity{DeviceName: "ubi"})
	const want = "osArchitecture: is missing, and the document has packages for arm64, ppc64le, s390x, x64"
	if !errors.Is(err, parse.ErrInvalid) || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

func TestCycloneDXOfApplication(t *testing.T) {
	var reports [2]*inventory.Report
	for i, format := range []string{"json", "xml"} {
		document := inventorytest.Shared(t, "inventory/cyclonedx/dropwizard-1.3.15.bom."+format+".gz")
		r, err := sbom.DecodeCycloneDX(bytes.NewReader(document), host)
		if err != nil {
			t.Fatal(err)
		}
		reports[i] = inventorytest.Normalized(t, r)
	}
	if diff := cmp.Diff(reports[0], reports[1]); diff != "" {
		t.Errorf("JSON and XML differ:\n%s", diff)
	}
	found := false
	for _, s := range reports[0].Software {
		found = found || cmp.Equal(s, inventory.Software{
			Kind: "maven", Vendor: "com.fasterxml.jackson.core", Name: "jackson-databind", Version: "2.9.10",
			PURL: "pkg:maven/com.fasterxml.jackson.core/jackson-databind@2.9.10?type=jar",
		})
	}
	if len(reports[0].Software) != 168 || !found {
		t.Errorf("%d software entries, jackson-databind 2.9.10 among them: %v; want 168 and true",
			len(reports[0].Software), found)
	}
}

// components wraps CycloneDX components into a document.
func components(list string) string {
	return `{"bomFormat":"CycloneDX","specVersion":"1.6","components":[` + list + `]}`
}

func TestCycloneDXSoftware(t *testing.T) {
	r, err := sbom.DecodeCycloneDX(strings.NewReader(components(`
		{"type":"operating-system","name":"debian","version":"12.5"},
		{"type":"container","name":"image","purl":"pkg:oci/image@sha256%3Aaa?arch=arm64"},
		{"type":"file","name":"/etc/passwd"},
		{"type":"library","name":"unused","scope":"excluded"},
		{"type":"library","name":"openssl","cpe":"cpe:2.3:a:openssl:openssl:3.0.11:*:*:*:*:*:*:*",
			"purl":"pkg:deb/debian/openssl@3.0.11-1~deb12u2?arch=amd64&distro=debian-12"},
		{"type":"library","name":"libc6","purl":"pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc"},
		{"type":"library","name":"libgcc","purl":"pkg:deb/debian/libgcc@12.2-1?arch=i386&distro=debian-12&upstream=gcc-12%4012.2-0"},
		{"type":"library","name":"zlib1g","purl":"pkg:deb/debian/zlib1g@1.2.13?arch=amd64&distro=debian-12&epoch=1",
			"properties":[{"name":"aquasecurity:trivy:SrcName","value":"zlib"},{"name":"aquasecurity:trivy:SrcVersion","value":"1.2.13.dfsg"},
				{"name":"aquasecurity:trivy:SrcRelease","value":"1"},{"name":"aquasecurity:trivy:SrcEpoch","value":"1"}]},
		{"type":"application","name":"tool","version":"1","publisher":"ACME","components":[
			{"type":"library","name":"x/mod","version":"v0.1.0","purl":"pkg:golang/golang.org/x/mod@v0.1.0"},
			{"type":"library","name":"odd","version":"2","purl":"not a purl"}]},
		{"type":"application","name":"guess","supplier":{"name":"G"},"cpe":"cpe:2.3:a:guess:guess:1:*:*:*:*:*:*:*",
			"properties":[{"name":"syft:cpe23","value":"cpe:2.3:a:other:guess:1:*:*:*:*:*:*:*"}]},
		{"type":"application","name":"named","group":"g","cpe":"cpe:2.3:a:g:named:1:*:*:*:*:*:*:*"}`)), host)
	if err != nil {
		t.Fatal(err)
	}
	want := &inventory.Report{
		Device: inventory.Device{Name: "host", OSPlatform: "Linux", OSVersion: "debian_linux_12", OSArchitecture: "x64"},
		Time:   inventorytest.Received, Source: "sbom",
		Software: []inventory.Software{
			{Kind: "generic", Vendor: "G", Name: "guess"},
			{Kind: "deb", Vendor: "debian", Name: "libc6", Version: "2.36-9",
				PURL: "pkg:deb/debian/libc6@2.36-9?arch=amd64&distro=debian-12&upstream=glibc", SourcePackage: "glibc",
				SourceVersion: "2.36-9"},
			{Kind: "deb", Vendor: "debian", Name: "libgcc", Version: "12.2-1",
				PURL: "pkg:deb/debian/libgcc@12.2-1?arch=i386&distro=debian-12&upstream=gcc-12%4012.2-0", SourcePackage: "gcc-12",
				SourceVersion: "12.2-0"},
			{Kind: "go", Vendor: "golang.org/x", Name: "mod", Version: "v0.1.0", PURL: "pkg:golang/golang.org/x/mod@v0.1.0"},
			{Kind: "generic", Vendor: "g", Name: "named", CPE: "cpe:2.3:a:g:named:1:*:*:*:*:*:*:*"},
			{Kind: "generic", Name: "odd", Version: "2"},
			{Kind: "deb", Vendor: "debian", Name: "openssl", Version: "3.0.11-1~deb12u2",
				PURL: "pkg:deb/debian/openssl@3.0.11-1~deb12u2?arch=amd64&distro=debian-12", SourcePackage: "openssl",
				SourceVersion: "3.0.11-1~deb12u2"},
			{Kind: "generic", Vendor: "ACME", Name: "tool", Version: "1"},
			{Kind: "deb", Vendor: "debian", Name: "zlib1g", Version: "1:1.2.13",
				PURL: "pkg:deb/debian/zlib1g@1.2.13?arch=amd64&distro=debian-12&epoch=1", SourcePackage: "zlib",
				SourceVersion: "1:1.2.13.dfsg-1"},
		},
	}
	if diff := cmp.Diff(want, inventorytest.Normalized(t, r)); diff != "" {
		t.Errorf("DecodeCycloneDX (-want +got):\n%s", diff)
	}
}

func TestSPDXSoftware(t *testing.T) {
	purl := func(url string) string {
		return `"externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"` + url +
			`"}]`
	}
	cpe := func(cpe string) string {
		return `{"referenceCategory":"SECURITY","referenceType":"cpe23Type","referenceLocator":"` + cpe + `"}`
	}
	r, err := sbom.DecodeSPDX(strings.NewReader(`{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","packages":[
		{"name":"kernel","versionInfo":"x",`+purl("pkg:rpm/almalinux/kernel@5.14.0-427.el9?arch=x86_64&distro=almalinux-9.4&upstream=kernel-5.14.0-427.el9.src.rpm")+`},
		{"name":"bind",`+purl("pkg:rpm/almalinux/bind@9.16.23-18?arch=x86_64&epoch=32&upstream=bind-9.16.23-18.src.rpm")+`},
		{"name":"bind","versionInfo":"1",`+purl("pkg:rpm/almalinux/bind@9.16.23-18?arch=src&epoch=32")+`},
		{"name":"gpg-pubkey",`+purl("pkg:rpm/almalinux/gpg-pubkey@1-2?distro=almalinux-9.4")+`},
		{"name":"image","primaryPackagePurpose":"CONTAINER"},
		{"name":"tool","versionInfo":"3","supplier":"Organization: ACME Inc.","externalRefs":[`+cpe("cpe:2.3:a:acme:tool:3:*:*:*:*:*:*:*")+`]},
		{"name":"guess","versionInfo":"3","supplier":"NOASSERTION","externalRefs":[`+cpe("cpe:2.3:a:a:guess:3:*:*:*:*:*:*:*")+`,`+cpe("cpe:2.3:a:b:guess:3:*:*:*:*:*:*:*")+`]}]}`),
		sbom.Identity{DeviceName: "override", DeviceID: strings.Repeat("A", 40), OSPlatform: "Linux",
			OSVersion: "almalinux_9.5", OSArchitecture: "amd64"})
	if err != nil {
		t.Fatal(err)
	}
	want := &inventory.Report{
		Device: inventory.Device{ID: strings.Repeat("a", 40), Name: "override", OSPlatform: "Linux",
			OSVersion: "almalinux_9.5", OSArchitecture: "amd64"},
		Time: inventorytest.Received, Source: "sbom",
		Software: []inventory.Software{
			{Kind: "rpm", Vendor: "almalinux", Name: "bind", Version: "32:9.16.23-18",
				PURL:          "pkg:rpm/almalinux/bind@9.16.23-18?arch=x86_64&epoch=32&upstream=bind-9.16.23-18.src.rpm",
				SourcePackage: "bind", SourceVersion: "32:9.16.23-18"},
			{Kind: "generic", Name: "guess", Version: "3"},
			{Kind: "rpm", Vendor: "almalinux", Name: "kernel", Version: "0:5.14.0-427.el9",
				PURL: "pkg:rpm/almalinux/kernel@5.14.0-427.el9?arch=x86_64&distro=almalinux-9.4&upstream=kernel-5.14.0-427.el9.src.rpm", SourcePackage: "kernel", SourceVersion: "0:5.14.0-427.el9"},
			{Kind: "generic", Vendor: "ACME Inc.", Name: "tool", Version: "3", CPE: "cpe:2.3:a:acme:tool:3:*:*:*:*:*:*:*"},
		},
	}
	if diff := cmp.Diff(want, inventorytest.Normalized(t, r)); diff != "" {
		t.Errorf("DecodeSPDX (-want +got):\n%s", diff)
	}
}

func TestSBOMDevice(t *testing.T) {
	const device = `{"bomFormat":"CycloneDX","specVersion":"1.5","metadata":{"component":{"type":"device","name":"printer"}}}`
	for _, test := range []struct{ name, want string }{{"", "printer"}, {"host", "host"}} {
		r, err := sbom.DecodeCycloneDX(strings.NewReader(device), sbom.Identity{DeviceName: test.name})
		if err != nil || r.Device.Name != test.want {
			t.Errorf("with deviceName %q: device %v, error %v, want %q", test.name, r, err, test.want)
		}
	}
	_, err := sbom.DecodeCycloneDX(strings.NewReader(components("")), sbom.Identity{})
	if !errors.Is(err, sbom.ErrNoDevice) || !errors.Is(err, parse.ErrInvalid) ||
		!strings.Contains(err.Error(), "deviceName") {
		t.Errorf("a document without a device: error %v, want ErrNoDevice that names the parameter", err)
	}
}

func TestSBOMDistribution(t *testing.T) {
	for _, test := range []struct{ distro, version, platform string }{
		{"rhel-9.6", "enterprise_linux_9.6", "Linux"},
		{"redhat-9.6", "enterprise_linux_9.6", "Linux"},
		{"alpine-3.20.3", "alpine_linux_3.20", "Linux"},
		{"opensuse.leap-15.6", "opensuse_leap_15.6", "Linux"},
		{"amazon-2 (Karoo)", "amazon_linux_2", "Linux"},
		{"arch", "arch_linux", "Linux"},
		{"bookworm", "", ""},
		{"", "", ""},
	} {
		purl := "pkg:rpm/x/a@1?distro=" + strings.ReplaceAll(test.distro, " ", "%20")
		r, err := sbom.DecodeCycloneDX(strings.NewReader(components(`{"type":"library","name":"a","purl":"`+purl+`"}`)),
			host)
		if err != nil {
			t.Errorf("distro=%s: %v", test.distro, err)
			continue
		}
		if r.Device.OSVersion != test.version || r.Device.OSPlatform != test.platform {
			t.Errorf("distro=%s: %q on %q, want %q on %q", test.distro, r.Device.OSVersion, r.Device.OSPlatform,
				test.version, test.platform)
		}
	}
}

// numbered lists n different components.
func numbered(n int) string {
	var list strings.Builder
	for i := range n {
		fmt.Fprintf(&list, `,{"type":"library","name":"n%d"}`, i)
	}
	return list.String()[1:]
}

func TestSBOMRefuses(t *testing.T) {
	repeat := func(n int, item string) string { return strings.TrimSuffix(strings.Repeat(item+",", n), ",") }
	const bom = `<bom xmlns="http://cyclonedx.org/schema/bom/1.6" version="1">`
	huge := strings.Repeat(" ", inventory.MaxReport+1)
	for _, test := range []struct {
		name, document string
		kind           error
		want           string
	}{
		{"empty", "", parse.ErrInvalid, "byte 0: the text ends"},
		{"cut", `{"bomFormat":"CycloneDX"`, parse.ErrInvalid, "byte 24: the text ends"},
		{"followed", components("") + "x", parse.ErrInvalid, "the end of the text was expected"},
		{"other", `{}`, parse.ErrInvalid, `bomFormat: is "", want "CycloneDX"`},
		{"types", components(`{"name":[]}`), parse.ErrInvalid, "components[0].name: byte 67: a string was expected"},
		{"deep", components(strings.Repeat(`{"components":[`, 40)), parse.ErrInvalid, "nest deeper than 32"},
		{"listed", components(repeat(2*inventory.MaxSoftware+1, `{"type":"library"}`)), parse.ErrTooLarge,
			"more than 40000 components"},
		{"software", components(numbered(inventory.MaxSoftware + 1)), parse.ErrInvalid,
			"software: has more than 20000 entries"},
		{"a list of objects", components(`1`), parse.ErrInvalid, "components[0]: byte 59: an object was expected"},
		{"a list", `{"components":{}}`, parse.ErrInvalid, "components: byte 14: an array was expected"},
		{"huge", huge, parse.ErrTooLarge, "more than 16777216 bytes"},
		{"name", components(`{"type":"library","name":"` + strings.Repeat("a", inventory.MaxString+1) + `"}`),
			parse.ErrInvalid, "software[0].name: is 65537 bytes long"},
		{"xml cut", bom, parse.ErrInvalid, "is not XML"},
		{"xml other", `<html xmlns="http://cyclonedx.org/schema/bom/1.6"/>`, parse.ErrInvalid,
			`the element "html" is not a CycloneDX bom`},
		{"xml namespace", `<bom/>`, parse.ErrInvalid, "is not a CycloneDX bom"},
		{"xml entities", `<!DOCTYPE bom [<!ENTITY a "b">]>` + bom + `</bom>`, parse.ErrInvalid, "document type declaration"},
		{"xml deep", bom + strings.Repeat("<components><component>", 20), parse.ErrInvalid, "nest deeper than 32"},
		{"xml attributes", bom + "<x " + strings.Repeat(`a="" `, 65) + "/></bom>", parse.ErrTooLarge,
			"byte 61: an element has more than 64 attributes"},
		{"xml listed", bom + "<components>" + strings.Repeat(`<component type="library"/>`, 2*inventory.MaxSoftware+1),
			parse.ErrTooLarge, "more than 40000 components"},
		{"xml elements", bom + strings.Repeat("<a/>", 2_000_001), parse.ErrTooLarge, "more than 2000000 elements"},
		{"xml twice", bom + "</bom>" + bom + "</bom>", parse.ErrInvalid, `the element "bom" follows`},
		{"xml nothing", "<!-- -->", parse.ErrInvalid, "an element was expected"},
		{"xml text", bom + "<components><component><name>" + strings.Repeat("a", inventory.MaxString+1), parse.ErrInvalid,
			"components.component.name: is longer than 65536 bytes"},
	} {
		_, err := sbom.DecodeCycloneDX(strings.NewReader(test.document), host)
		if !errors.Is(err, test.kind) || !strings.Contains(fmt.Sprint(err), test.want) {
			t.Errorf("%s: error %v, want %v and %q", test.name, err, test.kind, test.want)
		}
	}
	for _, document := range []string{`{}`, `[]`, `{"spdxVersion":"SPDX-9"}`,
		`{"spdxVersion":"SPDX-2.3","packages":[1]}`} {
		if _, err := sbom.DecodeSPDX(strings.NewReader(document), host); !errors.Is(err, parse.ErrInvalid) {
			t.Errorf("SPDX %s: error %v, want ErrInvalid", document, err)
		}
	}
}

// checkSBOM checks what must hold for the report of every SBOM.
func checkSBOM(t *testing.T, codec *stored.Codec, r *inventory.Report, err error) {
	if err != nil {
		if !errors.Is(err, parse.ErrInvalid) {
			t.Errorf("error %v does not wrap ErrInvalid", err)
		}
		return
	}
	inventorytest.CheckRoundTrip(t, codec, r)
}

func FuzzDecodeCycloneDX(f *testing.F) {
	f.Add(components(`{"type":"library","name":"a","purl":"pkg:rpm/redhat/a@1?arch=x86_64&distro=rhel-9.6&upstream=a-1-2.src.rpm","components":[{"type":"device"}]}`))
	f.Add(`<bom xmlns="http://cyclonedx.org/schema/bom/1.2"><metadata><component type="library"><name>a</name></component></metadata></bom>`)
	f.Add(components(`{"type":"application","properties":[{"name":"syft:cpe23"}],"supplier":{"name":"s"},"licenses":[{"expression":"MIT"}]}`))
	codec := inventorytest.Codec(f)
	f.Fuzz(func(t *testing.T, document string) {
		r, err := sbom.DecodeCycloneDX(strings.NewReader(document), host)
		checkSBOM(t, codec, r, err)
	})
}

func FuzzDecodeSPDX(f *testing.F) {
	f.Add(`{"spdxVersion":"SPDX-2.3","packages":[{"name":"a","supplier":"Organization: b","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:deb/debian/a@1?epoch=2"}],"hasFiles":["SPDXRef-a"],"filesAnalyzed":false}]}`)
	f.Add(`{"spdxVersion":"SPDX-2.2","packages":[{"name":"a","originator":"NOASSERTION"}],"relationships":[{"spdxElementId":"SPDXRef-a","relatedSpdxElement":"NONE"}]}`)
	f.Add(`{"spdxVersion":"SPDX-2.1","SPDXID":"SPDXRef-DOCUMENT","documentDescribes":["SPDXRef-a"],"files":[{"fileName":"f","checksums":[]}]}`)
	codec := inventorytest.Codec(f)
	f.Fuzz(func(t *testing.T, document string) {
		r, err := sbom.DecodeSPDX(strings.NewReader(document), host)
		checkSBOM(t, codec, r, err)
	})
}

func TestSBOMPackageVendor(t *testing.T) {
	for _, test := range []struct{ purl, osVersion, want string }{
		{"pkg:rpm/redhat/a@1?distro=almalinux-9.4", "", "almalinux"},
		{"pkg:rpm/redhat/a@1", "rocky_linux_9.4", "red_hat"},
		{"pkg:rpm/a@1", "rocky_linux_9.4", "rocky"},
		{"pkg:apk/alpine/a@1", "", "alpine"},
		{"pkg:deb/a@1", "", ""},
	} {
		id := sbom.Identity{DeviceName: "host", OSVersion: test.osVersion}
		r, err := sbom.DecodeCycloneDX(strings.NewReader(components(`{"type":"library","name":"a","purl":"`+test.purl+`"}`)),
			id)
		if err != nil {
			t.Errorf("%s: %v", test.purl, err)
			continue
		}
		if got := r.Software[0].Vendor; got != test.want {
			t.Errorf("%s on %q has the vendor %q, want %q", test.purl, test.osVersion, got, test.want)
		}
	}
}

// TestBroughtByDistribution: a package of a language is that of the distribution which brings it, as far as its place
// and the packages beside it show. Properties are those of Syft and Trivy; what SPDX has is Syft's.
func TestBroughtByDistribution(t *testing.T) {
	const debian, rocky, alpine, suse = "pkg:deb/debian/python3-requests@2.28.1%2Bdfsg-1?distro=debian-12",
		"pkg:rpm/rocky/python3-requests@2.25.1-8.el9?distro=rocky-9", "pkg:apk/alpine/py3-requests@2.31.0-r0?distro=alpine-3.19",
		"pkg:rpm/suse/python3-requests@2.25.1-1?distro=sles-15.6"
	for _, test := range []struct {
		what, system, purl, place string
		kept                      bool
	}{
		{"Debian's folder", debian, "pkg:pypi/pyyaml@6.0", "/usr/lib/python3/dist-packages/PyYAML-6.0.egg-info/PKG-INFO", false},
		{"Debian's folder, by Trivy", debian, "pkg:pypi/pyyaml@6.0", "usr/lib/python3/dist-packages/PyYAML-6.0.egg-info/PKG-INFO", false},
		{"Debian's Node.js", debian, "pkg:npm/semver@7.3.5", "/usr/share/nodejs/semver/package.json", false},
		{"pip on Debian", debian, "pkg:pypi/pyyaml@6.0", "/usr/local/lib/python3.11/dist-packages/PyYAML-6.0.dist-info/METADATA", true},
		{"npm of NodeSource", debian, "pkg:npm/left-pad@1.0.0", "/usr/lib/node_modules/left-pad/package.json", true},
		{"Rocky's folder", rocky, "pkg:pypi/pyyaml@5.4.1", "/usr/lib64/python3.9/site-packages/PyYAML-5.4.1.dist-info/METADATA", false},
		{"a virtual environment", rocky, "pkg:pypi/requests@2.25.1", "/opt/app-root/lib/python3.9/site-packages/requests-2.25.1.dist-info/METADATA", true},
		{"Rocky's Python 2", rocky, "pkg:pypi/pip@20.0", "/usr/lib/python2.7/site-packages/pip-20.0.dist-info/METADATA", true},
		{"the name and version of Alpine's", alpine, "pkg:pypi/requests@2.31.0", "/usr/lib/python3.11/site-packages/requests-2.31.0.dist-info/METADATA", false},
		{"another version than Alpine's", alpine, "pkg:pypi/requests@2.32.0", "/usr/lib/python3.11/site-packages/requests-2.32.0.dist-info/METADATA", true},
		{"pip on Alpine", alpine, "pkg:pypi/flask@3.0.0", "/usr/lib/python3.11/site-packages/flask-3.0.0.dist-info/METADATA", true},
		{"the name and version, elsewhere", alpine, "pkg:pypi/requests@2.31.0", "/srv/requests-2.31.0.dist-info/METADATA", true},
		{"SUSE's, by name", suse, "pkg:pypi/requests@2.25.1", "/usr/lib/python3.6/site-packages/requests-2.25.1.dist-info/METADATA", false},
		{"pip on SUSE", suse, "pkg:pypi/flask@3.0.0", "/usr/lib/python3.6/site-packages/flask-3.0.0.dist-info/METADATA", true},
		{"no place", debian, "pkg:pypi/requests@2.28.1", "", true},
		{"no distribution", "pkg:npm/a@1", "pkg:pypi/pyyaml@6.0", "/usr/lib/python3/dist-packages/PyYAML-6.0.egg-info/PKG-INFO", true},
	} {
		property := "syft:location:0:path"
		if test.place != "" && test.place[0] != '/' {
			property = "aquasecurity:trivy:FilePath"
		}
		component := func(purl string) string { return fmt.Sprintf(`"type":"library","name":"x","purl":%q`, purl) }
		inJSON := fmt.Sprintf(`{"bomFormat":"CycloneDX","components":[{%s},{%s,"properties":[{"name":%q,"value":%q}]}]}`,
			component(test.system), component(test.purl), property, test.place)
		inXML := fmt.Sprintf(`<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components><component type="library"><name>x</name><purl>%s</purl></component>`+
			`<component type="library"><name>x</name><purl>%s</purl><properties><property name=%q>%s</property></properties></component></components></bom>`,
			test.system, test.purl, property, test.place)
		inSPDX := fmt.Sprintf(`{"spdxVersion":"SPDX-2.3","packages":[{"name":"x","externalRefs":[{"referenceType":"purl","referenceLocator":%q}]},`+
			`{"name":"x","sourceInfo":"acquired package info from installed python package manifest file: %s, /a","externalRefs":[`+
			`{"referenceType":"purl","referenceLocator":%q}]}]}`, test.system, "/"+strings.TrimPrefix(test.place, "/"), test.purl)
		for form, decode := range map[string]func() (*inventory.Report, error){
			"JSON": func() (*inventory.Report, error) {
				return sbom.DecodeCycloneDX(strings.NewReader(inJSON), sbom.Identity{DeviceName: "a"})
			},
			"XML": func() (*inventory.Report, error) {
				return sbom.DecodeCycloneDX(strings.NewReader(inXML), sbom.Identity{DeviceName: "a"})
			},
			"SPDX": func() (*inventory.Report, error) {
				return sbom.DecodeSPDX(strings.NewReader(inSPDX), sbom.Identity{DeviceName: "a"})
			},
		} {
			r, err := decode()
			if err != nil {
				t.Fatal(form, err)
			}
			if kept := len(r.Software) == 2; kept != test.kept {
				t.Errorf("%s, %s: kept %t", test.what, form, kept)
			}
		}
	}
}

// TestSPDXOwners: what a distribution's package owns is that package; what another owns is software of
// its own.
func TestSPDXOwners(t *testing.T) {
	const overlap = "ownership-by-file-overlap: indicates that the parent package claims ownership of a child package"
	for _, test := range []struct {
		what, owner, comment string
		kept                 bool
	}{
		{"in an rpm", "SPDXRef-rpm", overlap, false},
		{"in a deb", "SPDXRef-deb", overlap, false},
		{"in an apk", "SPDXRef-apk", overlap, false},
		{"in another package", "SPDXRef-npm", overlap, true},
		{"in nothing that is listed", "SPDXRef-gone", overlap, true},
		{"in itself", "SPDXRef-child", overlap, true},
		{"beside an rpm", "SPDXRef-rpm", "evident-by: indicates the package's existence is evident by the given file", true},
		{"beside an rpm, without a word", "SPDXRef-rpm", "", true},
	} {
		packages := ""
		for _, kind := range []string{"rpm", "deb", "apk", "npm"} {
			packages += fmt.Sprintf(`{"SPDXID":"SPDXRef-%[1]s","name":"%[1]s-x","versionInfo":"1","externalRefs":[`+
				`{"referenceType":"purl","referenceLocator":"pkg:%[1]s/x/%[1]s-x@1"}]},`, kind)
		}
		document := fmt.Sprintf(`{"spdxVersion":"SPDX-2.3","relationships":[{"spdxElementId":%q,"relatedSpdxElement":"SPDXRef-child",`+
			`"relationshipType":"OTHER","comment":%q}],"packages":[%s{"SPDXID":"SPDXRef-child","name":"requests","versionInfo":"2.25.1",`+
			`"externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:pypi/requests@2.25.1"}]}]}`, test.owner, test.comment, packages)
		r, err := sbom.DecodeSPDX(strings.NewReader(document), sbom.Identity{DeviceName: "a"})
		if err != nil {
			t.Fatal(err)
		}
		kept := slices.ContainsFunc(r.Software, func(s inventory.Software) bool { return s.Name == "requests" })
		if kept != test.kept {
			t.Errorf("%s: kept %v", test.what, kept)
		}
	}
}
