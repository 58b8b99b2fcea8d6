package intel

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
)

// Elements cuts documents into the members of their list under key, so that a
// page of thousands of records is decoded on all cores and never held twice. A
// document that has no such list is yielded whole; members are named after
// their document and position ("page.json#12"). Text that is not JSON ends the
// sequence.
func Elements(docs iter.Seq2[Document, error], key string) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		for doc, err := range docs {
			if err != nil {
				yield(Document{}, err)
				return
			}
			found, err := elements(doc, key, yield)
			if err == nil && !found && !yield(doc, nil) {
				return
			}
			if err != nil {
				if err != errStopped {
					yield(Document{}, fmt.Errorf("document %q: %w", doc.Name, err))
				}
				return
			}
		}
	}
}

// elements yields the members of the list under key and says whether there is
// one. It reads to the document's end: a list that was cut off is an error,
// though its members came out before.
func elements(doc Document, key string, yield func(Document, error) bool) (found bool, err error) {
	if len(doc.Data) > 0 && !bytes.Contains(doc.Data, []byte(`"`+key+`"`)) {
		return false, nil // a record of its own; decoding it checks the syntax
	}
	d := json.NewDecoder(bytes.NewReader(doc.Data))
	start, err := d.Token()
	if err != nil || start != json.Delim('{') {
		return false, err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return found, err
		}
		if name == key && isList(doc.Data[d.InputOffset():]) {
			found, err = true, members(d, doc.Name, yield)
		} else {
			var skipped json.RawMessage
			err = d.Decode(&skipped)
		}
		if err != nil {
			return found, err
		}
	}
	_, err = d.Token()
	return found, err
}

// members yields the members of the list that d stands before.
func members(d *json.Decoder, name string, yield func(Document, error) bool) error {
	if _, err := d.Token(); err != nil {
		return err
	}
	for i := 0; d.More(); i++ {
		var member json.RawMessage
		if err := d.Decode(&member); err != nil {
			return err
		}
		if !yield(Document{Name: fmt.Sprintf("%s#%d", name, i), Data: member}, nil) {
			return errStopped
		}
	}
	_, err := d.Token()
	return err
}

// isList says whether text, which follows a key, goes on with a list.
func isList(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(text, ": \t\r\n"), []byte("["))
}
