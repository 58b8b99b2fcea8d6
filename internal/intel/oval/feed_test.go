package oval_test

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/oval"
)

// short writes what records say of packages.
func short(records []intel.Record) (all []string) {
	for _, r := range records {
		for _, p := range r.Packages {
			words := []string{strings.Join(p.CVEs, ","), p.Ecosystem, p.Name}
			if p.Module != "" {
				words = append(words, p.Module)
			}
			for _, r := range p.Ranges {
				if r.Low != "" {
					words = append(words, "above "+r.Low)
				}
				switch {
				case r.HighIncluded:
					words = append(words, "to "+r.High)
				case r.High != "":
					words = append(words, "before "+r.High)
				case r.Unaffected:
					words = append(words, "sound")
				}
			}
			for _, word := range []string{p.Fix.ID, p.Fix.Title, p.Fix.State.String()} {
				if word != "" {
					words = append(words, word)
				}
			}
			all = append(all, strings.Join(words, " | "))
		}
	}
	return all
}

func only(t testing.TB, name string) fs.FS {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return inteltest.File(name, string(text))
}

// Definitions as they are published, cut to a few.
func TestRealDefinitions(t *testing.T) {
	for _, test := range []struct {
		file string
		odd  int
		want []string
	}{
		{"azurelinux-3.0.xml", 0, []string{
			"CVE-2024-24258 | Azure Linux:3 | freeglut | before 0:3.4.0-1.azl3", "CVE-2024-24259 | Azure Linux:3 | freeglut | before 0:3.4.0-1.azl3",
			"CVE-2020-27304 | Azure Linux:3 | ceph | before 0:18.2.1-1.azl3"}},
		{"mariner-2.0.xml", 0, []string{
			"CVE-2023-29404 | Azure Linux:2 | golang | above 0:1.19.0.cm2 | before 0:1.20.7-1.cm2", "CVE-2023-0687 | Azure Linux:2 | glibc | sound",
			"CVE-2023-21980 | Azure Linux:2 | mysql | before 0:8.0.33-1.cm2", "CVE-2023-21977 | Azure Linux:2 | mysql | before 0:8.0.33-1.cm2",
			"CVE-2022-3736 | Azure Linux:2 | bind | to 0:9.16.33-1.cm2 | pending"}},
		// The definitions of the kernel and of krb5 have tests that were cut off, or a state in another spelling.
		{"suse.xml", 2, []string{
			"CVE-1999-0524 | SUSE rpm:Linux Enterprise Module for Basesystem 15 | kernel-default | sound",
			"CVE-1999-0524 | SUSE rpm:Linux Enterprise Module for Basesystem 15 | kernel-source | sound",
			"CVE-1999-0524 | SUSE rpm:Linux Enterprise Module for Development Tools 15 | kernel-default | sound",
			"CVE-1999-0524 | SUSE rpm:Linux Enterprise Module for Development Tools 15 | kernel-source | sound",
			"CVE-2021-29154 | SUSE rpm:Linux Enterprise Server 15 SP1-BCL | kernel-default | before 0:4.12.14-197.89.2",
			"CVE-2021-29154 | SUSE rpm:Linux Enterprise Server 15 SP1-LTSS | kernel-default | before 0:4.12.14-197.89.2",
			"CVE-2021-29154 | SUSE rpm:Linux Enterprise Server 15-LTSS | kernel-default | before 0:4.12.14-150.72.1",
			"CVE-2026-34073 | SUSE rpm:Linux Enterprise Server 15 | python3-cryptography | sound"}},
	} {
		records, odd := inteltest.Parse(t, oval.Feed{}, only(t, test.file))
		if diff := cmp.Diff(test.want, short(records)); diff != "" || len(odd) != test.odd {
			t.Errorf("%s: %v (-want +got):\n%s", test.file, odd, diff)
		}
	}
}

