package sbom_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
	"github.com/google/go-cmp/cmp"
	spdxjson "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx"
	"github.com/spdx/tools-golang/spdx/v2/common"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/inventorytest"
	"github.com/muster-project/muster/internal/inventory/parse"
	"github.com/muster-project/muster/internal/inventory/sbom"
	"github.com/muster-project/muster/internal/inventory/stored"
)

// allocated returns how many bytes f allocates, including garbage: what is held at any moment is
// less.
func allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// takeIn does everything to a document that happens before it is queued.
func takeIn(t testing.TB, codec *stored.Codec, r *inventory.Report, err error) {
	t.Helper()
	if err != nil {
		if !errors.Is(err, parse.ErrInvalid) {
			t.Errorf("error %v does not wrap ErrInvalid", err)
		}
		return
	}
	if _, err := codec.Documents(inventorytest.Normalized(t, r)); err != nil {
		t.Error(err)
	}
}

// repeated lists an item n times.
func repeated(n int, item string) string {
	return strings.Repeat(item+",", n-1) + item
}

// One compressed kilobyte once took 220 MB of memory.
func TestPedigreeAncestorsCostNothing(t *testing.T) {
	const others = `"services":[{}],"vulnerabilities":[{}],"compositions":[{}],"annotations":[{}],"formulation":[{}],"declarations":{}`
	for name, document := range map[string]string{
		"pedigree": components(`{"type":"library","name":"a","pedigree":{"ancestors":[` +
			repeated(198_000, "{}") + `]}}`),
		"services": `{"bomFormat":"CycloneDX","services":[` + repeated(198_000, `{}`) + `],` + others + `}`,
		"vulnerabilities": `{"bomFormat":"CycloneDX","vulnerabilities":[` +
			repeated(198_000, `{"affects":[{}]}`) + `],` + others + `}`,
		"hashes": components(`{"type":"library","name":"a","hashes":[` + repeated(198_000, `{"alg":"MD5"}`) + `]}`),
		"files":  components(repeated(198_000, `{"type":"file"}`)),
		"evidence": components(`{"type":"library","name":"a","evidence":{"occurrences":[` +
			repeated(198_000, `{}`) + `]}}`),
	} {
		var err error
		size := allocated(func() { _, err = sbom.DecodeCycloneDX(strings.NewReader(document), host) })
		if limit := 2*int64(len(document)) + 1<<20; err != nil || size > limit {
			t.Errorf("%s of %d bytes: %d bytes allocated, want at most %d; error %v", name, len(document), size, limit, err)
		}
	}
	for name, document := range map[string]string{
		"files":         `{"spdxVersion":"SPDX-2.3","files":[` + repeated(198_000, `{}`) + `]}`,
		"relationships": `{"spdxVersion":"SPDX-2.3","relationships":[` + repeated(198_000, `{}`) + `]}`,
		"checksums": `{"spdxVersion":"SPDX-2.3","packages":[{"name":"a","checksums":[` +
			repeated(198_000, `{}`) + `]}]}`,
		"references": `{"spdxVersion":"SPDX-2.3","packages":[{"name":"a","externalRefs":[` +
			repeated(198_000, `{}`) + `]}]}`,
	} {
		var err error
		size := allocated(func() { _, err = sbom.DecodeSPDX(strings.NewReader(document), host) })
		if limit := 2*int64(len(document)) + 1<<20; err != nil || size > limit {
			t.Errorf("SPDX %s of %d bytes: %d bytes allocated, want at most %d; error %v", name,
				len(document), size, limit, err)
		}
	}
}

// garbage is how many times Cost may be allocated in total, including what is no longer held.
const garbage = 4

// keys are members of the forms of reports, and some unknown ones.
var keys = []string{
	"components", "metadata", "component", "properties", "supplier", "name", "version", "purl", "cpe",
	"type", "pedigree", "ancestors",
	"services", "hashes", "evidence", "licenses", "packages", "externalRefs", "referenceType",
	"referenceLocator", "files", "versionInfo",
	"device", "software", "diskPaths", "registryPaths", "hotfixes", "facts", "configurations", "configurationId",
	"compliant", "tags", "x",
}

// oddTexts are strings that cost decoders more than others.
var oddTexts = []string{
	"", "a", "library", "purl", "pkg:deb/debian/a@1?arch=amd64&distro=debian-12&upstream=b",
	"pkg:rpm/a/b?" + strings.Repeat("a=b&", 300),
	"application", "operating-system", "\U0001D160\U0001D160", "\\u0001\\n\\uD834\\uDD60",
	"cpe23Type", "C:\\\\Program Files",
}

// shape draws a JSON value: nested objects and lists of known keys, one of which is repeated
// often.
func shape(t *rapid.T, depth int) string {
	switch kind := rapid.IntRange(0, 9).Draw(t, "kind"); {
	case depth == 0 || kind < 3:
		return `"` + rapid.SampledFrom(oddTexts).Draw(t, "text") + `"`
	case kind < 7:
		var members []string
		for _, key := range rapid.SliceOfN(rapid.SampledFrom(keys), 0, 4).Draw(t, "keys") {
			members = append(members, `"`+key+`":`+shape(t, depth-1))
		}
		return "{" + strings.Join(members, ",") + "}"
	default:
		return "[" + repeated(rapid.SampledFrom([]int{1, 2, 100}).Draw(t, "times"), shape(t, depth-1)) + "]"
	}
}

