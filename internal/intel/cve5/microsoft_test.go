package cve5_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/version"
)

// rawRecord has what the oracle of Microsoft's records reads of them.
type rawRecord struct {
	Metadata struct {
		ID       string `json:"cveId"`
		Assigner string `json:"assignerShortName"`
		State    string `json:"state"`
	} `json:"cveMetadata"`
	Containers struct {
		CNA struct {
			Affected []rawEntry `json:"affected"`
		} `json:"cna"`
	} `json:"containers"`
}

type rawEntry struct {
	Product  string       `json:"product"`
	CPEs     []string     `json:"cpes"`
	Versions []rawVersion `json:"versions"`
}

type rawVersion struct {
	Version         string `json:"version"`
	LessThan        string `json:"lessThan"`
	LessThanOrEqual string `json:"lessThanOrEqual"`
	Status          string `json:"status"`
}

// bounds returns the upper bounds that are numbers.
func (e *rawEntry) bounds() (list [][]int) {
	for _, v := range e.Versions {
		if plainBound.MatchString(v.LessThan) && v.Status == "affected" {
			list = append(list, numbers(v.LessThan))
		}
	}
	return list
}

var plainBound = regexp.MustCompile(`^\d+(\.\d+)+$`)

func numbers(text string) (list []int) {
	for part := range strings.SplitSeq(text, ".") {
		n, err := strconv.Atoi(part)
		if err != nil {
			return nil
		}
		list = append(list, n)
	}
	return list
}

// family is a kind of products whose affected versions the oracle knows.
type family struct {
	name string
	// pairs are the products that stand for it, versions the installed ones that are tried.
	pairs, versions []string
	// affects says by the entry's text, and not by its lower bound, whether a version is affected; known is
	// false if the text does not say.
	affects func(all []rawEntry, installed []int) (affected, known bool)
}

var branchText = map[string]*regexp.Regexp{
	".NET":          regexp.MustCompile(`^\.NET (\d+)\.(\d+)`),
	"ASP.NET Core":  regexp.MustCompile(`^ASP\.NET Core (\d+)\.(\d+)`),
	"PowerShell":    regexp.MustCompile(`^PowerShell (\d+)\.(\d+)`),
	"Visual Studio": regexp.MustCompile(`^Microsoft Visual Studio 20\d\d version (\d+)\.(\d+)`),
}

// byBranch says that a version is affected if an entry's text names its branch and its bound is later.
func byBranch(text *regexp.Regexp) func([]rawEntry, []int) (bool, bool) {
	return func(all []rawEntry, installed []int) (affected, known bool) {
		known = true
		for _, e := range all {
			m := text.FindStringSubmatch(e.Product)
			if m == nil {
				continue
			}
			if strings.Contains(e.Product, "includes "+strconv.Itoa(installed[0])+".") && m[2] != strconv.Itoa(installed[1]) {
				known = false // of the releases in between the text and the lower bound say different things
			}
			if m[1] != strconv.Itoa(installed[0]) || m[2] != strconv.Itoa(installed[1]) {
				continue
			}
			for _, bound := range e.bounds() {
				affected = affected || slices.Compare(installed, bound) < 0
			}
		}
		return affected, known
	}
}

// releasesOf lists releases of branches, as Microsoft numbers them: .NET has had up to 36 in a branch.
func releasesOf(last int, branches ...string) (list []string) {
	for _, branch := range branches {
		for patch := range last + 1 {
			list = append(list, branch+"."+strconv.Itoa(patch))
		}
	}
	return list
}

var families = []family{
	{".NET", []string{"microsoft:.net"}, releasesOf(36, "2.1", "3.1", "5.0", "6.0", "7.0", "8.0", "9.0"),
		byBranch(branchText[".NET"])},
	{"ASP.NET Core", []string{"microsoft:asp.net_core"}, releasesOf(40, "2.1", "2.2", "3.1", "6.0", "7.0", "8.0", "9.0"),
		byBranch(branchText["ASP.NET Core"])},
	{"PowerShell", []string{"microsoft:powershell"}, releasesOf(24, "6.2", "7.0", "7.1", "7.2", "7.3", "7.4", "7.5"),
		byBranch(branchText["PowerShell"])},
	{"Visual Studio", []string{"microsoft:visual_studio", "microsoft:visual_studio_2017", "microsoft:visual_studio_2019",
		"microsoft:visual_studio_2022"}, releasesOf(56, "15.9", "16.4", "16.7", "16.9", "16.11", "17.0", "17.1", "17.2",
		"17.3", "17.4", "17.5", "17.6", "17.7", "17.8", "17.9", "17.10", "17.11", "17.12"), byBranch(branchText["Visual Studio"])},
	{".NET Framework", []string{"microsoft:.net_framework"}, frameworkBuilds(), byFramework},
	{"SQL Server", []string{"microsoft:sql_server"}, keysOf(sqlBuilds), bySQLServer},
	{"Exchange", []string{"microsoft:exchange_server"}, keysOf(exchangeBuilds), byExchange},
}

