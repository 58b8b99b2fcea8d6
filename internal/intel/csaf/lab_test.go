package csaf_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/csaf"
	"github.com/muster-project/muster/internal/intel/inteltest"
)

// The shape of documents is that of Red Hat's guidelines; ids of products and their CPEs are those of real documents.
var cpes = map[string]string{
	"red_hat_enterprise_linux_7": "cpe:/o:redhat:enterprise_linux:7", "red_hat_enterprise_linux_8": "cpe:/o:redhat:enterprise_linux:8",
	"red_hat_enterprise_linux_9": "cpe:/o:redhat:enterprise_linux:9", "7Server-ELS": "cpe:/o:redhat:rhel_els:7",
	"BaseOS-9.3.0.Z.MAIN": "cpe:/o:redhat:enterprise_linux:9::baseos", "BaseOS-9.2.0.Z.MAIN": "cpe:/o:redhat:enterprise_linux:9::baseos",
	"AppStream-9.3.0.Z.MAIN": "cpe:/a:redhat:enterprise_linux:9::appstream", "BaseOS-9.0.0.Z.EUS": "cpe:/o:redhat:rhel_eus:9.0::baseos",
	"BaseOS-9.0.0.Z.E4S": "cpe:/a:redhat:rhel_e4s:9.0::baseos", "AppStream-8.10.0.Z.MAIN.EUS": "cpe:/a:redhat:enterprise_linux:8::appstream",
	"9Base-RHOSE-4.16": "cpe:/a:redhat:openshift:4.16::el9", "red_hat_products": "cpe:/a:redhat",
}

type (
	object = map[string]any
	list   = []any
)

// vex makes a document on one CVE.
type vex struct {
	id       string
	category string
	title    string
	purls    map[string]string // of components; "" for none
	parts    []string          // ids of components of products: "product:component"
	steps    map[string]string // from a part to a module in a product that it is a component of
	status   object
	done     list
	threats  list
	scores   list
}

func (v vex) text(t testing.TB) string {
	t.Helper()
	var branches, relations list
	for id, cpe := range cpes {
		branches = append(branches, object{"category": "product_name", "name": id, "product": object{"name": id, "product_id": id,
			"product_identification_helper": object{"cpe": cpe}}})
	}
	for id, purl := range v.purls {
		p := object{"name": id, "product_id": id}
		if purl != "" {
			p["product_identification_helper"] = object{"purl": purl}
		}
		branches = append(branches, object{"category": "product_version", "name": id, "product": p})
	}
	for _, part := range v.parts {
		of, component, _ := strings.Cut(part, ":")
		if step := v.steps[part]; step != "" {
			of, component = step, strings.TrimPrefix(part, step+":")
		}
		relations = append(relations, object{"category": "default_component_of", "product_reference": component,
			"relates_to_product_reference": of, "full_product_name": object{"name": part, "product_id": part}})
	}
	category := "csaf_vex"
	if v.category != "" {
		category = v.category
	}
	text, err := json.Marshal(object{
		"document": object{"category": category, "csaf_version": "2.0", "title": v.title, "aggregate_severity": object{"text": "moderate"},
			"publisher": object{"namespace": "https://www.redhat.com"},
			"tracking": object{"id": v.id, "status": "final", "initial_release_date": "2024-01-03T00:00:00+00:00",
				"current_release_date": "2024-08-20T16:26:29+00:00"}},
		"product_tree": object{"branches": list{object{"category": "vendor", "name": "Red Hat", "branches": branches}},
			"relationships": relations},
		"vulnerabilities": list{object{"cve": "CVE-2024-0001", "product_status": v.status, "remediations": v.done, "threats": v.threats,
			"scores": v.scores}},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// packages parses the document and writes its statements in short.
func (v vex) packages(t testing.TB) []string {
	t.Helper()
	v.id = "CVE-2024-0001"
	records, odd := inteltest.Parse(t, csaf.Feed{}, inteltest.File("a.json", v.text(t)))
	if len(odd) > 0 || len(records) > 1 {
		t.Fatalf("%d records, %v", len(records), odd)
	}
	var got []string
	for _, r := range records {
		for i := range r.Packages {
			got = append(got, short(&r.Packages[i]))
		}
	}
	return got
}

// short writes a statement on a package.
func short(p *intel.Package) string {
	words := []string{p.Ecosystem, p.Name}
	if p.Module != "" {
		words = append(words, p.Module)
	}
	for _, r := range p.Ranges {
		switch {
		case r.Exact != "":
			words = append(words, "is "+r.Exact)
		case r.High != "":
			words = append(words, "before "+r.High)
		case r.Low != "":
			words = append(words, "from "+r.Low)
		}
		if r.Unaffected {
			words = append(words, "sound")
		}
	}
	if p.Branch {
		words = append(words, "branch")
	}
	for _, word := range []string{p.Fix.ID, p.Fix.Title, p.Fix.State.String()} {
		if word != "" {
			words = append(words, word)
		}
	}
	return strings.Join(words, " | ")
}

// only is a folder of one file of testdata.
func only(name string) fs.FS {
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		panic(err)
	}
	return inteltest.File(name, string(text))
}
