package quality

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/muster-project/muster/internal/testneed"
)

// listing is what a person printed on a machine with Windows: its build, and its updates.
type listing struct {
	name, build string
	server, x86 bool
	updates     map[string]bool
}

var (
	listedBuild  = regexp.MustCompile(`\b(\d+\.\d+\.\d{4,5})\b`)
	listedUpdate = regexp.MustCompile(`KB(\d{5,8})`)
)

// readListings reads all listings of the archive. A list of updates alone is of the machine whose description has the
// same beginning; a list of what a machine was offered says nothing of what it has, and is left out.
func readListings(t *tally) (all []listing, offers int) {
	t.Helper()
	texts := map[string]string{}
	eachFile(t, testneed.Shared(t.TB, "inventory", "windows", "wesng-validation.tar.gz"), func(name string, data []byte) {
		texts[path.Base(name)] = plainText(data)
	})
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		if strings.Contains(name, "_updates") {
			offers++
			continue
		}
		of := strings.TrimSuffix(name, "qfe.txt") + "systeminfo.txt"
		if _, known := texts[of]; !known {
			of = name
		}
		found := listedBuild.FindStringSubmatch(texts[of])
		if found == nil {
			continue // the licence
		}
		l := listing{name: name, build: found[1], server: strings.HasPrefix(name, "srv_"),
			x86: strings.Contains(name, "_x86_"), updates: map[string]bool{}}
		for _, m := range listedUpdate.FindAllStringSubmatch(texts[name], -1) {
			l.updates[m[1]] = true
		}
		all = append(all, l)
	}
	return all, offers
}

// plainText returns the characters of a file in UTF-16, or in anything else, of which only ASCII is looked at.
func plainText(data []byte) string {
	if len(data) < 2 || data[0] != 0xff || data[1] != 0xfe {
		return string(data)
	}
	var units []uint16
	for pair := range slices.Chunk(data[2:], 2) {
		units = append(units, uint16(pair[0])|uint16(pair[len(pair)-1])<<8)
	}
	return string(utf16.Decode(units))
}

// eachFile calls yield with every file of a compressed archive.
func eachFile(t *tally, archive string, yield func(name string, data []byte)) {
	t.Helper()
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for files := tar.NewReader(plain); ; {
		header, err := files.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		var data []byte
		if err == nil {
			data, err = io.ReadAll(files)
		}
		if err != nil {
			t.Fatal(err)
		}
		yield(header.Name, data)
	}
}

// platform returns the platform of a listing, and the product as Microsoft's lists and its records call it; "" for one
// that muster does not judge.
func (l *listing) platform() (name, product, record string) {
	on := " for x64-based Systems"
	if l.x86 {
		on = " for 32-bit Systems"
	}
	client := map[string][2]string{
		"6.1.7601": {"Windows7", "Windows 7"}, "6.3.9600": {"Windows8.1", "Windows 8.1"},
		"10.0.10240": {"Windows10", "Windows 10"}, "10.0.17134": {"Windows10", "Windows 10 Version 1803"},
		"10.0.17763": {"Windows10", "Windows 10 Version 1809"}, "10.0.19043": {"Windows10", "Windows 10 Version 21H1"},
		"10.0.19044": {"Windows10", "Windows 10 Version 21H2"}, "10.0.19045": {"Windows10", "Windows 10 Version 22H2"},
		"10.0.22000": {"Windows11", "Windows 11 version 21H2"}, "10.0.22621": {"Windows11", "Windows 11 Version 22H2"},
		"10.0.22631": {"Windows11", "Windows 11 Version 23H2"}, "10.0.26100": {"Windows11", "Windows 11 Version 24H2"},
	}
	servers := map[string][2]string{
		"6.3.9600":   {"WindowsServer2012R2", "Windows Server 2012 R2"},
		"10.0.14393": {"WindowsServer2016", "Windows Server 2016"}, "10.0.17763": {"WindowsServer2019", "Windows Server 2019"},
		"10.0.20348": {"WindowsServer2022", "Windows Server 2022"},
	}
	found := client[l.build]
	switch {
	case l.server && l.build == "6.1.7601":
		return "WindowsServer2008R2", "Windows Server 2008 R2 for x64-based Systems Service Pack 1", "Windows Server 2008 R2"
	case l.server:
		found, on = servers[l.build], ""
	case l.build == "6.1.7601":
		on += " Service Pack 1"
	}
	return found[0], found[1] + on, found[1]
}

// definition is what WES-NG's list says of one product.
type definition struct {
	// replaces are the updates that each one replaces, one step back; fixes the updates that fix each CVE; days the day
	// that most rows of an update have, and cves how many CVEs it fixes.
	replaces, fixes map[string]map[string]bool
	days            map[string]map[string]int
	cves            map[string]map[string]bool
}