// frameworkBuilds lists builds of .NET Framework: those of 4.8.1 begin at 9032.
func frameworkBuilds() (list []string) {
	for n := 0; n < 1500; n += 7 {
		list = append(list, fmt.Sprintf("4.8.%05d.0", 3700+n), fmt.Sprintf("4.7.%05d.0", 3000+n))
	}
	for n := 9032; n < 9400; n += 3 {
		list = append(list, fmt.Sprintf("4.8.%05d.0", n))
	}
	for n := 8900; n < 9000; n++ {
		list = append(list, fmt.Sprintf("3.5.30729.%d", n))
	}
	return list
}

// byFramework: 4.6.2 to 4.7.2 share their builds, which begin with 4.7.
func byFramework(all []rawEntry, installed []int) (affected, known bool) {
	release := fmt.Sprintf("%d.%d", installed[0], installed[1])
	late := release == "4.8" && installed[2] >= 9000
	names := map[string]*regexp.Regexp{"4.7": regexp.MustCompile(`\b4\.(6\.2|7)`), "3.5": regexp.MustCompile(`\b3\.5`),
		"4.8": regexp.MustCompile(`\b4\.8($|/| )`)}[release]
	if late {
		names = regexp.MustCompile(`\b4\.8\.1`)
	}
	for _, e := range all {
		if !strings.Contains(e.Product, ".NET Framework") || !names.MatchString(e.Product) {
			continue
		}
		for _, bound := range e.bounds() {
			if len(bound) < 3 || bound[0] != installed[0] || bound[1] != installed[1] ||
				release == "4.8" && (bound[2] >= 9000) != late || release == "3.5" && bound[2] != 30729 {
				continue
			}
			affected = affected || slices.Compare(installed, bound) < 0
		}
	}
	return affected, true
}

// sqlBuilds are builds of SQL Server with their servicing branch: 0 for general distribution, else the
// cumulative update (Microsoft, "Latest updates and version history for SQL Server").
var sqlBuilds = map[string]int{
	"13.0.6300.2": 0, "13.0.6419.1": 0, "13.0.6435.1": 0, "13.0.6441.1": 0, "13.0.6445.1": 0,
	"14.0.1000.169": 0, "14.0.2047.8": 0, "14.0.2052.1": 0, "14.0.2056.2": 0, "14.0.2060.1": 0,
	"14.0.3456.2": 31, "14.0.3465.1": 31, "14.0.3471.2": 31, "14.0.3475.1": 31,
	"15.0.2000.5": 0, "15.0.2104.1": 0, "15.0.2110.4": 0, "15.0.2116.2": 0, "15.0.2120.1": 0, "15.0.2125.1": 0,
	"15.0.4322.2": 22, "15.0.4355.3": 25, "15.0.4360.2": 25, "15.0.4365.2": 26, "15.0.4375.4": 27, "15.0.4382.1": 27,
	"15.0.4385.2": 28, "15.0.4390.2": 28,
	"16.0.1000.6": 0, "16.0.1110.1": 0, "16.0.1115.1": 0, "16.0.1121.4": 0, "16.0.1125.1": 0,
	"16.0.4115.5": 12, "16.0.4120.1": 12, "16.0.4125.3": 13, "16.0.4131.2": 13, "16.0.4135.4": 14, "16.0.4140.3": 14,
	"16.0.4145.4": 15, "16.0.4150.1": 15,
}

var cumulativeUpdate = regexp.MustCompile(`\(CU (\d+)\)`)

// bySQLServer: a build is judged by the entry of its own branch; a cumulative update without an entry by the next that
// has one.
func bySQLServer(all []rawEntry, installed []int) (affected, known bool) {
	update := sqlBuilds[join(installed)]
	next, bound := 1<<30, []int(nil)
	for _, e := range all {
		of, general := 0, strings.HasSuffix(e.Product, "(GDR)")
		if m := cumulativeUpdate.FindStringSubmatch(e.Product); m != nil {
			of, _ = strconv.Atoi(m[1])
		} else if !general || !strings.Contains(e.Product, "SQL Server 20") {
			continue
		}
		for _, b := range e.bounds() {
			if b[0] == installed[0] && (of == 0) == (update == 0) && of >= update && of < next {
				next, bound = of, b
			}
		}
	}
	return bound != nil && slices.Compare(installed, bound) < 0, true
}

