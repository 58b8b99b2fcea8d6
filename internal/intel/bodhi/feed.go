// Package bodhi reads Fedora's updates as its update system Bodhi has them (https://bodhi.fedoraproject.org/docs/):
// each with its builds, which are sources, and the bugs that it fixes, whose titles begin with CVEs.
//
//	{"updates":[{"alias":"FEDORA-2023-6d4055d482","type":"security","status":"stable","severity":"medium",
//	  "release":{"id_prefix":"FEDORA","version":"36"},"bugs":[{"title":"CVE-2022-37436 httpd: …"}],
//	  "builds":[{"nvr":"httpd-2.4.55-1.fc36","epoch":0}]}],"page":1,"pages":20}
//
// Documents of one update are read, too. Updates of EPEL are packages for other distributions, and are left out.
package bodhi

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

// official is where the updates are.
const official = "https://bodhi.fedoraproject.org/updates/"

const (
	// maxPages bounds the pages of a release, with 100 updates each.
	maxPages = 500
	// maxPage bounds a page, and maxUpdate an update, in bytes.
	maxPage, maxUpdate = 64 << 20, 16 << 20
	// maxAll bounds the pages of a release in bytes: they are held until all are there. Real ones have some 30 MB.
	maxAll = 512 << 20
)

// Feed is the updates of one release.
type Feed struct {
	Client *http.Client
	// URL is the address of the updates; empty for the official one.
	URL string
	// Name is what the feed is called ("Fedora:41").
	Name string
}

var _ intel.Feed = Feed{}

// Address returns the address of the security updates of the release.
func (f Feed) Address() string {
	release := strings.TrimPrefix(f.Name, "Fedora:")
	query := url.Values{"type": {"security"}, "status": {"stable"}, "releases": {"F" + release}, "rows_per_page": {"100"}}
	return cmp.Or(f.URL, official) + "?" + query.Encode()
}

var errRelease = errors.New("the name of a feed of Fedora is its release, such as \"Fedora:41\"")

// Fetch downloads all pages, and keeps them if they say something new.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	if release, ok := strings.CutPrefix(f.Name, "Fedora:"); !ok || release == "" || strings.Trim(release, "0123456789") != "" {
		return since, fmt.Errorf("fetching updates %q: %w", f.Name, errRelease)
	}
	d := intel.Download{Client: f.Client, Accept: "application/json"}
	var pages [][]byte
	sum, size := sha256.New(), 0
	for last := 1; len(pages) < last; {
		address := fmt.Sprintf("%s&page=%d", f.Address(), len(pages)+1)
		text, err := d.BytesUpTo(ctx, address, maxPage)
		if err != nil {
			return since, err
		}
		var page struct{ Page, Pages int }
		if err := json.Unmarshal(text, &page); err != nil {
			return since, fmt.Errorf("fetching %q: %w", address, err)
		}
		if page.Page != len(pages)+1 || page.Pages > maxPages {
			return since, fmt.Errorf("fetching %q: the page is number %d of %d", address, page.Page, page.Pages)
		}
		if size += len(text); size > maxAll {
			return since, fmt.Errorf("fetching %q: all pages so far: more than %d bytes: %w", address, maxAll, intel.ErrTooLarge)
		}
		pages, last = append(pages, text), page.Pages
		sum.Write(text)
	}
	next := intel.Mark(hex.EncodeToString(sum.Sum(nil)))
	if next == since {
		return since, nil
	}
	old, err := fs.ReadDir(dst.FS(), ".")
	if err != nil {
		return since, err
	}
	kept := map[string]bool{}
	for i, text := range pages {
		if err := intel.Replace(dst, nameOf(i), bytes.NewReader(text), int64(len(text))); err != nil {
			return since, err
		}
		kept[nameOf(i)] = true
	}
	for _, e := range old { // pages that are no longer there
		if !kept[e.Name()] {
			if err := dst.Remove(e.Name()); err != nil {
				return since, err
			}
		}
	}
	return next, nil
}

func nameOf(page int) string { return fmt.Sprintf("page-%03d.json", page+1) }

// Parse yields a record for each stable security update that names a CVE (intel.Feed).
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	return intel.Decode(ctx, intel.Elements(fsys, "updates", maxUpdate), decode)
}

