// Package updateinfo reads the list of advisories that a repository of rpms has beside its packages, updateinfo.xml:
// of Amazon Linux (1, 2, 2022 and 2023), Oracle Linux, Rocky Linux and Fedora, told by the ids of advisories. Those of
// others are left out, and told.
//
//	<updates><update from="linux-security@amazon.com" type="security"><id>ALAS2023-2023-126</id>
//	  <issued date="2023-03-22 17:50"/><severity>important</severity>
//	  <references><reference id="CVE-2023-0001" type="cve" href="…"/></references>
//	  <pkglist><collection><package name="curl" epoch="0" version="7.88.1" release="1.amzn2023.0.1" arch="x86_64"/>
//
// The repository's repomd.xml names the file and its hash. Checked on the specification only: no list as it is
// published was at hand.
package updateinfo

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"os"
	"path"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// mirrors are the files that name the repositories of Amazon Linux, by release.
var mirrors = map[string]string{
	"2":    "https://cdn.amazonlinux.com/2/core/latest/x86_64/mirror.list",
	"2022": "https://cdn.amazonlinux.com/al2022/core/mirrors/latest/x86_64/mirror.list",
	"2023": "https://cdn.amazonlinux.com/al2023/core/mirrors/latest/x86_64/mirror.list",
}

// Feed is the advisories of one repository.
type Feed struct {
	Client *http.Client
	// URL is the address of the repository, or of a list of mirrors that ends in .list; empty for the official one.
	URL string
	// Name is what the feed is called ("Amazon Linux:2023").
	Name string
}

var _ intel.Feed = Feed{}

// Address returns the address that names the repository; empty if none is known.
func (f Feed) Address() string {
	release, _ := strings.CutPrefix(f.Name, "Amazon Linux:")
	return cmp.Or(f.URL, mirrors[release])
}

var (
	errNoRepository = errors.New("no repository is known for a feed of that name")
	errNoUpdates    = errors.New("the repository has no list of advisories")
)

// mark says which file was fetched.
type mark struct {
	Sum string `json:"sum"`
}

// Fetch downloads the list if the repository names another one than before.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	d := intel.Download{Client: f.Client}
	repository := f.Address()
	if repository == "" {
		return since, fmt.Errorf("fetching updates %q: %w", f.Name, errNoRepository)
	}
	if strings.HasSuffix(repository, ".list") {
		list, err := d.Bytes(ctx, repository)
		if err != nil {
			return since, err
		}
		repository, _, _ = strings.Cut(strings.TrimSpace(string(list)), "\n")
	}
	repository = strings.TrimSuffix(strings.TrimSpace(repository), "/")
	text, err := d.Bytes(ctx, repository+"/repodata/repomd.xml")
	if err != nil {
		return since, err
	}
	href, sum, err := listIn(text)
	if err != nil {
		return since, fmt.Errorf("repository %q: %w", repository, err)
	}
	name := "updateinfo" + path.Base(href)[strings.Index(path.Base(href), ".xml"):]
	var known mark
	_ = json.Unmarshal([]byte(since), &known) // of another form, or none: the list is fetched
	if _, err := dst.Stat(name); err == nil && known.Sum == sum {
		return since, nil
	}
	data, err := d.BytesUpTo(ctx, repository+"/"+href, maxPacked)
	if err != nil {
		return since, err
	}
	wanted, err := intel.SHA256(sum)
	if err == nil {
		err = wanted.Check(data)
	}
	if err != nil {
		return since, fmt.Errorf("fetching %q: %w", repository+"/"+href, err)
	}
	if err := intel.Replace(dst, name, bytes.NewReader(data), int64(len(data))); err != nil {
		return since, err
	}
	next, err := json.Marshal(mark{sum})
	return intel.Mark(next), err
}

// maxPacked bounds a packed list in bytes; real ones have some MB.
const maxPacked = 256 << 20

// listIn returns where a repository has its list of advisories, and the SHA-256 of that file. The path stays within the
// repository.
func listIn(repomd []byte) (href, sum string, err error) {
	var list struct {
		Data []struct {
			Type     string `xml:"type,attr"`
			Checksum struct {
				Type string `xml:"type,attr"`
				Sum  string `xml:",chardata"`
			} `xml:"checksum"`
			Location struct {
				Href string `xml:"href,attr"`
			} `xml:"location"`
		} `xml:"data"`
	}
	if err := xml.Unmarshal(repomd, &list); err != nil {
		return "", "", err
	}
	for _, d := range list.Data {
		href := d.Location.Href
		if d.Type == "updateinfo" && d.Checksum.Type == "sha256" && fs.ValidPath(href) && strings.Contains(path.Base(href), ".xml") &&
			intel.NotRead(intel.UpdateInfo, href) == nil {
			return href, strings.TrimSpace(d.Checksum.Sum), nil
		}
	}
	return "", "", errNoUpdates
}

// Parse yields a record for each advisory that fixes a CVE (intel.Feed).
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	limits := intel.DefaultLimits()
	limits.Entry = maxList
	return func(yield func(intel.Record, error) bool) {
		p := parser{yield: yield}
		err := limits.XML(fsys, func(name string, r io.Reader) error {
			p.file = name
			err := read(r, func(u *update) bool { return ctx.Err() == nil && p.take(u) })
			return cmp.Or(err, ctx.Err(), p.stopped)
		})
		switch {
		case p.stopped != nil:
		case err != nil:
			yield(intel.Record{}, err)
		case p.records == 0 && p.odd != nil:
			yield(intel.Record{}, fmt.Errorf("%w, and the first was left out: %s", intel.ErrNoRecords, p.odd))
		case p.records == 0:
			yield(intel.Record{}, intel.ErrNoRecords)
		}
	}
}

// maxList bounds a list in bytes.
const maxList = 2 << 30

var errStopped = errors.New("stopped")

// parser yields records.
type parser struct {
	yield   func(intel.Record, error) bool
	file    string
	records int
	odd     error // the first advisory that was left out
	stopped error
}

// take yields the record of an advisory, or why it has none; false if the consumer stopped.
func (p *parser) take(u *update) bool {
	record, ok, err := u.record()
	if err == nil && record.Rules() > intel.MaxRules {
		err = intel.ErrTooLarge
	}
	more := true
	switch {
	case err != nil:
		err = intel.Document{Name: fmt.Sprintf("%s#%.80s", p.file, strings.TrimSpace(u.ID))}.Odd("%w", err)
		p.odd = cmp.Or(p.odd, err)
		more = p.yield(intel.Record{}, err)
	case ok:
		p.records++
		more = p.yield(record, nil)
	}
	if !more {
		p.stopped = errStopped
	}
	return more
}

// IsBeginning reports whether a text begins as a list of updates does.
func IsBeginning(text []byte) bool {
	text = bytes.TrimLeft(text, "\ufeff \t\r\n")
	at := bytes.Index(text, []byte("<updates"))
	return bytes.HasPrefix(text, []byte("<")) && at >= 0 && at < 4096
}
