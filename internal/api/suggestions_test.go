package api_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/library"
)

// publishers answers for the publishers of all kinds of feeds, with one record each.
func publishers(t *testing.T) *httptest.Server {
	t.Helper()
	zipped := func(name, text string) string {
		var archive bytes.Buffer
		z := zip.NewWriter(&archive)
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err == nil {
			err = z.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
		return archive.String()
	}
	packed := func(text string) string {
		var file bytes.Buffer
		z := gzip.NewWriter(&file)
		if _, err := z.Write([]byte(text)); err != nil || z.Close() != nil {
			t.Fatal(err)
		}
		return file.String()
	}
	page := packed(inteltest.NVD([]inteltest.Weakness{{CVE: "CVE-2024-0001", Vendor: "a", Product: "b", Before: "2", Score: 7.5}}))
	mux := http.NewServeMux()
	answer := func(path string, text func(r *http.Request) string) {
		mux.HandleFunc(path, func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "", noon, strings.NewReader(text(r)))
		})
	}
	answer("/kev", func(*http.Request) string { return kev })
	answer("/eol", func(*http.Request) string { return `{"total":1,"result":[{"name":"go","releases":[]}]}` })
	mux.HandleFunc("/nvd/", func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".meta") { // this source names no hashes
			http.NotFound(w, r)
			return
		}
		http.ServeContent(w, r, "", noon, strings.NewReader(page))
	})
	answer("/release", func(r *http.Request) string {
		return fmt.Sprintf(`{"assets":[{"name":"x_all_CVEs_at_midnight.zip","browser_download_url":"http://%s/all"}]}`, r.Host)
	})
	answer("/all", func(*http.Request) string {
		return zipped("cves/2024/0xxx/CVE-2024-0001.json", `{"cveMetadata":{"cveId":"CVE-2024-0001","state":"PUBLISHED"}}`)
	})
	answer("/epss", func(*http.Request) string {
		return packed("#model_version:v1,score_date:2026-11-20T00:00:00Z\ncve,epss,percentile\nCVE-2024-0001,0.5,0.9\n")
	})
	answer("/metasploit", func(*http.Request) string {
		return `{"exploit_a/b":{"fullname":"exploit/a/b","type":"exploit","references":["CVE-2024-0001"],"mod_time":""}}`
	})
	answer("/exploitdb", func(*http.Request) string {
		return "id,file,type,platform,port,date_updated,verified,codes\n1,a.py,remote,linux,,2024-01-01,1,CVE-2024-0001\n"
	})
	answer("/nuclei", func(*http.Request) string {
		return `{"ID":"CVE-2024-0001","Info":{"Name":"x"},"file_path":"a.yaml"}`
	})
	answer("/debian", func(*http.Request) string {
		return `{"openssl":{"CVE-2024-0001":{"releases":{"trixie":{"status":"resolved","fixed_version":"3"}}}}}`
	})
	return httptest.NewServer(mux)
}

// suggested lists what is suggested, as "kind name state".
func (l *lab) suggested() (names []string, all control.SuggestionList) {
	l.Helper()
	l.decode(l.get("/v1/feeds/suggestions"), 200, &all)
	for _, f := range all.Feeds {
		names = append(names, f.Kind+" "+f.Name+" "+f.State)
	}
	return names, all
}

func TestSuggestions(t *testing.T) {
	l := newLab(t)
	source := publishers(t)
	defer source.Close()
	if got, _ := l.suggested(); !slices.Equal(got, []string{
		"cve5 cvelistV5 missing", "eol endoflife missing", "epss epss missing", "exploitdb exploitdb missing",
		"kev kev missing", "metasploit metasploit missing", "nuclei nuclei missing", "nvd nvd missing"}) {
		t.Errorf("before anything is there: %q", got)
	}
	l.accept(`{"device":{"name":"a.example.com","osPlatform":"Linux","osVersion":"debian_linux_13"},
		"software":[{"kind":"deb","name":"bash","version":"5"}]}`, "Content-Type: application/json")
	l.equal("a generation", l.do(http.MethodPost, "/v1/generations?wait=true", nil).StatusCode, http.StatusOK)
	got, all := l.suggested()
	i := slices.Index(got, "debian Debian missing")
	if i < 0 || all.Devices != 1 || all.Feeds[i].Devices != 1 || !slices.Equal(all.Feeds[i].For, []string{"Debian:13"}) ||
		all.Feeds[i].URL != "https://security-tracker.debian.org/tracker/data/json" {
		t.Fatalf("of a Debian device: %q, %+v", got, all)
	}
	for _, s := range []library.Source{
		{Kind: intel.CVE5, Name: "cvelistV5", URL: source.URL + "/release"}, {Kind: intel.NVD, Name: "nvd", URL: source.URL + "/nvd"},
		{Kind: intel.KEV, Name: "kev", URL: source.URL + "/kev"}, {Kind: intel.EOL, Name: "endoflife", URL: source.URL + "/eol"},
		{Kind: intel.Debian, Name: "Debian", URL: source.URL + "/debian"}, {Kind: intel.EPSS, Name: "epss", URL: source.URL + "/epss"},
		{Kind: intel.Metasploit, Name: "metasploit", URL: source.URL + "/metasploit"},
		{Kind: intel.ExploitDB, Name: "exploitdb", URL: source.URL + "/exploitdb"},
		{Kind: intel.Nuclei, Name: "nuclei", URL: source.URL + "/nuclei"},
	} {
		done, _, err := l.library.Refresh(t.Context(), []library.Source{s}, false)
		if err != nil || done[0].Err != nil {
			t.Fatal(err, done)
		}
	}
	l.equal("another", l.do(http.MethodPost, "/v1/generations?wait=true", nil).StatusCode, http.StatusOK)
	if got, all = l.suggested(); !slices.Contains(got, "debian Debian part") || !slices.Contains(got, "nvd nvd part") {
		t.Errorf("of feeds with one record: %q", got)
	}
	var list feedList
	l.decode(l.do(http.MethodPost, "/v1/feeds/refresh?suggested=true", nil), 200, &list)
	var fetched []string
	for _, f := range list.Feeds {
		if f.Error != "" || !f.Unchanged {
			t.Errorf("%+v", f)
		}
		fetched = append(fetched, f.Kind+" "+f.Name+" part")
	}
	if !slices.Equal(fetched, got) {
		t.Errorf("suggested are %q, fetched were %q", got, fetched)
	}
	l.refused(l.do(http.MethodPost, "/v1/feeds/refresh?suggested=true&kind=kev&name=kev", nil), 400, defender.CodeInvalidInput)
}