// Oracle's definitions: packages of Ksplice are a line of their own, and of fixes that differ by architecture, or of
// several builds, the first counts.
func TestOracle(t *testing.T) {
	got := map[string]bool{}
	for _, file := range []string{"oracle.xml", "oracle-ksplice.xml", "oracle-per-arch.xml"} {
		records, odd := inteltest.Parse(t, oval.Feed{}, only(t, file))
		if len(odd) > 0 {
			t.Errorf("%s: %v", file, odd)
		}
		for _, line := range short(records) {
			got[line] = true
		}
	}
	for _, want := range []string{
		"CVE-2007-0493,CVE-2007-0494 | Oracle Linux:5 | bind | before 30:9.3.3-8.el5 | ELSA-2007-0057 | Moderate: bind security update",
		"CVE-2021-3449,CVE-2021-3450 | Oracle Linux:8 | openssl-libs | ksplice | before 2:1.1.1g-15.ksplice1.el8_3 | ELSA-2021-9151 | openssl security update",
	} {
		if !got[want] {
			t.Errorf("nothing says %s", want)
		}
	}
	names := map[string]int{}
	for line := range got {
		words := strings.Split(line, " | ")
		if strings.Contains(line, "ELSA-2022-4803") && words[2] == "rsyslog" && !strings.Contains(line, "before 0:8.24.0-57.0.1.el7_9.3 ") {
			t.Errorf("%s", line)
		}
		names[words[0]+words[1]+words[2]]++
	}
	for name, n := range names {
		if n != 1 {
			t.Errorf("%s has %d statements", name, n)
		}
	}
}

// definitions makes a file of one definition of Oracle's.
func definitions(tree, tests string) string {
	return `<oval_definitions><definitions><definition id="oval:com.oracle.elsa:def:1" class="patch"><metadata><title>ELSA-2024-1: a</title>
		<reference source="elsa" ref_id="ELSA-2024-1" ref_url="u"/><reference source="CVE" ref_id="CVE-2024-0001"/></metadata>` + tree +
		`</definition></definitions><tests>` + tests + `</tests></oval_definitions>`
}

// check makes a test, its object and its state.
func check(id, name, operation, evr string) string {
	return fmt.Sprintf(`<rpminfo_test id="%[1]s"><object object_ref="o%[1]s"/><state state_ref="s%[1]s"/></rpminfo_test>
		<rpminfo_object id="o%[1]s"><name>%[2]s</name></rpminfo_object>
		<rpminfo_state id="s%[1]s"><evr operation="%[3]s">%[4]s</evr></rpminfo_state>`, id, name, operation, evr)
}

// Trees are reduced to alternatives, whatever their shape; what cannot be is told, and costs nothing else.
func TestTrees(t *testing.T) {
	const release = `<criterion test_ref="r" comment="Oracle Linux 9 is installed"/>`
	tests := check("a", "a", "less than", "0:2-1.el9") + check("b", "b", "less than", "0:3-1.el9") + check("l", "a", "greater than", "0:1-1.el9") +
		check("x", "x", "pattern match", "0:3")
	criterion := func(id string) string { return fmt.Sprintf(`<criterion test_ref="%s" comment="package %[1]s"/>`, id) }
	and := func(in ...string) string { return `<criteria operator="AND">` + strings.Join(in, "") + `</criteria>` }
	or := func(in ...string) string { return `<criteria operator="OR">` + strings.Join(in, "") + `</criteria>` }
	const a, b = "Oracle Linux:9 | a | before 0:2-1.el9", "Oracle Linux:9 | b | before 0:3-1.el9"
	for _, test := range []struct {
		what, tree string
		want       []string
		odd        int
	}{
		{"plain", and(release, or(criterion("a"), criterion("b"))), []string{a, b}, 0},
		{"the release last, and at each package", or(and(criterion("a"), release), and(and(criterion("b")), or(release))), []string{a, b}, 0},
		{"two bounds", and(release, criterion("a"), criterion("l")), []string{"Oracle Linux:9 | a | above 0:1-1.el9 | before 0:2-1.el9"}, 0},
		{"two packages at once", and(release, criterion("a"), criterion("b")), nil, 1},
		{"no release", or(criterion("a")), nil, 1},
		{"no package", and(release), nil, 1},
		{"an unknown operation beside another", and(release, or(criterion("a"), criterion("x"))), []string{a}, 1},
		{"an unknown condition", and(release, criterion("a"), `<criterion test_ref="?" comment="the moon is full"/>`), nil, 1},
		{"negated", and(release, `<criterion negate="true" test_ref="a" comment="a"/>`), nil, 1},
		{"another operator", `<criteria operator="ONE">` + release + criterion("a") + `</criteria>`, nil, 1},
		{"another definition", and(release, criterion("a"), `<extend_definition definition_ref="x"/>`), nil, 1},
		{"a module", and(release, `<criterion comment="Module nodejs:18 is enabled"/>`, criterion("a")),
			[]string{"Oracle Linux:9 | a | nodejs:18 | before 0:2-1.el9"}, 0},
	} {
		text := definitions(test.tree, tests)
		var records []intel.Record
		odd := 0
		for r, err := range (oval.Feed{}).Parse(t.Context(), inteltest.File("a.xml", text)) {
			if err == nil {
				records = append(records, r)
			} else if _, is := err.(*intel.RecordError); is {
				odd++
			}
		}
		var got []string
		for _, line := range short(records) {
			line = strings.TrimPrefix(strings.TrimSuffix(line, " | ELSA-2024-1 | a"), "CVE-2024-0001 | ")
			got = append(got, line)
		}
		if diff := cmp.Diff(test.want, got); diff != "" || odd != test.odd {
			t.Errorf("%s: %d left out (-want +got):\n%s", test.what, odd, diff)
		}
	}
}

