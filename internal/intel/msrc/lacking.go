package msrc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/muster-project/muster/internal/intel"
)

// lackingFile lies beside the months and names those that could not be fetched, so that whoever reads the feed is told
// of them. There is none if all were.
const lackingFile = "lacking.json"

// lacking are the months that a fetch goes on without.
type lacking struct {
	Months []lackingMonth `json:"lackingMonths"`
	first  error
}

// lackingMonth is one of them, and why.
type lackingMonth struct{ ID, Why string }

// errNotAsked says that months before could not be fetched, so that this one was not asked for.
var errNotAsked = errors.New("not asked for, since the months before it failed")

func (l *lacking) add(id string, err error) {
	if l.first == nil {
		l.first = err
	}
	l.Months = append(l.Months, lackingMonth{id, err.Error()})
}

// write writes the file, or removes an earlier one.
func (l *lacking) write(dst *os.Root) error {
	if len(l.Months) == 0 {
		if err := dst.Remove(lackingFile); !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	text, err := json.Marshal(l)
	if err != nil {
		return err
	}
	return intel.Replace(dst, lackingFile, bytes.NewReader(text), int64(len(text)))
}

// readLacking tells which months a feed lacks, as what was left out of it.
func readLacking(doc intel.Document, list json.RawMessage) error {
	var months []lackingMonth
	if err := json.Unmarshal(list, &months); err != nil || len(months) == 0 {
		return intel.ErrNotRecord
	}
	first := months[0]
	more := ""
	if n := len(months) - 1; n > 0 {
		more = fmt.Sprintf(" and %d others", n)
	}
	return doc.Odd("month %.40q%s could not be fetched, and is missing or old: %s", first.ID, more, first.Why)
}
