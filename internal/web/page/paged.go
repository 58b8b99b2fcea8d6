package page

import (
	"fmt"
	"strconv"

	"github.com/muster-project/muster/internal/edge"
)

// rowsShown is how many rows of a table a sheet shows at a time: it stays small however many there are.
const rowsShown = 100

// PageOf returns those of a table's rows that the address asks for by a name ("page=2"), the last ones if it asks for
// more than there are. It adds to the table's part which they are, and where the others are.
func PageOf[T any](v *Visit, name string, all []T, of *Part) ([]T, error) {
	values := v.URL.Query()
	n := 1
	if text := values.Get(name); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil || n < 1 {
			return nil, edge.Invalid("%s is %q, must be a number, from 1 on", name, edge.Clip(text))
		}
	}
	if len(all) <= rowsShown {
		return all, nil
	}
	last := (len(all) + rowsShown - 1) / rowsShown
	n = min(n, last)
	from, to := (n-1)*rowsShown, min(n*rowsShown, len(all))
	if of.Note != "" {
		of.Note += " "
	}
	of.Note += fmt.Sprintf("Rows %s to %s of %s are shown.", Number(int64(from+1)), Number(int64(to)), Number(int64(len(all))))
	lead := func(words string, n int) {
		values.Set(name, strconv.Itoa(n))
		of.Pager = append(of.Pager, Entry{Name: words, Path: v.URL.Path + "?" + values.Encode()})
	}
	if n > 1 {
		lead("First", 1)
		lead("Previous", n-1)
	}
	if n < last {
		lead("Next", n+1)
		lead("Last", last)
	}
	return all[from:to], nil
}