// document draws one with a shape repeated in a place of some form, up to limit bytes.
func document(t *rapid.T, limit int) string {
	const item, numbered = "@", "#"
	frame := rapid.SampledFrom([]string{
		components(`@`), components(`{"type":"library","name":"n#","x":@}`),
		components(`{"type":"library","name":"#","properties":[@]}`),
		`{"bomFormat":"CycloneDX","@":[]}`, `{"spdxVersion":"SPDX-2.3","packages":[@]}`,
		`{"spdxVersion":"SPDX-2.2","packages":[{"name":"#","externalRefs":[@]}]}`,
		`{"device":{"name":"h"},"software":[@]}`, `{"device":{"name":"h"},"software":[{"name":"#","diskPaths":["#",@]}]}`,
		`{"device":{"name":"h"},"software":[{"name":"a#","version":"#"}],"x":@}`,
		`{"device":{"name":"h"},"facts":{"#":{"a":@}}}`,
		`{"device":{"name":"h"},"facts":{"a":{"#":"#"}}}`,
		`{"device":{"name":"h"},"configurations":[{"configurationId":"#","compliant":true}]}`,
		`{"device":{"name":"h"},"hotfixes":["#",@]}`,
	}).Draw(t, "frame")
	frame = strings.ReplaceAll(frame, item, shape(t, 4))
	from, to := strings.IndexAny(frame, "[")+1, strings.LastIndex(frame, "]")
	if i := strings.Index(frame, `"facts":{`); i >= 0 {
		from, to = i+len(`"facts":{`), len(frame)-2
	}
	if from <= 0 || to < from {
		return frame
	}
	var b strings.Builder
	b.WriteString(frame[:from])
	for n := 0; b.Len() < limit; n++ {
		if n > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strings.ReplaceAll(frame[from:to], numbered, fmt.Sprint(n)))
		if to == from {
			break
		}
	}
	b.WriteString(frame[to:])
	return b.String()
}

// For any document, taking it in allocates at most its cost and the garbage factor.
func TestShapesByMemory(t *testing.T) {
	codec := inventorytest.Codec(t)
	takeIn(t, codec, &inventory.Report{Device: inventory.Device{Name: "first"},
		Software: []inventory.Software{{Name: "a"}}}, nil)
	rapid.Check(t, func(rt *rapid.T) {
		text := document(rt, rapid.SampledFrom([]int{1 << 10, 1 << 16, 1 << 19}).Draw(rt, "size"))
		checkCost(t, codec, text)
	})
}

// The most costly shapes that are known.
func TestCostlyShapes(t *testing.T) {
	codec := inventorytest.Codec(t)
	numbered := func(n int, before, item, after string) string {
		var b strings.Builder
		for i := range n {
			b.WriteString("," + strings.ReplaceAll(item, "#", fmt.Sprint(i)))
		}
		return before + b.String()[1:] + after
	}
	const report, wide = `{"device":{"name":"h"},`, "\U0001D160"
	for _, text := range []string{
		numbered(20_000, `{"bomFormat":"CycloneDX","components":[`, `{"type":"library","name":"#"}`, `]}`),
		numbered(20_000, `{"bomFormat":"CycloneDX","components":[`,
			`{"type":"library","purl":"pkg:rpm/a/#?arch=x86_64&distro=rhel-9.6&upstream=abc-1-2.src.rpm"}`, `]}`),
		numbered(2_000, `{"bomFormat":"CycloneDX","components":[`, `{"type":"library","purl":"pkg:rpm/a/#?`+
			strings.Repeat("a=b&", 200)+`"}`, `]}`),
		numbered(6_000, `{"bomFormat":"CycloneDX","components":[`, `{"type":"library","purl":"pkg:rpm/a/#?`+
			strings.Repeat("a=b&", 62)+`a=b"}`, `]}`),
		numbered(1, report+`"software":[`, repeated(20_000, "{}"), `]}`),
		numbered(500, report+`"software":[`, `{"name":"a","diskPaths":[`+repeated(1000, `"a"`)+`]}`, `]}`),
		numbered(20_000, report+`"software":[`, `{"name":"#","diskPaths":["a"]}`, `]}`),
		numbered(25_000, report+`"facts":{`, `"#":{"a":""}`, `}}`),
		numbered(50_000, report+`"facts":{"a":{`, `"#":""`, `}}}`),
		numbered(100, report+`"software":[`, `{"name":"#`+strings.Repeat(wide, 4000)+`"}`, `]}`),
		numbered(100, report+`"facts":{"a":{`, `"#":"`+strings.Repeat(wide, 4000)+`"`, `}}}`),
		`<bom xmlns="http://cyclonedx.org/schema/bom/1.6"><components>` +
			strings.ReplaceAll(numbered(20_000, "", `<component type="library"><name>#</name></component>`, ""), ",", "") +
			`</components></bom>`,
		`<bom xmlns="http://cyclonedx.org/schema/bom/1.6">` +
			strings.Repeat("<a "+strings.Repeat(`a="" `, 64)+"/>", 5000) + "</bom>",
		`<bom xmlns="http://cyclonedx.org/schema/bom/1.6">` + strings.Repeat("<a/>", 500_000) + "</bom>",
	} {
		checkCost(t, codec, text)
	}
}