// exchangeBuilds are builds of Exchange with their cumulative update (Microsoft, "Exchange Server build numbers and
// release dates").
var exchangeBuilds = map[string]int{
	"15.0.1497.2": 23, "15.0.1497.44": 23,
	"15.1.2308.8": 21, "15.1.2308.27": 21, "15.1.2375.7": 22, "15.1.2375.37": 22, "15.1.2507.6": 23, "15.1.2507.39": 23,
	"15.2.922.7": 10, "15.2.922.27": 10, "15.2.986.5": 11, "15.2.986.42": 11, "15.2.1118.7": 12, "15.2.1118.40": 12,
	"15.2.1258.12": 13, "15.2.1258.28": 13, "15.2.1258.34": 13, "15.2.1544.4": 14, "15.2.1544.11": 14,
}

var exchangeUpdate = regexp.MustCompile(`^Microsoft Exchange Server (20\d\d) Cumulative Update (\d+)`)

// byExchange: as bySQLServer. In two entries the text names the update before the one of the bound.
func byExchange(all []rawEntry, installed []int) (affected, known bool) {
	update, year := exchangeBuilds[join(installed)], []string{"2013", "2016", "2019"}[installed[1]]
	next, bound := 1<<30, []int(nil)
	for _, e := range all {
		m := exchangeUpdate.FindStringSubmatch(e.Product)
		if m == nil || m[1] != year {
			continue
		}
		of, _ := strconv.Atoi(m[2])
		for _, b := range e.bounds() {
			for text, cu := range exchangeBuilds {
				if n := numbers(text); n[1] == b[1] && n[2] == b[2] && cu != of {
					of = cu
				}
			}
			if of >= update && of < next {
				next, bound = of, b
			}
		}
	}
	return bound != nil && slices.Compare(installed, bound) < 0, true
}

func keysOf(m map[string]int) (keys []string) {
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func join(list []int) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = strconv.Itoa(n)
	}
	return strings.Join(texts, ".")
}

// states reports whether a record says that a version of one of the products is affected.
func states(r *intel.Record, pairs []string, installed string) bool {
	key, found := version.Key(installed), false
	for i := range r.Affected {
		a := &r.Affected[i]
		if a.By != intel.ByCNA || !slices.Contains(pairs, a.Vendor+":"+a.Product) {
			continue
		}
		for _, v := range a.Versions {
			low, high := bytes.Compare(key, version.Key(v.Low)), bytes.Compare(key, version.Key(v.High))
			inside := v.Exact == "" && (v.Low == "" || low > 0 || low == 0 && !v.LowExcluded) &&
				(v.High == "" || high < 0 || high == 0 && v.HighIncluded)
			if v.Unaffected && inside {
				return false
			}
			found = found || inside || v.Exact != "" && bytes.Equal(key, version.Key(v.Exact))
		}
	}
	return found
}

// TestMicrosoft judges installed versions by Microsoft's records and by an oracle that reads no lower bounds: what
// the text of an entry names, and Microsoft's lists of builds. Nothing may be wrong, and nothing missing.
func TestMicrosoft(t *testing.T) {
	t.Run("sample", func(t *testing.T) {
		judge(t, os.DirFS("testdata/microsoft"), map[string]int{".NET": 122, "ASP.NET Core": 39, "PowerShell": 33,
			"Visual Studio": 302, ".NET Framework": 824, "SQL Server": 68, "Exchange": 9})
	})
	t.Run("vulnrichment", func(t *testing.T) {
		judge(t, inteltest.Shared(t, "cve5/vulnrichment-develop.tar.gz"), map[string]int{".NET": 888,
			"ASP.NET Core": 164, "PowerShell": 322, "Visual Studio": 4866, ".NET Framework": 7299, "SQL Server": 1442,
			"Exchange": 43})
	})
}

