package page

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
)

// address is the state of a list: all of it is in its address. Names are the flags of the command line.
type address struct {
	path   string
	values url.Values
	filter control.ListFilter
	// rows are those of a page, page counts from 1.
	rows, page int64
}

// ReadAddress reads the address of a list with these filters. A name that it does not have is refused, and so is a
// value that nobody could mean; the API refuses the others.
func ReadAddress(path, raw string, fields []string) (*address, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, edge.Invalid("the address has an escape that is none")
	}
	a := &address{path: path, values: url.Values{}, rows: 50, page: 1}
	for name, all := range values {
		if !slices.Contains(fields, name) && !slices.Contains([]string{"sort", "rows", "page", snapshotName}, name) {
			return nil, edge.Invalid("%q is nothing that this list can be asked for: it has %s", edge.Clip(name),
				strings.Join(append(slices.Clone(fields), "sort", "rows", "page", snapshotName), ", "))
		}
		value, err := Single(name, all)
		if err != nil {
			return nil, err
		}
		// The form of a list sends kev= for "any"; people write kev alone.
		if isFlag(name) && slices.Contains(strings.Split(raw, "&"), name) {
			value = "true"
		}
		if err := a.set(name, value); err != nil {
			return nil, err
		}
		if value != "" {
			a.values.Set(name, value)
		}
	}
	a.filter.Limit, a.filter.Skip = a.rows, (a.page-1)*a.rows
	return a, nil
}

func isFlag(name string) bool { return name == "kev" || name == "exploited" || name == "silent" }

// set sets what a name in an address means.
func (a *address) set(name, value string) (err error) {
	f := &a.filter
	texts := map[string]*string{"cve": &f.CVE, "severity": &f.Severity, "software": &f.Software, "device": &f.Device,
		"group": &f.Group, "tag": &f.Tag, "q": &f.Text, "fix": &f.Fix, "state": &f.State, "reason": &f.Reason,
		"fails": &f.Fails, "sort": &f.Sort}
	flags := map[string]*bool{"kev": &f.KEV, "exploited": &f.Exploited, "silent": &f.Silent}
	switch {
	case value == "":
	case texts[name] != nil:
		*texts[name] = value
	case flags[name] != nil:
		if *flags[name], err = strconv.ParseBool(value); err != nil {
			err = edge.Invalid("%s is %q, must be true or false", name, edge.Clip(value))
		}
	case name == "min-epss":
		if f.MinEPSS, err = strconv.ParseFloat(value, 64); err != nil || !(f.MinEPSS >= 0 && f.MinEPSS <= 1) {
			err = edge.Invalid("min-epss is %q, must be a number from 0 to 1", edge.Clip(value))
		}
	case name == "due-before":
		f.DueBefore, err = readDay(name, value)
	case name == "since":
		f.Since, err = readDay(name, value)
	case name == "rows":
		a.rows, err = Whole(name, value, 1000)
	case name == "page":
		a.page, err = Whole(name, value, 1_000_000)
	}
	return err
}

func readDay(name, value string) (time.Time, error) {
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, value); err == nil {
			return at, nil
		}
	}
	return time.Time{}, edge.Invalid("%s is %q, must be a day such as 2026-11-23", name, edge.Clip(value))
}

// Value is the value of a name, "" for none.
func (a *address) Value(name string) string { return a.values.Get(name) }

// with returns the address with other values; an empty one is left out. What changes the list begins it anew.
func (a *address) with(pairs ...string) string { return a.at(a.path, pairs...) }

// at is with for another path.
func (a *address) at(path string, pairs ...string) string {
	values := url.Values{}
	for name, v := range a.values {
		if name != "page" {
			values[name] = v
		}
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Del(pairs[i])
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	if len(values) == 0 {
		return path
	}
	return path + "?" + values.Encode()
}

// pin pins the snapshot that a reply was of.
func (a *address) pin(number int64) {
	a.filter.Snapshot = number
	a.values.Set("snapshot", strconv.FormatInt(number, 10))
}
