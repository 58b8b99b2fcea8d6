package inventory

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// DecodeReport decodes one JSON report (design.md, section 7) of at most MaxReport bytes, in UTF-8 or
// UTF-16. Unknown
// members are ignored, a null member counts as absent, and if a member is repeated the last one
// counts. A configuration result is applicable unless it says otherwise. What is given of the device
// overrides what the report says.
//
// The report has passed Validate and still needs Normalize. Errors wrap ErrInvalid and are
// *FieldErrors, which name the place.
func DecodeReport(data []byte, given Given) (*Report, error) {
	if len(data) > MaxReport {
		return nil, tooLarge(0)
	}
	data, err := parse.UTF8(data)
	if err != nil {
		return nil, err
	}
	p := newReader(string(data))
	r, err := p.report()
	if err != nil {
		return nil, err
	}
	if err := p.End(); err != nil {
		return nil, err
	}
	given.Override(&r.Device)
	if err := r.Validate(); err != nil {
		return nil, err
	}
	return r, nil
}

// Given is what a sender says of the device of a document beside it. What is not empty overrides the
// document.
type Given struct{ Name, ID, OSPlatform, OSVersion, OSArchitecture string }

// Override overrides what a document says of its device.
func (g Given) Override(d *Device) {
	d.Name, d.ID = cmp.Or(g.Name, d.Name), cmp.Or(g.ID, d.ID)
	d.OSPlatform, d.OSVersion = cmp.Or(g.OSPlatform, d.OSPlatform), cmp.Or(g.OSVersion, d.OSVersion)
	d.OSArchitecture = cmp.Or(g.OSArchitecture, d.OSArchitecture)
}

// DecodeLines decodes an NDJSON batch, with one report of DecodeReport per line; blank lines are
// skipped. It holds one line at a time, and calls admit before it decodes a line. The first error
// ends the stream: that of admit, a *parse.FieldError that also names the line, or an error of r. If
// something is given of a device there may be one report only.
func DecodeLines(r io.Reader, given Given, admit func(line []byte) error) iter.Seq2[*Report, error] {
	return func(yield func(*Report, error) bool) {
		lines := bufio.NewScanner(parse.UTF8Reader(r))
		lines.Buffer(nil, MaxReport+2) // the line, its end, and one byte to notice an overlong line
		number, reports := 1, 0
		for ; lines.Scan(); number++ {
			if len(bytes.TrimSpace(lines.Bytes())) == 0 {
				continue
			}
			if err := admit(lines.Bytes()); err != nil {
				yield(nil, err)
				return
			}
			report, err := DecodeReport(lines.Bytes(), given)
			if reports++; reports > 1 && given != (Given{}) {
				report, err = nil, &parse.FieldError{Problem: "a device is given for all reports, but this is the second", Err: parse.ErrInvalid}
			}
			if !yield(report, atLine(err, number)) || err != nil {
				return
			}
		}
		if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
			yield(nil, tooLarge(number))
		} else if err != nil {
			yield(nil, fmt.Errorf("reading line %d of the reports: %w", number, err))
		}
	}
}

// tooLarge returns the error for a report over MaxReport.
func tooLarge(line int) error {
	return &parse.FieldError{Line: line,
		Problem: fmt.Sprintf("the report has more than %d bytes", MaxReport), Err: parse.ErrTooLarge}
}

// atLine adds the line to err.
func atLine(err error, line int) error {
	var field *parse.FieldError
	if errors.As(err, &field) {
		field.Line = line
	}
	return err
}

// reader reads a report from its JSON.
type reader struct {
	*parse.JSON
	// listed counts the paths of the report.
	listed int
}

// newReader returns a reader for a report's text.
func newReader(text string) *reader { return &reader{JSON: parse.NewJSON(text)} }

// errFull stops the reading of facts at their limit.
var errFull = errors.New("too many facts")

// report reads a report.
func (p *reader) report() (*Report, error) {
	r := &Report{}
	err := p.Members(func(key string) (err error) {
		switch key {
		case "device":
			r.Device, err = p.device()
		case "time":
			r.Time, err = p.time()
		case "source":
			r.Source, err = p.Text()
		case "collector":
			r.Collector, err = p.collector()
		case "addresses":
			r.Addresses, err = parse.List(p.JSON, MaxAddresses, p.address)
		case "software":
			r.Software, err = parse.List(p.JSON, MaxSoftware, p.software)
		case "hotfixes":
			r.Hotfixes, err = parse.List(p.JSON, MaxHotfixes, p.Text)
		case "facts":
			r.Facts, err = p.facts()
		case "origins":
			r.Origins, err = p.facts()
		case "unread":
			r.Unread, err = p.facts()
		case "configurations":
			r.Configurations, err = parse.List(p.JSON, MaxConfigurations, p.configuration)
		default:
			err = p.Skip()
		}
		return err
	})
	return r, err
}

