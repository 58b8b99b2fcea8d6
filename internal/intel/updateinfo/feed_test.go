package updateinfo_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/updateinfo"
)

// advisory makes an advisory in the form of createrepo's specification, about one package.
func advisory(id, name, version, release string, cves ...string) string {
	var references strings.Builder
	for _, cve := range cves {
		fmt.Fprintf(&references, `<reference href="https://cve" id="%s" type="cve" title=""/>`, cve)
	}
	return fmt.Sprintf(`<update author="a" from="a" status="final" type="security" version="1.4"><id>%s</id><title>%[2]s update</title>
		<issued date="2023-03-22 17:50"/><updated date="2023-03-30 00:00"/><severity>important</severity><description/>
		<references>%s</references><pkglist><collection short="x"><name>x</name>
		<package name="%[2]s" epoch="1" version="%[4]s" release="%[5]s" arch="x86_64"><filename>f</filename></package>
		<package name="%[2]s" epoch="1" version="%[4]s" release="%[5]s" arch="aarch64"><filename>f</filename></package>
		<package name="%[2]s" epoch="1" version="%[4]s" release="%[5]s" arch="src"><filename>f</filename></package>
		</collection></pkglist></update>`, id, name, references.String(), version, release)
}

func list(updates ...string) string {
	return `<?xml version="1.0" ?>` + "\n<updates>" + strings.Join(updates, "\n") + "</updates>"
}

func short(records []intel.Record) (all []string) {
	for _, r := range records {
		for _, p := range r.Packages {
			line := []string{r.Source, strings.Join(p.CVEs, ","), p.Ecosystem, p.Name, p.Module, p.Ranges[0].Low,
				p.Ranges[0].High, p.Fix.Title}
			all = append(all, strings.Join(line, " | "))
		}
	}
	return all
}

func TestParse(t *testing.T) {
	module := strings.Replace(advisory("RLSA-2023:1", "ruby", "3.1.4", "142.module+el8.9.0+1+2", "CVE-2023-0006"), "<collection short=\"x\">",
		`<collection short="x"><module name="ruby" stream="3.1" version="1" context="c" arch="x86_64"/>`, 1)
	fedora := strings.Replace(advisory("FEDORA-2023-6d4055d482", "httpd", "2.4.55", "1.fc36"), "<references>",
		`<references><reference href="https://bugzilla" id="2162094" type="bugzilla" title="CVE-2022-37436 httpd: splitting [fedora-all]"/>`, 1)
	text := list(advisory("ALAS2023-2023-126", "curl", "7.88.1", "1.amzn2023.0.1", "CVE-2023-0001", "CVE-2023-0002"),
		advisory("ALAS2-2018-939", "kernel", "4.14.10", "1.amzn2", "CVE-2023-0003"), advisory("ALAS-2018-939", "bash", "4.2", "1.amzn1", "CVE-2023-0003"),
		advisory("ALAS2KERNEL-5.10-2022-001", "kernel", "5.10.96", "90.amzn2", "CVE-2023-0004"),
		advisory("ALAS2DOCKER-2021-005", "docker", "20.10.7", "3.amzn2", "CVE-2023-0004"),
		advisory("ELSA-2023-0005", "bash", "5.1.8", "6.el9_1", "CVE-2023-0005"), module, fedora,
		advisory("ALAS2023-2023-127", "bugfix", "1", "1.amzn2023"),
		advisory("FEDORA-EPEL-2023-0000000001", "nano", "1", "1.el9", "CVE-2023-0007"), advisory("X-1", "x", "1", "1", "CVE-2023-0007"))
	records, odd := inteltest.Parse(t, updateinfo.Feed{}, inteltest.File("updateinfo.xml", text))
	if diff := cmp.Diff([]string{
		"ALAS2023-2023-126 | CVE-2023-0001,CVE-2023-0002 | Amazon Linux:2023 | curl |  |  | 1:7.88.1-1.amzn2023.0.1 | curl update",
		"ALAS2-2018-939 | CVE-2023-0003 | Amazon Linux:2 | kernel |  |  | 1:4.14.10-1.amzn2 | kernel update",
		"ALAS-2018-939 | CVE-2023-0003 | Amazon Linux:2018.03 | bash |  |  | 1:4.2-1.amzn1 | bash update",
		"ALAS2KERNEL-5.10-2022-001 | CVE-2023-0004 | Amazon Linux:2 | kernel |  | 1:5.10-0 | 1:5.10.96-90.amzn2 | kernel update",
		"ALAS2DOCKER-2021-005 | CVE-2023-0004 | Amazon Linux:2 | docker |  |  | 1:20.10.7-3.amzn2 | docker update",
		"ELSA-2023-0005 | CVE-2023-0005 | Oracle Linux:9 | bash |  |  | 1:5.1.8-6.el9_1 | bash update",
		"RLSA-2023:1 | CVE-2023-0006 | Rocky Linux:8 | ruby | ruby:3.1 |  | 1:3.1.4-142.module+el8.9.0+1+2 | ruby update",
		"FEDORA-2023-6d4055d482 | CVE-2022-37436 | Fedora:36 | httpd |  |  | 1:2.4.55-1.fc36 | httpd update",
	}, short(records)); diff != "" || len(odd) != 2 {
		t.Errorf("%v (-want +got):\n%s", odd, diff)
	}
	for what, text := range map[string]string{"cut off": text[:len(text)/2], "other XML": "<x/>", "empty": "", "none": list()} {
		if inteltest.Failure(t, updateinfo.Feed{}, inteltest.File("a.xml", text)) == nil {
			t.Errorf("%s is read", what)
		}
	}
}