// What is no such file, or is cut off, is refused.
func TestRefused(t *testing.T) {
	whole, err := os.ReadFile("testdata/azurelinux-3.0.xml")
	if err != nil {
		t.Fatal(err)
	}
	deep := strings.Repeat("<criteria>", 1000) + strings.Repeat("</criteria>", 1000)
	for what, text := range map[string]string{
		"cut off": string(whole[:len(whole)/2]), "no XML": "{}", "other XML": "<updates/>", "empty": "", "deep": definitions(deep, ""),
		"another publisher": strings.ReplaceAll(string(whole), "com.microsoft", "com.example"),
		"another encoding":  `<?xml version="1.0" encoding="ISO-8859-1"?>` + string(whole),
	} {
		if err := inteltest.Failure(t, oval.Feed{}, inteltest.File("a.xml", text)); err == nil {
			t.Errorf("%s is read", what)
		}
	}
}

func TestFetch(t *testing.T) {
	text, err := os.ReadFile("testdata/azurelinux-3.0.xml")
	if err != nil {
		t.Fatal(err)
	}
	sent := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		sent++
		w.Header().Set("ETag", `"1"`)
		_, _ = w.Write(text)
	}))
	defer server.Close()
	dst, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	feed := oval.Feed{URL: server.URL + "/azurelinux-3.0-oval.xml"}
	var mark intel.Mark
	for range 2 {
		if mark, err = feed.Fetch(t.Context(), dst, mark); err != nil {
			t.Fatal(err)
		}
	}
	if records, _ := inteltest.Parse(t, feed, dst.FS()); len(records) != 3 || sent != 1 {
		t.Errorf("%d records, sent %d times", len(records), sent)
	}
	if _, err := (oval.Feed{Name: "unheard of"}).Fetch(t.Context(), dst, ""); err == nil {
		t.Error("a feed of no publisher is fetched")
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"azurelinux-3.0.xml", "mariner-2.0.xml", "suse.xml"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(definitions(`<criteria operator="AND"><criterion comment="Oracle Linux 9 is installed"/><criterion test_ref="a"/></criteria>`,
		check("a", "a", "less than", "0:1-1"))))
	f.Fuzz(func(t *testing.T, text []byte) {
		for r, err := range (oval.Feed{}).Parse(t.Context(), inteltest.File("a.xml", string(text))) {
			for i := range r.Packages {
				if p := &r.Packages[i]; err != nil || p.Name == "" || p.Ecosystem == "" || len(p.Ranges) != 1 || len(p.CVEs) == 0 {
					t.Fatalf("%v, %+v", err, p)
				}
			}
		}
	})
}