// update has the fields of an update that are read.
type update struct {
	Alias    string `json:"alias"`
	Title    string `json:"title"`
	Type     string `json:"type"`
	Status   string `json:"status"`
	Severity string `json:"severity"`
	Stable   string `json:"date_stable"`
	Modified string `json:"date_modified"`
	URL      string `json:"url"`
	Release  struct {
		Prefix  string `json:"id_prefix"`
		Version string `json:"version"`
	} `json:"release"`
	Bugs []struct {
		Title string `json:"title"`
	} `json:"bugs"`
	CVEs []struct {
		ID string `json:"cve_id"`
	} `json:"cves"`
	Builds []struct {
		NVR   string `json:"nvr"`
		Epoch int    `json:"epoch"`
		Type  string `json:"type"`
	} `json:"builds"`
}

var (
	errBuild = errors.New("a build is not name, version and release")
	errEPEL  = errors.New("the update is none of Fedora Linux")
	cveIn    = regexp.MustCompile(`CVE-[0-9]{4}-[0-9]{4,}`)
	fedora   = regexp.MustCompile(`\.fc([0-9]+)`)
)

func decode(doc intel.Document) ([]intel.Record, error) {
	var u update
	if err := intel.Unmarshal(doc, &u); err != nil {
		return nil, err
	}
	switch {
	case u.Alias == "" && len(u.Builds) == 0:
		return nil, intel.NotRecord(doc)
	case u.Release.Prefix != "FEDORA":
		return nil, doc.Odd("%w: %.80q", errEPEL, u.Alias)
	case u.Type != "security" || u.Status != "stable":
		return nil, nil
	}
	cves := u.cves()
	if len(cves) == 0 {
		return nil, nil
	}
	r := intel.Record{Source: u.Alias, Published: day(u.Stable), Modified: day(cmp.Or(u.Modified, u.Stable))}
	for _, b := range u.Builds {
		if b.Type != "rpm" && b.Type != "" {
			continue // a container, a Flatpak or a module
		}
		name, evr, ok := cut(b.NVR)
		if !ok {
			return nil, doc.Odd("%w: %.80q", errBuild, b.NVR)
		}
		release := u.Release.Version
		if m := fedora.FindStringSubmatch(evr); m != nil {
			release = m[1]
		}
		r.Packages = append(r.Packages, intel.Package{CVEs: cves, Advisory: u.Alias, Ecosystem: "Fedora:" + release, Name: name,
			Own: true, Severity: intel.ParseSeverity(u.Severity), Ranges: []intel.Range{{High: fmt.Sprintf("%d:%s", b.Epoch, evr)}},
			Fix: intel.Fix{ID: u.Alias, Title: u.Title, URL: u.URL, Available: true}})
	}
	return []intel.Record{r}, nil
}

// cves returns the CVEs in the titles of bugs, and those that the update lists, sorted.
func (u *update) cves() (list []string) {
	texts := []string{}
	for _, b := range u.Bugs {
		texts = append(texts, b.Title)
	}
	for _, c := range u.CVEs {
		texts = append(texts, c.ID)
	}
	for _, id := range cveIn.FindAllString(strings.Join(texts, " "), -1) {
		if intel.IsCVE(id) {
			list = append(list, id)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// cut cuts name, version and release ("cross-gcc-4.8.5-16.el7.1") into the name and the rest.
func cut(nvr string) (name, evr string, ok bool) {
	at := strings.LastIndexByte(nvr, '-')
	if at > 0 {
		at = strings.LastIndexByte(nvr[:at], '-')
	}
	if at <= 0 || at == len(nvr)-1 {
		return "", "", false
	}
	return nvr[:at], nvr[at+1:], true
}

// day reads a time as updates have it ("2023-02-03 01:39:02").
func day(text string) time.Time {
	text, _, _ = strings.Cut(text, " ")
	return intel.ParseTime(text)
}

// IsDocument reports whether a text with such members is a page of updates, or one update.
func IsDocument(has map[string]bool) bool {
	return has["updates.alias"] || has["alias"] && has["builds.nvr"]
}