// collector reads the collector of a report.
func (p *reader) collector() (Collector, error) {
	var c Collector
	err := p.Members(func(key string) (err error) {
		switch key {
		case "name":
			c.Name, err = p.Text()
		case "version":
			c.Version, err = p.Text()
		default:
			err = p.Skip()
		}
		return err
	})
	return c, err
}

// address reads an address.
func (p *reader) address() (Address, error) {
	var a Address
	err := p.Members(func(key string) (err error) {
		switch key {
		case "ip":
			a.IP, err = p.Text()
		case "mac":
			a.MAC, err = p.Text()
		default:
			err = p.Skip()
		}
		return err
	})
	return a, err
}

// device reads a device.
func (p *reader) device() (Device, error) {
	var d Device
	err := p.Members(func(key string) (err error) {
		switch key {
		case "id":
			d.ID, err = p.Text()
		case "name":
			d.Name, err = p.Text()
		case "osPlatform":
			d.OSPlatform, err = p.Text()
		case "osVersion":
			d.OSVersion, err = p.Text()
		case "osArchitecture":
			d.OSArchitecture, err = p.Text()
		case "tags":
			d.Tags, err = parse.List(p.JSON, MaxTags, p.Text)
		case "rbacGroup":
			d.RBACGroup, err = p.Text()
		default:
			err = p.Skip()
		}
		return err
	})
	return d, err
}

// software reads a software entry.
func (p *reader) software() (Software, error) {
	var s Software
	cut := 0
	err := p.Members(func(key string) (err error) {
		switch key {
		case "kind":
			s.Kind, err = p.Text()
		case "vendor":
			s.Vendor, err = p.Text()
		case "name":
			s.Name, err = p.Text()
		case "version":
			s.Version, err = p.Text()
		case "cpe":
			s.CPE, err = p.Text()
		case "purl":
			s.PURL, err = p.Text()
		case "sourcePackage":
			s.SourcePackage, err = p.Text()
		case "sourceVersion":
			s.SourceVersion, err = p.Text()
		case "bundleId":
			s.BundleID, err = p.Text()
		case "diskPaths":
			s.DiskPaths, err = p.paths(&cut)
		case "registryPaths":
			s.RegistryPaths, err = p.paths(&cut)
		case "pathsCut":
			s.PathsCut, err = p.count()
		default:
			err = p.Skip()
		}
		return err
	})
	s.PathsCut += cut
	return s, err
}

// paths reads a list of paths. Paths beyond maxListedPaths of the report are counted in cut.
func (p *reader) paths(cut *int) ([]string, error) {
	var paths []string
	err := p.Array(func(int) error {
		path, err := p.Text()
		if p.listed++; p.listed <= maxListedPaths {
			paths = append(paths, path)
		} else {
			*cut++
		}
		return err
	})
	return paths, err
}

// count reads a count.
func (p *reader) count() (int, error) {
	n, err := p.Number()
	if err == nil && (n < 0 || n > MaxReport || n != float64(int(n))) {
		err = parse.Invalid("", "is %v, not a count", n)
	}
	return int(n), err
}

// time reads a time of RFC 3339.
func (p *reader) time() (time.Time, error) {
	text, err := p.Text()
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, parse.Invalid("",
			"is %q, not a time such as 2026-11-23T10:00:00Z (RFC 3339)", parse.Clip(text, 64))
	}
	return t, nil
}

// facts reads the families of facts; the result is never nil.
func (p *reader) facts() (Facts, error) {
	facts, count := Facts{}, 0
	err := p.Members(func(family string) error {
		values := map[string]string{}
		facts[family] = values
		if count++; count > MaxFacts {
			return errFull
		}
		return p.Members(func(name string) (err error) {
			if count++; count > MaxFacts {
				return errFull
			}
			values[name], err = p.Text()
			return err
		})
	})
	if errors.Is(err, errFull) {
		return nil, parse.TooMany(MaxFacts)
	}
	return facts, err
}

// configuration reads a configuration result.
func (p *reader) configuration() (Configuration, error) {
	c := Configuration{Applicable: true}
	judged := false
	err := p.Members(func(key string) (err error) {
		switch key {
		case "configurationId":
			c.ConfigurationID, err = p.Text()
		case "name":
			c.Name, err = p.Text()
		case "category":
			c.Category, err = p.Text()
		case "subcategory":
			c.Subcategory, err = p.Text()
		case "impact":
			c.Impact, err = p.Number()
		case "userImpact":
			c.UserImpact, err = p.Flag()
		case "applicable":
			c.Applicable, err = p.Flag()
		case "compliant":
			judged = true
			c.Compliant, err = p.Flag()
		case "remediation":
			c.Remediation, err = p.Text()
		case "references":
			c.References, err = parse.List(p.JSON, MaxReferences, p.Text)
		default:
			err = p.Skip()
		}
		return err
	})
	if err == nil && c.Applicable && !judged {
		err = parse.Invalid("compliant", "is missing")
	}
	return c, err
}
