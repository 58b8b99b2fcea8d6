package page

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/edge"
)

// Pinned asks about the snapshot with a number, 0 is the newest, and returns what became of it. ask returns the number
// of the snapshot that it was answered of. A page of a snapshot that is no longer kept shows the newest, and says so:
// whoever kept its address wants to see the list. So does one of a number that no snapshot has had.
func (v *Visit) Pinned(number int64, ask func(snapshot int64) (int64, error)) (*Pin, error) {
	shown, err := ask(number)
	if number == 0 {
		return nil, err
	}
	if e := Refused(err); e != nil && e.Status == http.StatusGone {
		if shown, err = ask(0); err != nil {
			return nil, err
		}
		return &Pin{Retired: number, Never: number > shown, Shown: shown}, nil
	}
	if err != nil {
		return nil, err
	}
	ctx, cancel := v.Within()
	defer cancel()
	known, err := v.Coverage(ctx)
	if err != nil || known.Number <= shown {
		return nil, err
	}
	values := v.URL.Query()
	values.Del("snapshot")
	values.Del("page")
	p := &Pin{Shown: shown, Newest: known.Number, Link: v.URL.EscapedPath()}
	if len(values) > 0 {
		p.Link += "?" + values.Encode()
	}
	return p, nil
}

// Snapshot returns the snapshot that the address of an entry names, 0 for none. An entry can be asked for this alone,
// and for what is also named.
func (v *Visit) Snapshot(also ...string) (number int64, err error) {
	names := append(slices.Clone(also), "snapshot")
	values, err := url.ParseQuery(v.URL.RawQuery)
	if err != nil {
		return 0, edge.Invalid("the address has an escape that is none")
	}
	for name := range values {
		if !slices.Contains(names, name) {
			return 0, edge.Invalid("%q is nothing that this page can be asked for: it has %s", edge.Clip(name), strings.Join(names, ", "))
		}
	}
	if value := values.Get("snapshot"); value != "" {
		return SnapshotNumber("snapshot", value)
	}
	return 0, nil
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
	return link + mark + "snapshot=" + strconv.FormatInt(snapshot, 10)
}