// readDefinitions reads WES-NG's list, by product in lower case.
func readDefinitions(t *tally) map[string]*definition {
	t.Helper()
	archive, err := zip.OpenReader(testneed.Shared(t.TB, "msrc", "wesng-definitions.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close()
	i := slices.IndexFunc(archive.File, func(f *zip.File) bool { return strings.HasPrefix(f.Name, "CVEs_") })
	file, err := archive.File[i].Open()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	all := map[string]*definition{}
	rows := csv.NewReader(file)
	rows.ReuseRecord = true
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		day, cve, kb, product := row[0], row[1], row[2], strings.ToLower(strings.Join(strings.Fields(row[4]), " "))
		if !strings.HasPrefix(product, "windows ") || kb == "" {
			continue
		}
		if day < "20170411" && strings.ContainsAny(row[5], "0123456789") {
			continue // an old row, of a program on Windows: "Internet Explorer 11", "Microsoft XML Core Services 4.0"
		}
		d := all[product]
		if d == nil {
			d = &definition{map[string]map[string]bool{}, map[string]map[string]bool{}, map[string]map[string]int{},
				map[string]map[string]bool{}}
			all[product] = d
		}
		if d.days[kb] == nil {
			d.days[kb] = map[string]int{}
		}
		d.days[kb][day]++
		for older := range strings.SplitSeq(row[8], ";") {
			enter(d.replaces, kb, older)
		}
		if strings.HasPrefix(cve, "CVE-") {
			enter(d.fixes, cve, kb)
			enter(d.cves, kb, cve)
		}
	}
}

func enter(m map[string]map[string]bool, key, value string) {
	if m[key] == nil {
		m[key] = map[string]bool{}
	}
	m[strings.Clone(key)][strings.Clone(value)] = true
}

// installed returns some updates and all that they replace.
func (d *definition) installed(listed map[string]bool) map[string]bool {
	all, rest := map[string]bool{}, slices.Collect(maps.Keys(listed))
	for len(rest) > 0 {
		kb := rest[len(rest)-1]
		rest = rest[:len(rest)-1]
		if !all[kb] {
			all[kb] = true
			rest = slices.AppendSeq(rest, maps.Keys(d.replaces[kb]))
		}
	}
	return all
}

// day returns the day that most rows of an update have, of several the first.
func (d *definition) day(kb string) (most string) {
	for _, day := range slices.Sorted(maps.Keys(d.days[kb])) {
		if d.days[kb][day] > d.days[kb][most] {
			most = day
		}
	}
	return most
}

// isCumulative reports whether an update fixes many CVEs, or replaces one that does.
func (d *definition) isCumulative(kb string) bool {
	many := func(kb string) bool { return len(d.cves[kb]) >= 10 }
	return many(kb) || slices.ContainsFunc(slices.Collect(maps.Keys(d.replaces[kb])), many)
}

// readWESNG reads the answers of WES-NG: the CVEs of a listing and a product.
func readWESNG(t *tally) map[string]map[string]bool {
	t.Helper()
	text := testneed.Unpacked(t.TB, "inventory", "windows", "wesng-answers.csv.gz")
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]bool{}
	for _, r := range rows[1:] {
		if strings.HasPrefix(r[1], "CVE-") {
			enter(all, r[0]+" "+strings.ToLower(strings.Join(strings.Fields(r[3]), " ")), r[1])
		}
	}
	return all
}

// reportListing reports a listing as a device.
func (p program) reportListing(l *listing, name string) {
	p.Helper()
	updates := []string{}
	for kb := range l.updates {
		updates = append(updates, "KB"+kb)
	}
	architecture := "x64"
	if l.x86 {
		architecture = "x86"
	}
	text, err := json.Marshal(map[string]any{"hotfixes": updates, "software": []any{}, "device": map[string]string{
		"name": l.name, "osPlatform": name, "osVersion": l.build + ".0", "osArchitecture": architecture}})
	if err == nil {
		err = p.report(text, arguments{})
	}
	if err != nil {
		p.Fatalf("%s: %v", l.name, err)
	}
}

// bounds are the builds that Microsoft's records give to the CVEs of a product, of any architecture.
func bounds(ranges []microsoftRange, build string) map[string]int {
	all := map[string]int{}
	for _, r := range ranges {
		if before := parts(r.before); strings.HasPrefix(r.before, build+".") && len(before) == 4 {
			all[r.cve] = max(all[r.cve], before[3])
		}
	}
	return all
}

// verdict says of one CVE of a listing whether the machine has it, and why WES-NG's rule is wrong where it is.
type verdict struct {
	wanted bool
	kind   string
}