// The repository is found by its list of mirrors, and the list of advisories by its repomd.xml, with its hash.
func TestFetch(t *testing.T) {
	text, sum, sent := list(advisory("ALAS2023-2023-126", "curl", "7", "1.amzn2023", "CVE-2023-0001")), "", 0
	hash := func(text string) string {
		is := sha256.Sum256([]byte(text))
		return hex.EncodeToString(is[:])
	}
	var server *httptest.Server
	server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/latest/mirror.list":
			fmt.Fprintf(w, "%s/guid\n", server.URL)
		case "/guid/repodata/repomd.xml":
			fmt.Fprintf(w, `<repomd xmlns="http://linux.duke.edu/metadata/repo"><data type="primary"><location href="repodata/primary.xml.gz"/></data>
				<data type="updateinfo"><checksum type="sha256">%s</checksum><location href="repodata/x-updateinfo.xml"/></data></repomd>`, sum)
		case "/guid/repodata/x-updateinfo.xml":
			sent++
			fmt.Fprint(w, text)
		default:
			w.WriteHeader(http.StatusNotFound)
		}
	}))
	defer server.Close()
	dst, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	feed := updateinfo.Feed{URL: server.URL + "/latest/mirror.list"}
	var mark intel.Mark
	sum = hash(text)
	for range 2 {
		if mark, err = feed.Fetch(t.Context(), dst, mark); err != nil {
			t.Fatal(err)
		}
	}
	if records, _ := inteltest.Parse(t, feed, dst.FS()); len(records) != 1 || sent != 1 {
		t.Errorf("%d records, sent %d times", len(records), sent)
	}
	sum = hash("another")
	if next, err := feed.Fetch(t.Context(), dst, mark); err == nil || next != mark {
		t.Errorf("a file with another hash is kept: %v", err)
	}
	if _, err := (updateinfo.Feed{Name: "Fedora:41"}).Fetch(t.Context(), dst, ""); err == nil {
		t.Error("a repository that is not known is fetched")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(list(advisory("ALAS2023-2023-126", "curl", "7", "1.amzn2023", "CVE-2023-0001"))))
	f.Fuzz(func(t *testing.T, text []byte) {
		for r, err := range (updateinfo.Feed{}).Parse(t.Context(), inteltest.File("a.xml", string(text))) {
			for i := range r.Packages {
				if p := &r.Packages[i]; err != nil || p.Name == "" || p.Ecosystem == "" || p.Ranges[0].High == "" {
					t.Fatalf("%v, %+v", err, p)
				}
			}
		}
	})
}
