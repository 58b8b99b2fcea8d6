package xccdf_test

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/parse"
	"github.com/muster-project/muster/internal/inventory/xccdf"
	"github.com/muster-project/muster/internal/testneed"
)

// repeated is a text that goes on for so many bytes, and takes no memory.
type repeated struct {
	text string
	left int
}

func (r *repeated) Read(p []byte) (n int, err error) {
	for n < len(p) && r.left > 0 {
		at := (len(r.text) - r.left%len(r.text)) % len(r.text)
		m := copy(p[n:], r.text[at:min(len(r.text), at+r.left)])
		n, r.left = n+m, r.left-m
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// endless is a document with a text that is repeated far beyond every limit in it.
func endless(before, text string) io.Reader {
	return io.MultiReader(strings.NewReader(before), &repeated{text, len(text) * (256<<20/len(text) + 1)})
}

const begun = `<Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2" id="b">`

// hostile are documents that are refused, with what the error says.
var hostile = map[string]struct {
	text func() io.Reader
	want string
}{
	"billion laughs": {func() io.Reader {
		return strings.NewReader(`<?xml version="1.0"?><!DOCTYPE B [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>` + begun + `<title>&b;</title></Benchmark>`)
	}, "document type"},
	"an external entity": {func() io.Reader {
		return strings.NewReader(`<!DOCTYPE B SYSTEM "http://192.0.2.1/x.dtd">` + begun + `</Benchmark>`)
	}, "document type"},
	"an entity of nobody": {func() io.Reader { return strings.NewReader(begun + `<title>&xxe;</title></Benchmark>`) }, "entity"},
	"depth":               {func() io.Reader { return endless("", begun) }, "nest deeper than 100"},
	"depth, skipped":      {func() io.Reader { return endless(begun, "<x>") }, "nest deeper than 100"},
	"attributes":          {func() io.Reader { return endless(begun+"<x ", `a="b" `) }, "more than 64 attributes"},
	"an attribute":        {func() io.Reader { return endless(begun+`<x a="`, "b") }, "tag is longer"},
	"a name":              {func() io.Reader { return endless(begun+`<x`, "x") }, "tag is longer"},
	"namespaces":          {func() io.Reader { return endless(begun+`<x `, `xmlns:a="b" `) }, "more than 64 attributes"},
	"an end tag":          {func() io.Reader { return endless(begun+`<x></x`, " ") }, "tag is longer"},
	"a text":              {func() io.Reader { return endless(begun+`<title>`, "long ") }, "text is longer"},
	"references":          {func() io.Reader { return endless(begun+`<title>`, "&#65;") }, "text is longer"},
	"a comment":           {func() io.Reader { return endless(begun+`<!--`, "> ") }, "longer than"},
	"CDATA":               {func() io.Reader { return endless(begun+`<![CDATA[`, "]> ") }, "longer than"},
	"an instruction":      {func() io.Reader { return endless(begun+`<?x`, "> ") }, "longer than"},
	"comments":            {func() io.Reader { return endless(begun, "<!-- "+strings.Repeat("x", 60_000)+" -->") }, "134217728 bytes"},
	"elements":            {func() io.Reader { return endless(begun, "<x/>") }, "2000000 elements"},
	"rules": {func() io.Reader { return endless(begun, `<Rule id="r"><title>t</title></Rule>`) },
		"more than 20000 entries"},
	"rules with long texts": {func() io.Reader {
		return endless(begun, `<Rule id="r"><description>`+strings.Repeat("long ", 400)+`</description></Rule>`)
	}, "take more than 16777216 bytes"},
	"test results": {func() io.Reader { return endless(begun, `<TestResult/>`) }, "more than 1000 entries"},
	"results": {func() io.Reader {
		return endless(begun+`<TestResult>`, `<rule-result idref="r"><result>pass</result></rule-result>`)
	},
		"more than 100000 entries"},
	"values": {func() io.Reader {
		return endless(begun+`<TestResult>`, `<set-value idref="`+strings.Repeat("v", 1000)+`">x</set-value>`)
	},
		"take more than 16777216 bytes"},
	"assets": {func() io.Reader {
		return endless(`<a:asset-report-collection xmlns:a="http://scap.nist.gov/schema/asset-reporting-format/1.1"><assets>`, `<asset id="x"/>`)
	}, "take more than 16777216 bytes"},
	"names of assets": {func() io.Reader {
		return endless(`<a:asset-report-collection xmlns:a="http://scap.nist.gov/schema/asset-reporting-format/1.1"><assets>`,
			`<asset id="`+strings.Repeat("a", 15_000)+`"/>`)
	}, "take more than 16777216 bytes"},
	"platforms of assets": {func() io.Reader {
		return endless(`<a:asset-report-collection xmlns:a="http://scap.nist.gov/schema/asset-reporting-format/1.1"><assets>`,
			`<asset id="x">`+strings.Repeat("<cpe>"+strings.Repeat("c", 200)+"</cpe>", 60)+`</asset>`)
	}, "take more than 16777216 bytes"},
	"platforms of runs": {func() io.Reader {
		return endless(begun, `<TestResult>`+strings.Repeat(`<platform idref="`+strings.Repeat("c", 250)+`"/>`, 100)+`</TestResult>`)
	}, "take more than 16777216 bytes"},
	"severities": {func() io.Reader {
		return endless(begun+`<TestResult>`, `<rule-result idref="r" severity="`+strings.Repeat("s", 8_000)+`"><result>pass</result></rule-result>`)
	}, "take more than 16777216 bytes"},
	"weights": {func() io.Reader { return endless(begun, `<Rule id="r" weight="`+strings.Repeat("1", 8_000)+`"/>`) },
		"take more than 16777216 bytes"},
	"names of reports": {func() io.Reader {
		return endless(`<a:asset-report-collection xmlns:a="http://scap.nist.gov/schema/asset-reporting-format/1.1"><reports>`,
			`<report id="`+strings.Repeat("a", 16_300)+`"><content><TestResult xmlns="http://checklists.nist.gov/xccdf/1.2"/></content></report>`)
	}, "take more than 16777216 bytes"},
	"values in texts": {func() io.Reader {
		rule := `<Rule id="r"><description>` + strings.Repeat(`<sub idref="v"/>`, 400) + `</description></Rule>`
		run := `<target>t</target><set-value idref="v">` + strings.Repeat("v", 250) + `</set-value><rule-result idref="r"><result>pass</result></rule-result>`
		runs := ""
		for i := range 900 {
			runs += `<TestResult id="t">` + strings.Replace(run, ">t<", ">t"+strings.Repeat("x", i%200)+string(rune('a'+i/200))+"<", 1) + `</TestResult>`
		}
		return strings.NewReader(begun + rule + runs + `</Benchmark>`)
	}, ""}, // 900 texts of 2 KiB
	"another root": {func() io.Reader { return strings.NewReader(`<html/>`) }, "neither a Benchmark"},
	"another version": {func() io.Reader {
		return strings.NewReader(`<Benchmark xmlns="http://checklists.nist.gov/xccdf/2.0"/>`)
	}, "neither a Benchmark"},
	"content alone":       {func() io.Reader { return strings.NewReader(begun + `</Benchmark>`) }, "no TestResult"},
	"two roots":           {func() io.Reader { return strings.NewReader(results + results) }, "follows the first"},
	"nothing":             {func() io.Reader { return strings.NewReader(" ") }, "the text ends"},
	"text":                {func() io.Reader { return strings.NewReader("pass") }, "the text ends"},
	"cut off":             {func() io.Reader { return strings.NewReader(whole[:len(whole)-20]) }, "unexpected EOF"},
	"not closed":          {func() io.Reader { return strings.NewReader(strings.Replace(whole, "</Rule>", "", 1)) }, "Rule"},
	"another encoding":    {func() io.Reader { return strings.NewReader(strings.Replace(whole, "UTF-8", "EBCDIC", 1)) }, "EBCDIC"},
	"an unknown result":   {func() io.Reader { return strings.NewReader(strings.Replace(whole, "fixed", "good", 1)) }, `is "good", must be one of fail`},
	"no result":           {func() io.Reader { return strings.NewReader(strings.Replace(whole, "<result>fixed</result>", "", 1)) }, `TestResult.rule-result.result: is ""`},
	"no rule":             {func() io.Reader { return strings.NewReader(strings.Replace(whole, `idref="rule_bare"`, "", 1)) }, "idref: is missing"},
	"a weight":            {func() io.Reader { return strings.NewReader(strings.Replace(whole, `weight="2"`, `weight="-1"`, 1)) }, "weight"},
	"a time":              {func() io.Reader { return strings.NewReader(strings.Replace(whole, "2026-11-23T", "yesterday ", 1)) }, "end-time"},
	"a control character": {func() io.Reader { return strings.NewReader(strings.Replace(whole, "Disable", "\x1b[2J", 1)) }, "illegal character"},
}

// Hostile documents are refused with the reason, and take no memory.
func TestHostile(t *testing.T) {
	for name, test := range hostile {
		t.Run(name, func(t *testing.T) {
			if (name == "comments" || name == "elements") && !testneed.Soak() {
				t.Skip("it is read to a limit that takes seconds to reach")
			}
			var err error
			peak := testneed.Peak(func() { _, err = xccdf.Decode(test.text(), inventory.Given{}, nil) })
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !errors.Is(err, parse.ErrInvalid) || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error %v, want one with %q", err, test.want)
			}
			if err != nil && len(err.Error()) > 1000 {
				t.Errorf("a text of %d bytes", len(err.Error()))
			}
			if peak > 40<<20 {
				t.Errorf("it took %d MiB", peak>>20)
			}
			t.Logf("%d KiB: %v", peak>>10, err)
		})
	}
}

func FuzzDecode(f *testing.F) {
	for _, text := range []string{whole, arf, results} {
		f.Add(text)
	}
	for _, test := range hostile {
		if head, err := io.ReadAll(io.LimitReader(test.text(), 4<<10)); err == nil {
			f.Add(string(head))
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := xccdf.Decode(strings.NewReader(text), inventory.Given{}, nil)
		if err != nil {
			if !errors.Is(err, parse.ErrInvalid) {
				t.Fatalf("%v is no error of the document", err)
			}
			return
		}
		for _, one := range all {
			judged := 0
			for _, word := range []string{"pass", "fixed", "fail", "notapplicable"} {
				judged += one.Results[word]
			}
			if n := len(one.Report.Configurations); n > judged {
				t.Fatalf("%d configurations of %v", n, one.Results)
			}
			if err := one.Report.Normalize(time.Now()); err != nil {
				t.Fatal(err)
			}
			if d := one.Report; d.Software != nil || d.Facts != nil || d.Hotfixes != nil || d.Configurations == nil {
				t.Fatalf("%+v", d)
			}
		}
	})
}

// BenchmarkARF reads an ARF of 8 MB: content of 600 rules with long texts and references, and results in OVAL.
func BenchmarkARF(b *testing.B) {
	rule := `<Rule id="rule_N" severity="medium"><title>Title N</title><description>` + strings.Repeat("some <b>words</b> of text ", 60) +
		`</description>` + strings.Repeat(`<reference href="https://www.isaca.org/resources/cobit">DSS05.04</reference>`, 60) + `</Rule>`
	rules, judged := "", ""
	for i := range 600 {
		n := "N" + strings.Repeat("i", i)
		rules += strings.Replace(rule, "rule_N", "rule_"+n, 1)
		judged += `<rule-result idref="rule_` + n + `"><result>pass</result></rule-result>`
	}
	text := strings.Replace(strings.Replace(arf, "<Group id=\"g_services\">", rules+"<Group id=\"g_services\">", 1), "<score>", judged+"<score>", 1)
	oval := `<item id="1"><path datatype="string">/etc</path><text datatype="string">a line of a file</text></item>`
	text = strings.Replace(text, "<oval_results ", "<x>"+strings.Repeat(oval, (8<<20-len(text))/len(oval))+"</x><oval_results ", 1)
	b.SetBytes(int64(len(text)))
	measure(b, text)
}

// BenchmarkGroups reads rules in groups in groups, whose long titles tell no category.
func BenchmarkGroups(b *testing.B) {
	const depth = 90
	text := begun + strings.Repeat("<Group><title>"+strings.Repeat("zz ", 170)+"</title>", depth) + strings.Repeat(`<Rule id="r"/>`, 19_000) +
		strings.Repeat("</Group>", depth) + `<TestResult><target>a</target></TestResult></Benchmark>`
	b.SetBytes(int64(len(text)))
	measure(b, text)
}

// BenchmarkRealARF reads the ARF of 8 MB that OpenSCAP wrote.
func BenchmarkRealARF(b *testing.B) {
	text := string(testneed.Unpacked(b, "xccdf", "debian12-standard.results-arf.xml.gz"))
	b.SetBytes(int64(len(text)))
	measure(b, text)
}

// measure reads a document, and reports the most memory that it took.
func measure(b *testing.B, text string) {
	peak := int64(0)
	for b.Loop() {
		peak = max(peak, testneed.Peak(func() { decode(b, text, inventory.Given{}) }))
	}
	b.ReportMetric(float64(peak)/(1<<20), "peak-MiB")
}
