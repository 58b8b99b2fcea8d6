package quality

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/testneed"
)

// named is a product as a CVE record writes it, with a version that the record lists as affected,
// and the one CPE pair that any record has beside this text.
type named struct{ vendor, product, version, cve, pair string }

// textRecord is what this suite reads of a CVE record.
type textRecord struct {
	CVEMetadata struct{ CVEID, State string }
	Containers  struct {
		CNA container
		ADP []container
	}
}

type container struct{ Affected []textEntry }

type textEntry struct {
	Vendor, Product, DefaultStatus string
	CPEs, Platforms                []string
	Versions                       []struct{ Version, Status, LessThan, LessThanOrEqual string }
}

// applicationPairs returns the CPE pairs of entries; ok is false if one is no application, or one for
// some target only.
func applicationPairs(entries ...textEntry) (pairs map[string]bool, ok bool) {
	pairs, ok = map[string]bool{}, true
	for _, e := range entries {
		for _, name := range e.CPEs {
			fields := strings.Split(name, ":")
			if len(fields) < 11 || fields[2] != "a" || fields[10] != "*" {
				ok = false
			}
			if len(fields) > 4 {
				pairs[strings.ToLower(fields[3]+":"+fields[4])] = true
			}
		}
	}
	return pairs, ok
}

// names collects texts.
type names struct {
	// pairs are all pairs beside a text, candidates the entries that may be chosen.
	pairs      map[[2]string]map[string]bool
	candidates map[[2]string][]named
	// of are the pairs of each CVE, and texts its texts.
	of    map[string]map[string]bool
	texts map[string][][2]string
}

// add reads a record: an entry of the CNA with its own CPEs, or the only entry with those of
// publishers.
func (n *names) add(text []byte) error {
	var r textRecord
	if err := json.Unmarshal(text, &r); err != nil || r.CVEMetadata.State != "PUBLISHED" {
		return err
	}
	var published []textEntry
	for _, c := range r.Containers.ADP {
		published = append(published, c.Affected...)
	}
	own := r.Containers.CNA.Affected
	all, _ := applicationPairs(slices.Concat(own, published)...)
	for _, e := range own {
		beside, plain := applicationPairs(e)
		if len(e.CPEs) == 0 && len(own) == 1 {
			beside, plain = applicationPairs(published...)
		}
		key := [2]string{strings.TrimSpace(e.Vendor), strings.TrimSpace(e.Product)}
		if n.pairs[key] == nil {
			n.pairs[key] = map[string]bool{}
		}
		maps.Copy(n.pairs[key], beside)
		n.texts[r.CVEMetadata.CVEID] = append(n.texts[r.CVEMetadata.CVEID], key)
		if len(beside) != 1 || !plain || len(e.Platforms) > 0 || e.DefaultStatus == "affected" {
			continue
		}
		for pair := range beside {
			n.candidates[key] = append(n.candidates[key], e.listed(key, r.CVEMetadata.CVEID, pair)...)
		}
	}
	n.of[r.CVEMetadata.CVEID] = all
	return nil
}

// isOf reports whether a CVE's record is about an entry's product: it has the pair, or a text that is
// beside the pair in another record, or the entry's own words in other letters.
func (n *names) isOf(cve string, e named) bool {
	own := plainPair(e.vendor, e.product)
	return n.of[cve][e.pair] || n.of[cve][own] || slices.ContainsFunc(n.texts[cve], func(text [2]string) bool {
		plain := plainPair(text[0], text[1])
		return n.pairs[text][e.pair] || plain == own || productOf(plain) == productOf(e.pair)
	})
}

// plainPair writes a text as a pair: in lower case, with "_" for blanks, without the vendor before
// the product.
func plainPair(vendor, product string) string {
	vendor, product = strings.ToLower(vendor), strings.ToLower(product)
	return strings.ReplaceAll(vendor+":"+strings.TrimPrefix(product, vendor+" "), " ", "_")
}

func productOf(pair string) string { return pair[strings.LastIndexByte(pair, ':')+1:] }

// listed are the single versions of an entry that consist of numbers.
func (e textEntry) listed(key [2]string, cve, pair string) (list []named) {
	for _, v := range e.Versions {
		if v.Status == "affected" && v.LessThan == "" && v.LessThanOrEqual == "" && v.Version != "0" &&
			parts(v.Version) != nil {
			list = append(list, named{key[0], key[1], v.Version, cve, pair})
		}
	}
	return list
}

// chosen is one entry of each text that has one pair only.
func (n *names) chosen() (list []named) {
	for key, candidates := range n.candidates {
		if len(n.pairs[key]) == 1 && len(candidates) > 0 && key[0] != "" && key[1] != "" &&
			!slices.Contains([]string{"n/a", "unknown", "unspecified"}, strings.ToLower(key[0])) {
			list = append(list, slices.MinFunc(candidates, func(a, b named) int {
				return cmp.Or(cmp.Compare(a.cve, b.cve), cmp.Compare(a.version, b.version))
			}))
		}
	}
	slices.SortFunc(list, func(a, b named) int {
		return cmp.Or(cmp.Compare(a.vendor, b.vendor), cmp.Compare(a.product, b.product))
	})
	return list
}

// runNames judges software whose publisher and name are a record's own words.
func runNames(t *tally) {
	archive := testneed.Shared(t.TB, "cve5", "vulnrichment-develop.tar.gz")
	n := names{map[[2]string]map[string]bool{}, map[[2]string][]named{}, map[string]map[string]bool{},
		map[string][][2]string{}}
	eachRecord(t, archive, func(text []byte) {
		if err := n.add(text); err != nil {
			t.Fatal(err)
		}
	})
	p := newProgram(t.TB)
	if _, err := p.importFeed("cve5", archive, "vulnrichment"); err != nil {
		t.Fatal(err)
	}
	list := n.chosen()
	for i, e := range list {
		p.reportDevice(fmt.Sprintf("name%d", i), platformOf("windows"), map[string]string{"kind": "windows",
			"vendor": e.vendor, "name": e.product, "version": e.version})
	}
	found := map[any][]string{}
	for _, r := range p.publish()["findings"] {
		if r["softwareName"] != "windows_11" {
			found[r["deviceName"]] = append(found[r["deviceName"]], fmt.Sprint(r["cveId"]))
		}
	}
	for i, e := range list {
		given := found[fmt.Sprintf("name%d", i)]
		row := fmt.Sprintf("%s %s %s", e.vendor, e.product, e.version)
		t.judge(row+" "+e.cve, true, slices.Contains(given, e.cve))
		for _, cve := range given {
			if !n.isOf(cve, e) {
				t.judge(row+" is no product of "+cve, false, true)
			}
		}
	}
	t.note("%d names", len(list))
}