// labelled labels the CVEs of a product's definition for a listing.
func (l *listing) labelled(d *definition, bound map[string]int) map[string]verdict {
	installed, isCumulative := d.installed(l.updates), strings.HasPrefix(l.build, "10.0.")
	newest, rollup, revision := "", "", 0
	for kb := range installed {
		if len(d.installed(map[string]bool{kb: true})) >= 10 {
			rollup = max(rollup, d.day(kb))
		}
		if len(d.cves[kb]) < 10 {
			continue // of a single part
		}
		newest = max(newest, d.day(kb))
		agreed := map[int]int{}
		for cve := range d.cves[kb] {
			agreed[bound[cve]]++
		}
		for build, n := range agreed {
			if 2*n > len(d.cves[kb]) {
				revision = max(revision, build)
			}
		}
	}
	after := map[string]bool{} // cumulative updates that replace a listed one
	for kb := range d.days {
		for older := range d.installed(map[string]bool{kb: true}) {
			if d.isCumulative(kb) && kb != older && l.updates[older] {
				after[kb] = true
			}
		}
	}
	labels := map[string]verdict{}
	for cve, by := range d.fixes {
		missing, first := 0, ""
		for kb := range by {
			if !installed[kb] {
				missing++
			}
			if first == "" || d.day(kb) < first {
				first = d.day(kb)
			}
		}
		large := slices.ContainsFunc(slices.Collect(maps.Keys(by)), d.isCumulative)
		switch {
		case missing == 0:
			labels[cve] = verdict{}
		case missing < len(by):
			labels[cve] = verdict{false, "another update that fixes it is installed"}
		case isCumulative && newest == "" && (len(after) == 0 || large && !slices.ContainsFunc(slices.Collect(maps.Keys(by)),
			func(kb string) bool { return after[kb] })):
			labels[cve] = verdict{false, "the listing has neither revision nor cumulative update, so nothing is said"}
		case revision > 0 && bound[cve] > 0 && bound[cve] <= revision:
			labels[cve] = verdict{false, "the build of a listed update has it, by Microsoft's record"}
		case isCumulative && large && first <= newest:
			labels[cve] = verdict{false, "a later cumulative update is listed, and the list has a hole"}
		case !isCumulative && slices.ContainsFunc(slices.Collect(maps.Keys(by)), func(kb string) bool {
			return d.isCumulative(kb) && d.day(kb) >= "20161011" && d.day(kb) <= rollup
		}):
			labels[cve] = verdict{false, "a later monthly rollup is listed, and the list has a hole"}
		default:
			labels[cve] = verdict{wanted: true}
		}
	}
	return labels
}

// runListings judges real machines by their updates alone.
func runListings(t *tally) {
	archive := testneed.Shared(t.TB, "cve5", "vulnrichment-develop.tar.gz")
	definitions := testneed.Shared(t.TB, "msrc", "wesng-definitions.zip")
	p := newProgram(t.TB)
	for _, f := range [][3]string{{"cve5", archive, "vulnrichment"}, {"msrc", definitions, "msrc"}} {
		if _, err := p.importFeed(f[0], f[1], f[2]); err != nil {
			t.Fatal(err)
		}
	}
	ranges := map[string][]microsoftRange{}
	for _, r := range microsoftRanges(t, archive) {
		ranges[strings.ToLower(r.product)] = append(ranges[strings.ToLower(r.product)], r)
	}
	all, offers := readListings(t)
	products, answers := readDefinitions(t), readWESNG(t)
	judged, unjudged := map[string]map[string]verdict{}, 0
	for i := range all {
		l := &all[i]
		name, product, record := l.platform()
		d := products[strings.ToLower(product)]
		if name == "" || d == nil {
			unjudged++
			continue
		}
		judged[l.name] = l.labelled(d, bounds(ranges[strings.ToLower(record)], l.build))
		p.reportListing(l, name)
		of := answers[l.name+" "+strings.ToLower(product)]
		for cve, label := range judged[l.name] {
			if label.kind != "" {
				t.kinds["WES-NG's rule differs: "+label.kind]++
			}
			switch {
			case of == nil:
			case of[cve] && label.wanted:
				t.kinds["WES-NG's answers: right"]++
			case of[cve]:
				t.kinds["WES-NG's answers: differ, "+label.kind]++
			case label.wanted:
				t.kinds["WES-NG's answers: left out, since a newer missing update is named"]++
			}
		}
	}
	const before, above = "10.0.22631.3000", "10.0.22631.99999"
	for _, build := range []string{before, above} {
		p.reportDevice(build, platform{"Windows11", build})
	}
	given, named := map[string]map[string]bool{}, 0
	for _, r := range p.publish()["findings"] {
		if cve, ok := r["cveId"].(string); ok && cve != "" {
			enter(given, fmt.Sprint(r["deviceName"]), cve)
			if r["deviceName"] == before && fmt.Sprint(r["recommendedSecurityUpdateId"]) != "" {
				named++
			}
		}
	}
	t.judge(before+" has an update in 98% of its rows", true, named > 1000 && 100*named >= 98*len(given[before]))
	t.judge(above+" has a CVE", false, len(given[above]) > 0)
	t.note("%d of %d rows of %s name an update", named, len(given[before]), before)
	for name, labels := range judged {
		for cve, label := range labels {
			t.judge(name+" "+cve, label.wanted, given[name][cve])
		}
		for cve := range given[name] {
			if _, known := labels[cve]; !known {
				t.judge(name+" "+cve, false, true)
			}
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(t.kinds)) {
		t.note("%6d %s", t.kinds[kind], kind)
	}
	t.note("%d listings are judged, %d are of releases that muster does not judge, %d list what Windows offered", len(judged),
		unjudged, offers)
}
