package oval

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// The folders in which publishers have their files.
const (
	oracleFiles = "https://linux.oracle.com/security/oval/"
	azureFiles  = "https://raw.githubusercontent.com/microsoft/AzureLinuxVulnerabilityData/main/"
	suseFiles   = "https://ftp.suse.com/pub/projects/security/oval/"
)

// Feed is the definitions of one publisher, or of one of its releases.
type Feed struct {
	Client *http.Client
	// URL is the address of the file; empty for the official one.
	URL string
	// Name is what the feed is called: "Oracle Linux", "Azure Linux:3", "openSUSE:Leap 15.6".
	Name string
}

var _ intel.Feed = Feed{}

var errNoFile = errors.New("no publisher's file is known for a feed of that name")

// Address returns the address of the file; empty if none is known.
func (f Feed) Address() string {
	name, release, _ := strings.Cut(f.Name, ":")
	switch {
	case f.URL != "":
		return f.URL
	case name == "Oracle Linux":
		return oracleFiles + "com.oracle.elsa-all.xml.bz2"
	case name == "Azure Linux" && (release == "1" || release == "2"):
		return azureFiles + "cbl-mariner-" + release + ".0-oval.xml"
	case name == "Azure Linux" && release != "":
		return azureFiles + "azurelinux-" + url.PathEscape(release) + ".0-oval.xml"
	case name == "openSUSE" && strings.HasPrefix(release, "Leap "):
		return suseFiles + "opensuse.leap." + url.PathEscape(strings.TrimPrefix(release, "Leap ")) + ".xml.gz"
	}
	return ""
}

// Fetch downloads the file if it has changed.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	address := f.Address()
	if address == "" {
		return since, fmt.Errorf("fetching OVAL definitions %q: %w", f.Name, errNoFile)
	}
	// The name keeps its end, by which the file is unpacked.
	end := path.Base(address)
	if i := strings.Index(end, ".xml"); i >= 0 {
		end = end[i:]
	}
	return intel.Download{Client: f.Client}.Files(ctx, dst, since, map[string]string{"oval" + cmp.Or(end, ".xml"): address})
}

// Parse yields a record for each definition that says something of packages (intel.Feed).
func (Feed) Parse(ctx context.Context, fsys fs.FS) iter.Seq2[intel.Record, error] {
	limits := intel.DefaultLimits()
	limits.Entry, limits.Ratio = maxFile, 0
	return func(yield func(intel.Record, error) bool) {
		p := parser{yield: yield}
		err := limits.XML(fsys, func(name string, r io.Reader) error {
			doc, err := read(r)
			if err != nil {
				return err
			}
			return p.document(ctx, name, doc)
		})
		switch {
		case errors.Is(err, errStopped):
		case err != nil:
			yield(intel.Record{}, err)
		case p.records == 0 && p.odd != nil:
			yield(intel.Record{}, fmt.Errorf("%w, and the first was left out: %s", intel.ErrNoRecords, p.odd))
		case p.records == 0:
			yield(intel.Record{}, intel.ErrNoRecords)
		}
	}
}

var errStopped = errors.New("stopped")

// parser yields records.
type parser struct {
	yield   func(intel.Record, error) bool
	records int
	odd     error // the first definition that was left out
}

func (p *parser) document(ctx context.Context, name string, doc *document) error {
	for i := range doc.definitions {
		if err := ctx.Err(); err != nil {
			return err
		}
		d := &doc.definitions[i]
		record, ok, err := doc.record(d)
		if ok && record.Rules() > intel.MaxRules {
			ok, err = false, intel.ErrTooLarge
		}
		if ok {
			p.records++
		}
		if ok && !p.yield(record, nil) {
			return errStopped
		}
		if err != nil {
			err = odd(name, d, err)
			p.odd = cmp.Or(p.odd, err)
		}
		if err != nil && !p.yield(intel.Record{}, err) {
			return errStopped
		}
	}
	return nil
}

// IsBeginning reports whether a text begins as a list of definitions does.
func IsBeginning(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(text, "\ufeff \t\r\n"), []byte("<")) && bytes.Contains(text, []byte("oval_definitions"))
}