// judge compares all families, and wants so many right rows.
func judge(t *testing.T, fsys fs.FS, right map[string]int) {
	records, _ := parse(t, fsys)
	found := map[string]int{}
	for _, raw := range microsofts(t, fsys) {
		r := records[raw.Metadata.ID]
		for _, f := range families {
			if !f.concerns(&raw, &r) {
				continue
			}
			for _, installed := range f.versions {
				want, known := f.affects(raw.Containers.CNA.Affected, numbers(installed))
				got := states(&r, f.pairs, installed)
				if known && want != got {
					t.Errorf("%s: %s %s is affected: %v, want %v", raw.Metadata.ID, f.name, installed, got, want)
				}
				if known && want && got {
					found[f.name]++
				}
			}
		}
		kept(t, &raw, &r)
	}
	for _, f := range families {
		if found[f.name] != right[f.name] {
			t.Errorf("%s: %d right rows, want %d", f.name, found[f.name], right[f.name])
		}
	}
}

// concerns reports whether a record names a family, or states anything on its products.
func (f *family) concerns(raw *rawRecord, r *intel.Record) bool {
	named := func(e rawEntry) bool { return strings.Contains(e.Product, f.name) }
	stated := func(a intel.Affected) bool { return slices.Contains(f.pairs, a.Vendor+":"+a.Product) }
	return slices.ContainsFunc(raw.Containers.CNA.Affected, named) || slices.ContainsFunc(r.Affected, stated)
}

// microsofts returns Microsoft's records as the oracle reads them.
func microsofts(t *testing.T, fsys fs.FS) (list []rawRecord) {
	limits := intel.DefaultLimits()
	for doc, err := range limits.Documents(fsys) {
		if err != nil {
			t.Fatal(err)
		}
		var raw rawRecord
		if bytes.Contains(doc.Data, []byte("microsoft")) && json.Unmarshal(doc.Data, &raw) == nil &&
			raw.Metadata.Assigner == "microsoft" {
			list = append(list, raw)
		}
	}
	return list
}

var azureStamp = regexp.MustCompile(`^20\d{6}\.`)

// kept says that no other entry loses a readable bound.
func kept(t *testing.T, raw *rawRecord, r *intel.Record) {
	for _, e := range raw.Containers.CNA.Affected {
		pairs := map[string]bool{}
		for _, text := range e.CPEs {
			pairs[strings.ToLower(strings.Join(strings.Split(text, ":")[3:5], ":"))] = true
		}
		if e.Product == "HEVC Video Extension" {
			pairs = map[string]bool{"microsoft:hevc_video_extension": true}
		}
		if strings.Contains(e.Product, ".NET Framework") || len(pairs) != 1 {
			continue
		}
		for _, v := range e.Versions {
			if !plainBound.MatchString(v.LessThan) || strings.HasPrefix(v.Version, "https:") ||
				slices.Compare(numbers(v.Version), numbers(v.LessThan)) > 0 || azureStamp.MatchString(v.LessThan) {
				continue
			}
			if !slices.ContainsFunc(r.Affected, func(a intel.Affected) bool {
				return pairs[a.Vendor+":"+a.Product] && slices.ContainsFunc(a.Versions,
					func(r intel.Range) bool { return r.High == v.LessThan })
			}) {
				t.Errorf("%s: %q has lost its bound %q", raw.Metadata.ID, e.Product, v.LessThan)
			}
		}
	}
}

// drawEntries makes entries of a family as Microsoft writes them: any of its branches, each with its bound and with a
// lower bound that means little.
func drawEntries(t *rapid.T, f *family) (entries []rawEntry) {
	texts := map[string]string{".NET": ".NET %d.%d", "ASP.NET Core": "ASP.NET Core %d.%d", "PowerShell": "PowerShell %d.%d",
		"Visual Studio": "Microsoft Visual Studio 2022 version %d.%d"}
	bounds := rapid.SliceOfNDistinct(rapid.SampledFrom(f.versions).Filter(f.isLast), 1, 5, func(text string) string {
		n := numbers(text)
		return fmt.Sprint(n[:2], f.branch(n))
	}).Draw(t, "bounds")
	for _, bound := range bounds {
		n := numbers(bound)
		e := rawEntry{CPEs: []string{"cpe:2.3:a:" + f.pairs[0] + ":-:*:*:*:*:*:*:*"}}
		lows := []string{"1.0.0", "1.0", "0", "unspecified", "", "0.0.0", fmt.Sprintf("%d.%d.0", n[0], n[1]), bound, bound + ".0",
			fmt.Sprintf("%d.0", n[0])}
		switch f.name {
		case "SQL Server":
			e.Product, lows = fmt.Sprintf("Microsoft SQL Server 20xx (CU %d)", f.branch(n)), lows[:9]
			if f.branch(n) == 0 {
				e.Product = "Microsoft SQL Server 20xx (GDR)"
			}
		case "Exchange":
			e.Product = fmt.Sprintf("Microsoft Exchange Server %d Cumulative Update %d", []int{2013, 2016, 2019}[n[1]], f.branch(n))
		default:
			e.Product = fmt.Sprintf(texts[f.name], n[0], n[1])
		}
		e.Versions = append(e.Versions, rawVersion{Version: rapid.SampledFrom(lows).Draw(t, "low"), LessThan: bound, Status: "affected"})
		entries = append(entries, e)
	}
	return rapid.Permutation(entries).Draw(t, "order")
}