// checkCost takes a document in by its form, or by any form if it has none.
func checkCost(t *testing.T, codec *stored.Codec, text string) {
	t.Helper()
	cost := inventory.Cost([]byte(text))
	for name, decode := range map[string]func() (*inventory.Report, error){
		"report":    func() (*inventory.Report, error) { return inventory.DecodeReport([]byte(text), inventory.Given{}) },
		"CycloneDX": func() (*inventory.Report, error) { return sbom.DecodeCycloneDX(strings.NewReader(text), host) },
		"SPDX":      func() (*inventory.Report, error) { return sbom.DecodeSPDX(strings.NewReader(text), host) },
	} {
		size := allocated(func() {
			r, err := decode()
			takeIn(t, codec, r, err)
		})
		if size > garbage*cost {
			t.Errorf("%s of %d bytes: %d bytes allocated, its cost is %d: %.200q", name, len(text), size, cost, text)
		}
	}
}

// The documents written by the libraries of the formats are read, in JSON and XML alike.
func TestSBOMsOfTheLibraries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		next, want := 0, map[string]string{}
		list := componentsOf(t, 3, &next, want)
		bom := cyclonedx.NewBOM()
		bom.Components = &list
		for _, format := range []cyclonedx.BOMFileFormat{cyclonedx.BOMFileFormatJSON, cyclonedx.BOMFileFormatXML} {
			var text bytes.Buffer
			if err := cyclonedx.NewBOMEncoder(&text, format).Encode(bom); err != nil {
				t.Fatal(err)
			}
			compareSoftware(t, sbom.DecodeCycloneDX, text.Bytes(), want)
		}
		document := &spdx.Document{SPDXVersion: spdx.Version, DataLicense: "CC0-1.0"}
		for _, name := range slices.Sorted(maps.Keys(want)) {
			document.Packages = append(document.Packages, &spdx.Package{PackageName: name, PackageVersion: "1",
				PackageSupplier: &common.Supplier{SupplierType: "Organization", Supplier: want[name]}})
		}
		var text bytes.Buffer
		if err := spdxjson.Write(document, &text); err != nil {
			t.Fatal(err)
		}
		compareSoftware(t, sbom.DecodeSPDX, text.Bytes(), want)
	})
}

// componentsOf draws a tree of components. want gets those that are software, with their vendors.
func componentsOf(t *rapid.T, depth int, next *int, want map[string]string) []cyclonedx.Component {
	list := []cyclonedx.Component{}
	for range rapid.IntRange(0, 4).Draw(t, "components") {
		*next++
		c := cyclonedx.Component{
			Type: rapid.SampledFrom([]cyclonedx.ComponentType{cyclonedx.ComponentTypeLibrary,
				cyclonedx.ComponentTypeApplication,
				cyclonedx.ComponentTypeFile, cyclonedx.ComponentTypeContainer, cyclonedx.ComponentTypeData}).Draw(t, "type"),
			Name: fmt.Sprint("n", *next), Version: "1", Publisher: "p & <p>",
			Hashes:   &[]cyclonedx.Hash{{Algorithm: cyclonedx.HashAlgoMD5, Value: "0"}},
			Licenses: &cyclonedx.Licenses{{Expression: "MIT"}},
			Pedigree: &cyclonedx.Pedigree{Ancestors: &[]cyclonedx.Component{{Type: cyclonedx.ComponentTypeLibrary,
				Name: "ancestor"}}},
		}
		if rapid.Bool().Draw(t, "excluded") {
			c.Scope = cyclonedx.ScopeExcluded
		}
		if c.Scope == "" && (c.Type == cyclonedx.ComponentTypeLibrary || c.Type == cyclonedx.ComponentTypeApplication) {
			want[c.Name] = c.Publisher
		}
		if depth > 0 {
			nested := componentsOf(t, depth-1, next, want)
			c.Components = &nested
		}
		list = append(list, c)
	}
	return list
}

// compareSoftware compares the names and vendors of a document's software with what was written.
func compareSoftware(t *rapid.T, decode func(io.Reader, sbom.Identity) (*inventory.Report, error), text []byte,
	want map[string]string) {
	r, err := decode(bytes.NewReader(text), host)
	if err != nil {
		t.Fatalf("%v of %s", err, text)
	}
	got := map[string]string{}
	for _, s := range r.Software {
		got[s.Name] = s.Vendor
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("software of %s (-want +got):\n%s", text, diff)
	}
}
