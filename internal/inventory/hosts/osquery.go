package hosts

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// result is a line of osquery's log of results: https://osquery.readthedocs.io/en/stable/deployment/logging/.
type result struct {
	Name        string           `json:"name"`
	Host        string           `json:"hostIdentifier"`
	Action      string           `json:"action"` // "snapshot", "added", "removed"; "" for a batch
	Epoch       int64            `json:"epoch"`
	Counter     *int64           `json:"counter"`
	Columns     columns          `json:"columns"`
	Snapshot    []columns        `json:"snapshot"`
	Diff        *batch           `json:"diffResults"`
	Decorations map[string]value `json:"decorations"`
}

// batch is a difference in one line.
type batch struct {
	Added   []columns `json:"added"`
	Removed []columns `json:"removed"`
}

type columns map[string]value

// value is a text or, if osquery logs numerics, a number.
type value string

// UnmarshalJSON reads both.
func (v *value) UnmarshalJSON(text []byte) error {
	if text[0] == '"' {
		return json.Unmarshal(text, (*string)(v))
	}
	*v = value(text)
	return nil
}

func (c columns) texts() map[string]string {
	all := make(map[string]string, len(c))
	for key, v := range c {
		all[key] = string(v)
	}
	return all
}

// tables are those that are read. A query is about the table that its name ends with.
func tables() []string {
	return []string{debPackages, rpmPackages, programs, apps, "patches", "os_version", "system_info"}
}

func tableOf(query string) string {
	for _, t := range tables() {
		if query == t || strings.HasSuffix(query, "_"+t) || strings.HasSuffix(query, "/"+t) {
			return t
		}
	}
	return ""
}

// query is what a query has found on a host.
type query struct {
	rows map[string]map[string]string // by their text
	// whole says that all rows are known: from a snapshot, or from differences since the first.
	whole          bool
	epoch, counter int64
}

// log collects the results of all hosts.
type log struct {
	hosts map[string]map[string]*query // by host and table
	names map[string]string            // by host, from decorations
}

// readOSQuery reads lines of results.
func readOSQuery(text []byte) ([]*host, error) {
	l := &log{hosts: map[string]map[string]*query{}, names: map[string]string{}}
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if line = bytes.TrimSpace(line); len(line) == 0 {
			continue
		}
		var r result
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, parse.Invalid(fmt.Sprintf("line %d", number), "is no result of osquery: %s", parse.Clip(err.Error(), 200))
		}
		if err := l.take(&r); err != nil {
			return nil, parse.Within(err, fmt.Sprintf("line %d", number))
		}
	}
	return l.all()
}

// take takes a line.
func (l *log) take(r *result) error {
	table := tableOf(r.Name)
	if table == "" || r.Host == "" {
		return nil
	}
	if l.hosts[r.Host] == nil {
		if len(l.hosts) == maxHosts {
			return parse.Invalid("", "is of host number %d: send fewer at a time", maxHosts+1)
		}
		l.hosts[r.Host] = map[string]*query{}
	}
	if name := r.Decorations["hostname"]; name != "" {
		l.names[r.Host] = string(name)
	}
	q := l.hosts[r.Host][table]
	if q == nil {
		q = &query{rows: map[string]map[string]string{}, counter: -1}
		l.hosts[r.Host][table] = q
	}
	switch {
	case r.Action == "snapshot":
		q.rows, q.whole = map[string]map[string]string{}, true
		q.add(r.Snapshot)
	case r.Diff != nil:
		q.step(r)
		q.drop(r.Diff.Removed)
		q.add(r.Diff.Added)
	case r.Action == "added":
		q.step(r)
		q.add([]columns{r.Columns})
	case r.Action == "removed":
		q.step(r)
		q.drop([]columns{r.Columns})
	}
	return nil
}

// step begins anew where osquery does: the first results of an epoch have the counter 0, and are all rows.
func (q *query) step(r *result) {
	counter := int64(-1) // an old osquery does not count
	if r.Counter != nil {
		counter = *r.Counter
	}
	if counter == 0 && (q.counter != 0 || q.epoch != r.Epoch) {
		q.rows, q.whole = map[string]map[string]string{}, true
	}
	q.counter, q.epoch = counter, r.Epoch
}

func (q *query) add(list []columns) {
	for _, c := range list {
		q.rows[key(c)] = c.texts()
	}
}

func (q *query) drop(list []columns) {
	for _, c := range list {
		delete(q.rows, key(c))
	}
}

// key is a row's text: json.Marshal sorts columns.
func key(c columns) string {
	text, _ := json.Marshal(c.texts()) // texts have a form in JSON
	return string(text)
}

// all makes the hosts, in order of their identifiers.
func (l *log) all() (all []*host, err error) {
	for _, id := range slices.Sorted(maps.Keys(l.hosts)) {
		h := &host{name: l.names[id]}
		for _, table := range tables() {
			q := l.hosts[id][table]
			if q == nil {
				continue
			}
			if !q.whole {
				return nil, parse.Invalid("counter", "the results of %s on host %q do not begin with counter 0, so what came before is not "+
					"known: send the log from there, or let osquery take snapshots", table, parse.Clip(id, 100))
			}
			h.fill(table, q)
		}
		if h.name == "" {
			h.name = id
		}
		if !h.read {
			return nil, parse.Invalid("name", "host %q has no results of a query whose name ends with deb_packages, rpm_packages, "+
				"programs or apps: deploy/osquery has a pack of them", parse.Clip(id, 100))
		}
		all = append(all, h)
	}
	if len(all) == 0 {
		return nil, parse.Invalid("name", "no query is of a table that is read: deploy/osquery has a pack of them")
	}
	return all, nil
}

// fill fills a host with what a query has found.
func (h *host) fill(table string, q *query) {
	if table == "patches" {
		h.patches = []string{}
	}
	for _, text := range slices.Sorted(maps.Keys(q.rows)) {
		c := q.rows[text]
		switch table {
		case "os_version":
			h.system = system{platform: c["platform"], name: c["name"], version: c["version"]}
			if h.arch == "" {
				h.arch = c["arch"]
			}
		case "system_info":
			if h.name == "" {
				h.name = c["hostname"]
			}
			h.arch = c["cpu_type"]
		case "patches":
			h.patches = append(h.patches, c["hotfix_id"])
		default:
			h.software = append(h.software, row{table, c})
		}
	}
	h.read = h.read || table != "patches" && table != "os_version" && table != "system_info"
}