// isLast reports whether a build may be a bound beside others: of a cumulative update of SQL Server the last one,
// since no record tells where the next begins.
func (f *family) isLast(bound string) bool {
	if f.name != "SQL Server" || sqlBuilds[bound] == 0 {
		return true
	}
	return !slices.ContainsFunc(f.versions, func(v string) bool {
		a, b := numbers(v), numbers(bound)
		return sqlBuilds[v] == sqlBuilds[bound] && a[0] == b[0] && slices.Compare(a, b) > 0
	})
}

// branch numbers the servicing branch of a build.
func (f *family) branch(build []int) int {
	switch f.name {
	case "SQL Server":
		return sqlBuilds[join(build)]
	case "Exchange":
		return exchangeBuilds[join(build)]
	}
	return 0
}

// TestEmptyServicing: an entry that ends where its servicing branch begins says nothing about other branches.
func TestEmptyServicing(t *testing.T) {
	type bounds struct{ low, end string }
	for _, test := range []struct {
		pair  string
		items []bounds
		want  []string // upper bounds that are left
	}{
		{"microsoft:sql_server", []bounds{{"15.0.0", "15.0.4000.0"}}, nil},
		{"microsoft:sql_server", []bounds{{"15.0.2125.1", "15.0.2125.1"}, {"15.0.0", "15.0.4000.0"}}, []string{"15.0.2125.1"}},
		{"microsoft:exchange_server", []bounds{{"15.02.0", "15.2.985.5"}, {"15.02.0", "15.2.986"}}, []string{"15.2.985.5"}},
		{"microsoft:exchange_server", []bounds{{"15.02.0", "15.2.986.5"}, {"15.02.0", "15.2.986.5.0"}}, []string{"15.2.986.5"}},
	} {
		var entries []rawEntry
		for _, b := range test.items {
			entries = append(entries, rawEntry{Product: "Server (CU 1)", CPEs: []string{"cpe:2.3:a:" + test.pair + ":-:*:*:*:*:*:*:*"},
				Versions: []rawVersion{{Version: b.low, LessThan: b.end, Status: "affected"}}})
		}
		var got []string
		for _, a := range parseEntries(t, entries).Affected {
			for _, r := range a.Versions {
				got = append(got, r.High)
				if r.Low == "" {
					t.Errorf("%v: %v is open below", test.items, r)
				}
			}
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%v: upper bounds %q, want %q", test.items, got, test.want)
		}
	}
}

// parseEntries parses a record of Microsoft's with entries.
func parseEntries(t testing.TB, entries []rawEntry) intel.Record {
	var raw rawRecord
	raw.Metadata.ID, raw.Metadata.Assigner, raw.Metadata.State = "CVE-2099-0001", "microsoft", "PUBLISHED"
	raw.Containers.CNA.Affected = entries
	data, err := json.Marshal(raw)
	if err != nil {
		t.Fatal(err)
	}
	records, odd := parse(t, fstest.MapFS{"CVE-2099-0001.json": {Data: data}})
	if len(odd) > 0 {
		t.Fatal(odd)
	}
	return records["CVE-2099-0001"]
}

// TestMicrosoftsBranches: whatever branches a record lists, and whatever lower bounds it gives them, a version is
// affected if it is before the bound of its own branch.
func TestMicrosoftsBranches(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := rapid.SampledFrom(families).Filter(func(f family) bool { return f.name != ".NET Framework" }).Draw(rt, "family")
		entries := drawEntries(rt, &f)
		r := parseEntries(t, entries)
		for _, installed := range f.versions {
			want, known := f.affects(entries, numbers(installed))
			if got := states(&r, f.pairs, installed); known && got != want {
				rt.Errorf("%s %s is affected: %v, want %v", f.name, installed, got, want)
			}
		}
	})
}
