package page

import (
	"bytes"
	"html"
	"maps"
	"net/http"
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
	if value := strings.TrimSpace(values.Get(snapshotName)); value != "" {
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

// Pinned asks about the snapshot that the address names, 0 is the newest. ask returns the number of the snapshot that
// it was answered of. A page of a snapshot that is no longer kept shows the newest, and says so: whoever kept its
// address wants to see the list. So does one of a number that no snapshot has had.
func (v *Visit) Pinned(ask func(snapshot int64) (int64, error)) error {
	shown, err := ask(v.Asked)
	if v.Asked == 0 {
		return err
	}
	if e := Refused(err); e != nil && e.Status == http.StatusGone {
		number := v.Asked
		v.Asked = 0
		if shown, err = ask(0); err == nil {
			v.pin = &Pin{Retired: number, Never: number > shown, Shown: shown}
		}
		return err
	}
	if err != nil {
		return err
	}
	v.pin = &Pin{Shown: shown}
	ctx, cancel := v.Within()
	defer cancel()
	known, err := v.Coverage(ctx)
	if err != nil || known.Number <= shown {
		return err
	}
	v.pin.Newest, v.pin.Link = known.Number, v.URL.RequestURI()
	return nil
}

// pinOf is what is said of the snapshot of a page, if its address names one.
func (v *Visit) pinOf() *Pin {
	if v.pin == nil && v.Asked != 0 {
		return &Pin{Shown: v.Asked, Now: true}
	}
	return v.pin
}

// Takes refuses an address that asks for something that the page does not have.
func (v *Visit) Takes(names ...string) error {
	values, err := url.ParseQuery(v.URL.RawQuery)
	if err != nil {
		return edge.Invalid("the address has an escape that is none")
	}
	for name := range values {
		if !slices.Contains(names, name) {
			return edge.Invalid("%q is nothing that this page can be asked for: it has %s", edge.Clip(name),
				strings.Join(append(slices.Clone(names), snapshotName), ", "))
		}
	}
	return nil
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
func (v *Visit) keeping(made []byte) []byte {
	if v.Asked == 0 {
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
		return []byte(`<a href="` + html.EscapeString(Keeping(link, v.Asked)) + `"`)
	})...)
}
