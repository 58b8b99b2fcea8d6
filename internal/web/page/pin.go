package page

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/edge"
)

// Pinned asks about the snapshot that the address names, 0 is the newest. ask returns the number of the snapshot that
// it was answered of. A page of a snapshot that is no longer kept shows the newest, and says so: whoever kept its
// address wants to see the list. So does one of a number that no snapshot has had. If the newest has no device of the
// caller's the error is ErrBare.
func (v *Visit) Pinned(ask func(snapshot int64) (int64, error)) error {
	shown, err := ask(v.Asked)
	if v.Asked == 0 {
		return v.orBare(err)
	}
	if e := Refused(err); e != nil && e.Status == http.StatusGone {
		number := v.Asked
		v.Asked = 0
		if shown, err = ask(0); err == nil {
			v.pin = &Pin{Retired: number, Never: number > shown, Shown: shown}
		}
		return v.orBare(err)
	}
	if err != nil {
		return err
	}
	v.pin = &Pin{Shown: shown}
	ctx, cancel := v.Within()
	defer cancel()
	known, err := v.Coverage(ctx)
	if err != nil || known.Number <= shown {
		return v.orBare(err)
	}
	v.pin.Newest, v.pin.Link = known.Number, v.URL.RequestURI()
	return nil
}

// ErrBare: the newest snapshot has no device that the caller sees, so a list of it says nothing. OrSetup makes a page
// of it.
var ErrBare = errors.New("the newest snapshot has no device")

// orBare returns an error, or ErrBare if the newest snapshot has no device.
func (v *Visit) orBare(err error) error {
	if err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	known, err := v.Coverage(ctx)
	if e := Refused(err); e != nil && e.Status == http.StatusNotFound {
		return nil // there is no snapshot, and the page is of none
	}
	if err == nil && Assessed(&known.Coverage).All() == 0 {
		return ErrBare
	}
	return err
}

// Takes refuses an address that asks for something that the page does not have.
func (v *Visit) Takes(names ...string) error {
	values, err := url.ParseQuery(v.URL.RawQuery)
	if err != nil {
		return edge.Invalid("the address has an escape that is none")
	}
	for name, all := range values {
		if _, err := Single(name, all); err != nil {
			return err
		}
		if !slices.Contains(names, name) {
			return edge.Invalid("%q is nothing that this page can be asked for: it has %s", edge.Clip(name),
				strings.Join(append(slices.Clone(names), snapshotName), ", "))
		}
	}
	return nil
}
