package inventory

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"
	"time"
)

// DecodeReport decodes one JSON report (design.md, section 7) of at most
// MaxReport bytes. Members it does not know are ignored, a member that is null
// counts as not there, and of a member given twice the last one counts. A
// configuration result is applicable unless it says otherwise.
//
// The report has passed Validate and still needs Normalize. An error wraps
// ErrInvalid and is a *FieldError, which names the place.
func DecodeReport(data []byte) (*Report, error) {
	if len(data) > MaxReport {
		return nil, tooLarge(0)
	}
	p := newParser(string(data))
	r, err := p.report()
	if err != nil {
		return nil, err
	}
	if err := p.end(); err != nil {
		return nil, err
	}
	if err := r.Validate(); err != nil {
		return nil, err
	}
	return r, nil
}

// DecodeStream decodes an NDJSON batch, one report of DecodeReport a line;
// blank lines are passed over. It holds one line at a time. The first error
// ends the stream: a *FieldError that names the line as well, or an error of r.
func DecodeStream(r io.Reader) iter.Seq2[*Report, error] {
	return DecodeLines(r, func([]byte) error { return nil })
}

// DecodeLines is DecodeStream that asks admit before it decodes a line, and ends
// with its error.
func DecodeLines(r io.Reader, admit func(line []byte) error) iter.Seq2[*Report, error] {
	return func(yield func(*Report, error) bool) {
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, MaxReport+2) // the line, its end, and one byte to see that it is too long
		number := 1
		for ; lines.Scan(); number++ {
			if len(bytes.TrimSpace(lines.Bytes())) == 0 {
				continue
			}
			if err := admit(lines.Bytes()); err != nil {
				yield(nil, err)
				return
			}
			report, err := DecodeReport(lines.Bytes())
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

// tooLarge says that a report is over MaxReport.
func tooLarge(line int) error {
	return &FieldError{Line: line, Problem: fmt.Sprintf("the report has more than %d bytes", MaxReport), Err: ErrTooLarge}
}

// atLine adds the line to err.
func atLine(err error, line int) error {
	var field *FieldError
	if errors.As(err, &field) {
		field.Line = line
	}
	return err
}

// report reads a report.
func (p *parser) report() (*Report, error) {
	r := &Report{}
	err := p.members(func(key string) (err error) {
		switch key {
		case "device":
			r.Device, err = p.device()
		case "time":
			r.Time, err = p.time()
		case "source":
			r.Source, err = p.text()
		case "software":
			r.Software, err = list(p, MaxSoftware, p.software)
		case "hotfixes":
			r.Hotfixes, err = list(p, MaxHotfixes, p.text)
		case "facts":
			r.Facts, err = p.facts()
		case "configurations":
			r.Configurations, err = list(p, MaxConfigurations, p.configuration)
		default:
			err = p.skip()
		}
		return err
	})
	return r, err
}

// members reads an object like object does, but for members that are null.
func (p *parser) members(member func(key string) error) error {
	return p.object(func(key string) error {
		if p.null() {
			return nil
		}
		return member(key)
	})
}

// errFull ends the reading of a list that is over its limit.
var errFull = errors.New("list is full")

// list reads an array of at most longest items; it is never nil.
func list[T any](p *parser, longest int, read func() (T, error)) ([]T, error) {
	items := make([]T, 0, min(longest, 32))
	err := p.array(func(i int) error {
		if i == longest {
			return errFull
		}
		item, err := read()
		items = append(items, item)
		return err
	})
	if errors.Is(err, errFull) {
		return nil, tooMany(longest)
	}
	return items, err
}

// device reads a device.
func (p *parser) device() (Device, error) {
	var d Device
	err := p.members(func(key string) (err error) {
		switch key {
		case "id":
			d.ID, err = p.text()
		case "name":
			d.Name, err = p.text()
		case "osPlatform":
			d.OSPlatform, err = p.text()
		case "osVersion":
			d.OSVersion, err = p.text()
		case "osArchitecture":
			d.OSArchitecture, err = p.text()
		case "tags":
			d.Tags, err = list(p, MaxTags, p.text)
		case "rbacGroup":
			d.RBACGroup, err = p.text()
		default:
			err = p.skip()
		}
		return err
	})
	return d, err
}

// software reads a software entry.
func (p *parser) software() (Software, error) {
	var s Software
	cut := 0
	err := p.members(func(key string) (err error) {
		switch key {
		case "kind":
			s.Kind, err = p.text()
		case "vendor":
			s.Vendor, err = p.text()
		case "name":
			s.Name, err = p.text()
		case "version":
			s.Version, err = p.text()
		case "cpe":
			s.CPE, err = p.text()
		case "purl":
			s.PURL, err = p.text()
		case "sourcePackage":
			s.SourcePackage, err = p.text()
		case "sourceVersion":
			s.SourceVersion, err = p.text()
		case "bundleId":
			s.BundleID, err = p.text()
		case "diskPaths":
			s.DiskPaths, err = p.paths(&cut)
		case "registryPaths":
			s.RegistryPaths, err = p.paths(&cut)
		case "pathsCut":
			s.PathsCut, err = p.count()
		default:
			err = p.skip()
		}
		return err
	})
	s.PathsCut += cut
	return s, err
}

// paths reads a list of paths. Those past maxListedPaths of the report are counted
// in cut.
func (p *parser) paths(cut *int) ([]string, error) {
	var paths []string
	err := p.array(func(int) error {
		path, err := p.text()
		if p.listed++; p.listed <= maxListedPaths {
			paths = append(paths, path)
		} else {
			*cut++
		}
		return err
	})
	return paths, err
}

// count reads a number of things.
func (p *parser) count() (int, error) {
	n, err := p.number()
	if err == nil && (n < 0 || n > MaxReport || n != float64(int(n))) {
		err = invalid("", "is %v, not a count", n)
	}
	return int(n), err
}

// time reads a time of RFC 3339.
func (p *parser) time() (time.Time, error) {
	text, err := p.text()
	if err != nil {
		return time.Time{}, err
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, invalid("", "is %q, not a time such as 2026-11-23T10:00:00Z (RFC 3339)", clip(text, 64))
	}
	return t, nil
}

// facts reads the families of facts; the result is never nil.
func (p *parser) facts() (Facts, error) {
	facts, count := Facts{}, 0
	err := p.members(func(family string) error {
		values := map[string]string{}
		facts[family] = values
		if count++; count > MaxFacts {
			return errFull
		}
		return p.members(func(name string) (err error) {
			if count++; count > MaxFacts {
				return errFull
			}
			values[name], err = p.text()
			return err
		})
	})
	if errors.Is(err, errFull) {
		return nil, tooMany(MaxFacts)
	}
	return facts, err
}

// configuration reads a configuration result.
func (p *parser) configuration() (Configuration, error) {
	c := Configuration{Applicable: true}
	judged := false
	err := p.members(func(key string) (err error) {
		switch key {
		case "configurationId":
			c.ConfigurationID, err = p.text()
		case "name":
			c.Name, err = p.text()
		case "category":
			c.Category, err = p.text()
		case "subcategory":
			c.Subcategory, err = p.text()
		case "impact":
			c.Impact, err = p.number()
		case "userImpact":
			c.UserImpact, err = p.flag()
		case "applicable":
			c.Applicable, err = p.flag()
		case "compliant":
			judged = true
			c.Compliant, err = p.flag()
		default:
			err = p.skip()
		}
		return err
	})
	if err == nil && c.Applicable && !judged {
		err = invalid("compliant", "is missing")
	}
	return c, err
}
