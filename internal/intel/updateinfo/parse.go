package updateinfo

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

// update has the elements of an advisory that are read.
type update struct {
	Type   string `xml:"type,attr"`
	ID     string `xml:"id"`
	Title  string `xml:"title"`
	Issued struct {
		Date string `xml:"date,attr"`
	} `xml:"issued"`
	Updated struct {
		Date string `xml:"date,attr"`
	} `xml:"updated"`
	Severity   string `xml:"severity"`
	References []struct {
		ID    string `xml:"id,attr"`
		Type  string `xml:"type,attr"`
		Title string `xml:"title,attr"`
		URL   string `xml:"href,attr"`
	} `xml:"references>reference"`
	Collections []collection `xml:"pkglist>collection"`
}

// collection is the packages of an advisory, perhaps those of a module stream.
type collection struct {
	Module struct {
		Name   string `xml:"name,attr"`
		Stream string `xml:"stream,attr"`
	} `xml:"module"`
	Packages []struct {
		Name    string `xml:"name,attr"`
		Version string `xml:"version,attr"`
		Release string `xml:"release,attr"`
		Epoch   string `xml:"epoch,attr"`
		Arch    string `xml:"arch,attr"`
	} `xml:"package"`
}

// maxUpdate bounds an advisory in bytes; the largest real ones, of desktops, have some MB.
const maxUpdate = 64 << 20

var (
	errNoList    = errors.New("the text is no list of updates")
	errPublisher = errors.New("the advisory is of no publisher and release that is known")
	errPackage   = errors.New("a package has no name, version or release")
)

// read passes each advisory of a list to take, until it returns false.
func read(r io.Reader, take func(*update) bool) error {
	limited := &element{r: r}
	d := xml.NewDecoder(limited)
	isList := false
	for {
		limited.spare = maxUpdate
		token, err := d.Token()
		switch {
		case err == io.EOF && isList:
			return nil
		case err == io.EOF:
			return errNoList
		case err != nil:
			return err
		}
		start, ok := token.(xml.StartElement)
		switch {
		case !ok:
		case !isList && start.Name.Local != "updates":
			return errNoList
		case start.Name.Local == "update":
			var u update
			if err := d.DecodeElement(&u, &start); err != nil {
				return err
			}
			if !take(&u) {
				return nil
			}
		}
		isList = isList || ok
	}
}

// element bounds what is read for one advisory.
type element struct {
	r     io.Reader
	spare int
}

// Read reads a piece.
func (e *element) Read(p []byte) (int, error) {
	if e.spare <= 0 {
		return 0, fmt.Errorf("an advisory has more than %d bytes: %w", maxUpdate, intel.ErrTooLarge)
	}
	n, err := e.r.Read(p[:min(len(p), e.spare)])
	e.spare -= n
	return n, err
}

// cveIn finds CVEs in a text.
var cveIn = regexp.MustCompile(`CVE-[0-9]{4}-[0-9]{4,}`)

// cves returns what an advisory fixes: the ids of its references, and the CVEs in their titles, where Fedora has them.
func (u *update) cves() []string {
	var list []string
	for _, r := range u.References {
		for _, id := range cveIn.FindAllString(r.ID+" "+r.Title, -1) {
			if intel.IsCVE(id) {
				list = append(list, id)
			}
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// record makes the record of an advisory; ok is false for one that fixes no flaw with a CVE.
func (u *update) record() (r intel.Record, ok bool, err error) {
	id, cves := strings.TrimSpace(u.ID), u.cves()
	if len(cves) == 0 {
		return r, false, nil
	}
	r = intel.Record{Source: id, Published: timeOf(u.Issued.Date), Modified: timeOf(u.Updated.Date)}
	fix := intel.Fix{ID: id, Title: strings.Join(strings.Fields(u.Title), " "), URL: u.page(), Available: true}
	seen := map[[3]string]bool{}
	for _, c := range u.Collections {
		stream := ""
		if c.Module.Name != "" {
			stream = c.Module.Name + ":" + c.Module.Stream
		}
		for _, one := range c.Packages {
			if one.Arch == "src" {
				continue
			}
			if one.Name == "" || one.Version == "" || one.Release == "" {
				return r, false, errPackage
			}
			if one.Epoch == "" {
				one.Epoch = "0"
			}
			of, low, known := releaseOf(id, one.Release)
			if !known {
				return r, false, fmt.Errorf("%w: %.80q", errPublisher, id)
			}
			evr := one.Epoch + ":" + one.Version + "-" + one.Release
			if key := [3]string{one.Name, evr, stream}; seen[key] {
				continue
			} else {
				seen[key] = true
			}
			if low != "" {
				low = one.Epoch + ":" + low + "-0"
			}
			r.Packages = append(r.Packages, intel.Package{CVEs: cves, Advisory: id, Ecosystem: of, Name: one.Name,
				Module: stream, Own: true, Severity: intel.ParseSeverity(u.Severity),
				Ranges: []intel.Range{{Low: low, High: evr}}, Fix: fix})
		}
	}
	return r, len(r.Packages) > 0, nil
}

// timeOf reads a time as lists have it ("2023-03-22 17:50").
func timeOf(text string) time.Time {
	day, _, _ := strings.Cut(strings.TrimSpace(text), " ")
	return intel.ParseTime(day)
}

// page returns the page of an advisory, if a reference is one.
func (u *update) page() string {
	id := strings.TrimSpace(u.ID)
	for _, r := range u.References {
		if r.Type == "self" || r.ID == id && r.URL != "" {
			return r.URL
		}
	}
	if number, ok := strings.CutPrefix(id, "ALAS2023"); ok {
		return "https://alas.aws.amazon.com/AL2023/ALAS" + number + ".html"
	}
	return ""
}

// The forms of ids of advisories, and of the part of a version that names a release.
var (
	amazonID  = regexp.MustCompile(`^ALAS(2023|2022|2)?([A-Z][A-Z0-9._-]*?)?-20[0-9]{2}-[0-9]+$`)
	topicLine = regexp.MustCompile(`[0-9][0-9.]*$`)
	elRelease = regexp.MustCompile(`[.+]el([0-9]+)`)
	fcRelease = regexp.MustCompile(`\.fc([0-9]+)`)
)

// releaseOf returns the ecosystem of an advisory's package, by the id and by the release of the package; false if it
// is none that is known. low is the version at which the packages of one of Amazon Linux 2's extras begin ("5.10" of
// ALAS2KERNEL-5.10-2022-001): others of the same name are of another line.
func releaseOf(id, release string) (of, low string, ok bool) {
	if m := amazonID.FindStringSubmatch(id); m != nil {
		number := m[1]
		if number == "" {
			number = "2018.03"
		}
		return "Amazon Linux:" + number, topicLine.FindString(m[2]), true
	}
	for _, p := range [...]struct {
		begin, name string
		mark        *regexp.Regexp
	}{{"ELSA-", "Oracle Linux", elRelease}, {"RLSA-", "Rocky Linux", elRelease}, {"FEDORA-2", "Fedora", fcRelease}} {
		if m := p.mark.FindStringSubmatch(release); strings.HasPrefix(id, p.begin) && m != nil {
			return p.name + ":" + m[1], "", true
		}
	}
	return "", "", false
}
