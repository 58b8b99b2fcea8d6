package hosts

import (
	"bytes"
	"fmt"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// maxObjects bounds the objects of a document: each takes some hundred bytes of memory, however small its text is.
const maxObjects = 200_000

// Decode makes the reports of a document in a format of this package, which says what its hosts are. given overrides
// that, and needs a document of one host. ok is false if the format is another package's. Reports have passed
// Report.Validate and still need Report.Normalize. Errors of the document wrap parse.ErrInvalid.
func Decode(format inventory.Format, text []byte, given inventory.Given) (all []*inventory.Report, ok bool, err error) {
	read, source := readFleet, "fleet"
	switch format {
	case inventory.FormatFleet:
	case inventory.FormatOSQuery:
		read, source = readOSQuery, "osquery"
	case inventory.FormatWazuh:
		read, source = readWazuh, "wazuh"
	case inventory.FormatTable:
		read = readTable
	default:
		return nil, false, nil
	}
	if len(text) > inventory.MaxReport {
		return nil, true, &parse.FieldError{Problem: fmt.Sprintf("the document has more than %d bytes",
			inventory.MaxReport), Err: parse.ErrTooLarge}
	}
	if text, err = parse.UTF8(text); err != nil {
		return nil, true, err
	}
	if bytes.Count(text, []byte("{")) > maxObjects {
		return nil, true, &parse.FieldError{Problem: fmt.Sprintf("the document has more than %d objects: send fewer hosts at a time",
			maxObjects), Err: parse.ErrTooLarge}
	}
	hosts, err := read(bytes.TrimPrefix(text, []byte("\ufeff")))
	if err != nil {
		return nil, true, err
	}
	switch {
	case len(hosts) > maxHosts:
		return nil, true, parse.TooMany(maxHosts)
	case len(hosts) != 1 && given != inventory.Given{}:
		return nil, true, parse.Invalid("device", "is given, but the document has %d hosts", len(hosts))
	}
	if format == inventory.FormatTable {
		source = tableSource(text)
	}
	for _, h := range hosts {
		if h.name == "" {
			h.name = given.Name
		}
		r, err := h.report(source)
		if err != nil {
			return nil, true, err
		}
		given.Override(&r.Device)
		all = append(all, r)
	}
	return all, true, nil
}
