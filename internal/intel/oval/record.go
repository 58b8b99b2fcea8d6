package oval

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/version"
)

// The beginnings of ids of definitions, which name their publisher.
const (
	fromOracle    = "oval:com.oracle.elsa:"
	fromSUSE      = "oval:org.opensuse.security:"
	fromMicrosoft = "oval:com.microsoft."
)

var (
	errPublisher = errors.New("the definition is of no publisher that is known")
	errNoCVE     = errors.New("the definition names no CVE")
)

// record makes the record of a definition; ok is false if it has none. Beside a record an error says that a part of
// the definition was left out.
func (doc *document) record(d *definition) (r intel.Record, ok bool, err error) {
	if !slices.ContainsFunc([]string{fromOracle, fromSUSE, fromMicrosoft},
		func(begin string) bool { return strings.HasPrefix(d.ID, begin) }) {
		return r, false, errPublisher
	}
	if d.Class != "patch" && d.Class != "vulnerability" {
		return r, false, nil
	}
	cves, advisory := d.names()
	if len(cves) == 0 && d.Class == "patch" {
		return r, false, nil // an update that fixes no flaw
	}
	if len(cves) == 0 {
		return r, false, errNoCVE
	}
	terms, err := doc.reduce(&d.Criteria)
	r = intel.Record{Source: cmp.Or(advisory.ID, cves[0]),
		Published: intel.ParseTime(cmp.Or(d.Metadata.Date, d.Metadata.Advisory.Issued.Date))}
	fix := intel.Fix{ID: advisory.ID, URL: advisory.URL, Title: d.title(advisory.ID)}
	for _, t := range distinct(terms, less) {
		if strings.HasPrefix(d.ID, fromMicrosoft) {
			t.release = azure(cmp.Or(t.high, t.low))
		}
		if t.release == "" || t.name == "" {
			err = cmp.Or(err, errNothing)
			continue
		}
		p := d.statement(&t, fix)
		p.CVEs, p.Advisory = cves, advisory.ID
		r.Packages = append(r.Packages, p)
	}
	return r, len(r.Packages) > 0, err
}

// names returns the CVEs of a definition, sorted, and the advisory that it is about, if it is one.
func (d *definition) names() (cves []string, advisory reference) {
	for _, r := range d.Metadata.References {
		id := r.ID[strings.LastIndexByte(r.ID, ' ')+1:] // "Mitre CVE-2021-29154"
		switch {
		case intel.IsCVE(id):
			cves = append(cves, id)
		case strings.EqualFold(r.Source, "elsa") && intel.IsAdvisory(id):
			advisory = reference{ID: id, URL: r.URL}
		}
	}
	slices.Sort(cves)
	return slices.Compact(cves), advisory
}

// title returns the title of an advisory without its id and its severity.
func (d *definition) title(id string) string {
	if id == "" {
		return ""
	}
	title := strings.Join(strings.Fields(d.Metadata.Title), " ")
	title = strings.TrimSpace(strings.TrimPrefix(title, id+":"))
	if before, severity, ok := cutLast(title, " ("); ok && intel.ParseSeverity(strings.TrimSuffix(severity, ")")) != 0 {
		title = before
	}
	return title
}

func cutLast(s, mark string) (before, after string, ok bool) {
	i := strings.LastIndex(s, mark)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(mark):], true
}

// statement makes the statement of an alternative. Microsoft says whether there is a patch; one that is not needed
// means that no version is affected.
func (d *definition) statement(t *term, fix intel.Fix) intel.Package {
	p := intel.Package{Ecosystem: t.release, Name: t.name, Module: t.module, Own: true,
		Severity: intel.ParseSeverity(cmp.Or(d.Metadata.Advisory.Severity, d.Metadata.Severity))}
	r := intel.Range{Low: t.low, LowExcluded: t.low != "", High: t.high, HighIncluded: t.included}
	switch {
	case t.claim == isSound, strings.EqualFold(strings.TrimSpace(d.Metadata.Patchable), "not applicable"):
		r = intel.Range{Unaffected: true}
	case t.claim == isOpen, t.included, t.high == "":
		p.Fix.State = intel.FixPending
	default:
		p.Fix = fix
		p.Fix.Available = true
	}
	p.Ranges = []intel.Range{r}
	if t.module == "" && strings.Contains(t.high, subject.ModuleMark) && p.Fix.Title == "" {
		p.Module = ecosystem.UnknownStream
	}
	return p
}

// less orders versions of packages; an absent one is the last.
func less(a, b string) bool {
	if a == "" || b == "" {
		return a != ""
	}
	x, err := version.Parse(version.RPM, subject.WithoutModule(a))
	y, odd := version.Parse(version.RPM, subject.WithoutModule(b))
	if err != nil || odd != nil {
		return a < b
	}
	c, err := x.Compare(y)
	return err == nil && cmp.Or(c, strings.Compare(a, b)) < 0
}

// odd returns the error for a definition that is left out.
func odd(file string, d *definition, err error) error {
	return intel.Document{Name: fmt.Sprintf("%s#%.100s", file, d.ID)}.Odd("%w", err)
}
