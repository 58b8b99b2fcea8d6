package nuclei_test

import (
	"errors"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/nuclei"
)

// index has lines as they are published, without their texts.
const index = `{"ID":"CVE-2000-0114","Info":{"Name":"x","Severity":"medium","Description":"y\n","Classification":{"CVSSScore":"5.3"}},"file_path":"http/cves/2000/CVE-2000-0114.yaml"}
{"ID":"CVE-2020-7247","Info":{"Name":"x \u003c= 1","Severity":"critical","Classification":{"CVSSScore":"N/A"}},"file_path":"javascript/cves/2020/CVE-2020-7247.yaml"}
`

func record(cve, path string) intel.Record {
	words := intel.Words{By: intel.ByOther,
		ExploitURLs: []string{"https://github.com/projectdiscovery/nuclei-templates/blob/main/" + path}}
	return intel.Record{Source: cve, CVE: &intel.CVE{ID: cve, Exploit: intel.ExploitVerified, Words: words}}
}

func TestParse(t *testing.T) {
	records, odd := inteltest.Parse(t, nuclei.Feed{}, fstest.MapFS{
		"cves.json":            {Data: []byte("\ufeff" + index)},
		"others.json":          {Data: []byte("{\n \"a\": [1,\n2]}\n")},
		"TEMPLATES-STATS.json": {Data: []byte(`{"tags":[{"name":"cve","count":1}]}`)},
	})
	want := []intel.Record{record("CVE-2000-0114", "http/cves/2000/CVE-2000-0114.yaml"),
		record("CVE-2020-7247", "javascript/cves/2020/CVE-2020-7247.yaml")}
	if diff := cmp.Diff(want, records); diff != "" || len(odd) > 0 {
		t.Errorf("left out %v (-want +got):\n%s", odd, diff)
	}
	more := index + "\r\nnot json\n{\"ID\":\"CNVD-2020-1\",\"file_path\":\"a\"}\n" +
		"{\"ID\":\"CVE-2020-0001\"}\n{\"ID\":\"cve-2020-0002\",\"file_path\":\"b.yaml\"}\n{\"ID\":\"CVE-2020-00"
	records, odd = inteltest.Parse(t, nuclei.Feed{}, inteltest.File("cves.json", more))
	if diff := cmp.Diff(append(want, record("CVE-2020-0002", "b.yaml")), records); diff != "" || len(odd) != 4 {
		t.Errorf("left out %v (-want +got):\n%s", odd, diff)
	}
}

func TestAnotherKind(t *testing.T) {
	for _, text := range []string{"", "{}", `[{"ID":"CVE-2020-0001"}]`, `{"ID":"CVE-2020-0001","Info":{}}`} {
		err := inteltest.Failure(t, nuclei.Feed{}, inteltest.File("cves.json", text))
		if !errors.Is(err, intel.ErrNoRecords) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(index)
	f.Add(`{"ID":"CVE-2020-0001","Info":{},"file_path":"a"}` + "\n{")
	f.Fuzz(func(t *testing.T, text string) {
		for r, err := range (nuclei.Feed{}).Parse(t.Context(), inteltest.File("cves.json", text)) {
			if err == nil && (!intel.IsCVE(r.Source) || r.CVE.ID != r.Source || r.CVE.Exploit != intel.ExploitVerified) {
				t.Errorf("%+v", r)
			}
		}
	})
}
