package page

import (
	"bytes"
	"html"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
)

// takeAsked takes the number of the snapshot out of the address of a page, for all pages alike: one that is of a
// snapshot asks by Pinned, and of any other it is said that it is of now.
func takeAsked(r *edge.Request) (number int64, err error) {
	if !strings.Contains(r.URL.RawQuery, snapshotName) {
		return 0, nil
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return 0, edge.Invalid("the address has an escape that is none")
	}
	value, err := Single(snapshotName, values[snapshotName])
	if err == nil && value != "" {
		number, err = SnapshotNumber(snapshotName, value)
	}
	values.Del(snapshotName)
	without, address := *r.Request, *r.URL
	address.RawQuery = values.Encode()
	without.URL = &address
	r.Request = &without
	return number, err
}

// snapshotName is the name of the snapshot in the address of a page.
const snapshotName = "snapshot"

// SnapshotNumber reads the number of a snapshot.
func SnapshotNumber(name, value string) (int64, error) { return Whole(name, value, 1<<40) }

// Whole reads a whole number from 1 up to most, of a name in an address.
func Whole(name, value string, most int64) (int64, error) {
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil || n < 1 || n > most {
		return 0, edge.Invalid("%s is %q, must be a whole number from 1 to %d", name, edge.Clip(value), most)
	}
	return n, nil
}

// Of returns a request about a snapshot; 0 is the newest.
func Of[T any](r control.Request[T], snapshot int64) control.Request[T] {
	if snapshot != 0 {
		r.Query = maps.Clone(r.Query)
		if r.Query == nil {
			r.Query = url.Values{}
		}
		r.Query.Set(snapshotName, strconv.FormatInt(snapshot, 10))
	}
	return r
}

// Keeping returns an address that keeps to a snapshot; 0 is none.
func Keeping(link string, snapshot int64) string {
	if snapshot == 0 || link == "" {
		return link
	}
	mark := "?"
	if strings.Contains(link, "?") {
		mark = "&"
	}
	return link + mark + snapshotName + "=" + strconv.FormatInt(snapshot, 10)
}

// anchors are the links of a page that may keep to its snapshot: those that begin with their address.
var anchors = regexp.MustCompile(`<a href="/[^"]*"`)

// ofSnapshots are the addresses of pages that are of a snapshot, with those below them.
var ofSnapshots = []string{"/vulnerabilities", "/findings", "/actions", "/devices", "/software", "/configuration", "/changes",
	"/coverage", "/search"}

// keeping makes the links of a page, after its menu, keep to the snapshot that its address names: this is the one place
// that does, so that no page can forget it. A link that names a snapshot stays as it is.
func keeping(made []byte, snapshot int64) []byte {
	if snapshot == 0 {
		return made
	}
	begin := max(0, bytes.Index(made, []byte("<main")))
	return append(made[:begin:begin], anchors.ReplaceAllFunc(made[begin:], func(anchor []byte) []byte {
		link := html.UnescapeString(string(anchor[len(`<a href="`) : len(anchor)-1]))
		path, raw, _ := strings.Cut(link, "?")
		is := func(one string) bool { return path == one || strings.HasPrefix(path, one+"/") || path == one+".csv" }
		if path != "/" && !slices.ContainsFunc(ofSnapshots, is) || strings.Contains("&"+raw, "&"+snapshotName+"=") {
			return anchor
		}
		return []byte(`<a href="` + html.EscapeString(Keeping(link, snapshot)) + `"`)
	})...)
}

// Single returns the value of a name in an address, trimmed. Of several that differ nobody knows which is meant: they
// are refused. Empty ones say nothing.
func Single(name string, all []string) (value string, err error) {
	for _, one := range all {
		if one = strings.TrimSpace(one); one == "" || one == value {
			continue
		}
		if value != "" {
			return "", edge.Invalid("%s is given twice, as %q and %q: give it once", edge.Clip(name), edge.Clip(value), edge.Clip(one))
		}
		value = one
	}
	return value, nil
}
