package hosts

import (
	"bytes"
	"cmp"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/parse"
	"github.com/muster-project/muster/internal/inventory/table"
)

// devices collects what rows of tables say, by the ids of devices, or by their names where there are no ids.
type devices struct {
	hosts map[string]*host
	// ids are the ids of names.
	ids map[string]string
	// others is how many rows are of systems of which nothing is known.
	others int
}

// readTable reads a table of Intune or Configuration Manager in separated values, or Intune's in JSON.
func readTable(text []byte) ([]*host, error) {
	d := &devices{hosts: map[string]*host{}, ids: map[string]string{}}
	read := table.Read
	if trimmed := bytes.TrimLeft(text, " \t\r\n"); len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[') {
		read = readObjects
	}
	if err := read(text, d.take); err != nil {
		return nil, err
	}
	return d.all()
}

// take takes a row.
func (d *devices) take(line int, r *table.Row) error {
	if r[table.Count] != "" {
		return parse.Invalid("", "the rows are of many devices each: export the report AppInvRawData, which says what is on which")
	}
	h, err := d.of(r)
	if err != nil {
		return atLine(err, line)
	}
	h.learn(r)
	if h.isOther() {
		d.others++
		return nil
	}
	if r[table.Hotfix] != "" {
		h.patches = append(h.patches, r[table.Hotfix])
	}
	if r[table.Program] == "" {
		return nil
	}
	if len(h.entries) == inventory.MaxSoftware {
		return atLine(parse.Invalid("", "is program number %d of %q", inventory.MaxSoftware+1, parse.Clip(h.name, 64)), line)
	}
	h.read = true
	h.entries = append(h.entries, entryOf(h.system.platform, r))
	return nil
}

// atLine says on which line an error is.
func atLine(err error, line int) error {
	var field *parse.FieldError
	if errors.As(err, &field) {
		field.Line = line
	}
	return err
}

// of returns the host that a row is about.
func (d *devices) of(r *table.Row) (*host, error) {
	name := r[table.Device]
	if r[table.Domain] != "" && name != "" && !strings.Contains(name, ".") {
		name += "." + r[table.Domain]
	}
	known, id := strings.ToLower(name), r[table.DeviceID]
	if id == "" {
		id = cmp.Or(d.ids[known], known)
	} else if known != "" && d.ids[known] == "" {
		d.ids[known] = id
	}
	h := d.hosts[id]
	if h == nil {
		if len(d.hosts) == maxHosts {
			return nil, parse.Invalid("", "is of host number %d: send fewer at a time", maxHosts+1)
		}
		h = &host{}
		d.hosts[id] = h
	}
	h.name = cmp.Or(h.name, name)
	h.contact = max(h.contact, r[table.Contact])
	return h, nil
}

// contacted is when a device was heard of, as Intune writes it in reports and in JSON.
var contacted = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}`)

// newest returns the hosts without those whose name another one has that was heard of later: a device that was
// enrolled again is there twice. Where the table does not say when, both would be taken for one.
func newest(all []*host) ([]*host, error) {
	named := map[string]*host{}
	for _, h := range all {
		name := strings.ToLower(h.name)
		other := named[name]
		switch {
		case other == nil || name == "":
			named[name] = h
		case !contacted.MatchString(h.contact) || !contacted.MatchString(other.contact) || h.contact == other.contact:
			return nil, parse.Invalid("", "%q is the name of two devices, which would be taken for one: leave out the one that is gone, or add the "+
				"column LastContact (of Intune's report Devices, with DeviceId)", parse.Clip(h.name, 64))
		case h.contact > other.contact:
			named[name] = h
		}
	}
	return slices.DeleteFunc(all, func(h *host) bool { return h.name != "" && named[strings.ToLower(h.name)] != h }), nil
}

// other is the platform of a system that is neither Windows nor macOS, such as a telephone's.
const other = "other"

func (h *host) isOther() bool { return h.system.platform == other }

// learn takes what a row says of the system.
func (h *host) learn(r *table.Row) {
	h.system.name = cmp.Or(h.system.name, r[table.OS])
	h.system.version = cmp.Or(h.system.version, r[table.Build])
	h.arch = cmp.Or(h.arch, strings.TrimSuffix(strings.ToLower(r[table.Architecture]), "-based pc"))
	text := strings.ToLower(cmp.Or(r[table.Platform], r[table.OS]))
	if h.system.platform != "" || text == "" {
		return
	}
	switch {
	case strings.Contains(text, "windows"):
		h.system.platform = "windows"
	case strings.Contains(text, "mac"):
		h.system.platform = "darwin"
	default:
		h.system.platform = other
	}
}

// kindOn returns the kind of programs on a platform: Configuration Manager's are of Windows where nothing says so.
func kindOn(platform string) string {
	if platform == "darwin" {
		return "macos"
	}
	return "windows"
}

// entryOf makes the entry of a program.
func entryOf(platform string, r *table.Row) inventory.Software {
	s := inventory.Software{Vendor: r[table.Publisher], Name: r[table.Program], Version: r[table.Version]}
	if platform == "darwin" {
		s.Name, s.Version = strings.TrimSuffix(s.Name, ".app"), cmp.Or(r[table.ShortVersion], s.Version)
	}
	return s
}

// tableSource returns the source of reports from a table: each tool replaces only what it said itself.
func tableSource(text []byte) string {
	if bytes.Contains(text[:min(len(text), 64<<10)], []byte("ApplicationName")) {
		return "intune"
	}
	return "configmgr"
}

// all makes the hosts of which programs are known, in order of their ids.
func (d *devices) all() (all []*host, err error) {
	for _, id := range slices.Sorted(maps.Keys(d.hosts)) {
		if h := d.hosts[id]; !h.isOther() {
			all = append(all, h)
		}
	}
	if all, err = newest(all); err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(h *host) bool { return !h.read })
	for _, h := range all { // the platform may be said last
		for i := range h.entries {
			h.entries[i].Kind = kindOn(h.system.platform)
		}
	}
	switch {
	case len(all) == 0 && d.others > 0:
		return nil, parse.Invalid("", "all rows are of devices that run neither Windows nor macOS")
	case len(all) == 0:
		return nil, parse.Invalid("", "no row has a program, in a column such as ApplicationName or DisplayName0")
	}
	return all, nil
}
