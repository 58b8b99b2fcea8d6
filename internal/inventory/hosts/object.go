package hosts

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/muster-project/muster/internal/inventory/parse"
	"github.com/muster-project/muster/internal/inventory/table"
)

// readObjects reads a table in JSON: a list of objects, alone or as the member values or value of an object.
func readObjects(text []byte, each func(line int, r *table.Row) error) error {
	var d struct{ Values, Value []columns }
	target := any(&d)
	if bytes.HasPrefix(bytes.TrimLeft(text, " \t\r\n"), []byte("[")) {
		target = &d.Values
	}
	if err := json.Unmarshal(text, target); err != nil {
		return parse.Invalid("", "reading the table: %s", parse.Clip(err.Error(), 200))
	}
	for i, c := range append(d.Values, d.Value...) {
		var r table.Row
		var ranks [len(r)]int
		for name, v := range c {
			role, rank, ok := table.RoleOf(name)
			value := strings.TrimSpace(string(v))
			if !ok || value == "" || value == "null" || r[role] != "" && ranks[role] <= rank {
				continue
			}
			r[role], ranks[role] = value, rank
		}
		if err := each(i+1, &r); err != nil {
			return err
		}
	}
	return nil
}
