package api_test

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/testneed"
)

// replica is a client that keeps a copy of a dataset, as doc/api.md tells: a full pull, and changes from then on.
type replica struct {
	caller        auth.Caller
	full, changes []defender.Call // by pages, and via files
	rows          map[string]map[string]any
	since         string
	twice         bool // some of the next changes are applied already
}

// estateOf is a server with a random fleet, and the clients that keep copies of it.
type estateOf struct {
	*lab
	ids map[string]string // of devices that have reported, by name
}

// replicas are copies of all datasets for a caller who sees some groups; nil is all.
func replicas(groups []int64) (all []*replica) {
	caller := auth.Caller{ID: "copies", Permissions: auth.Permissions(), AllGroups: groups == nil, Groups: groups}
	for full := range slices.Chunk(defender.Calls(), 2) {
		for _, changes := range changesCalls() {
			if !full[0].Delta && changes[0].Dataset == full[0].Dataset {
				all = append(all, &replica{caller: caller, full: full, changes: changes})
			}
		}
	}
	return all
}

// TestCopiesAreKept is law 1 as clients see it, for every dataset: a full export, with the changes up to a later
// snapshot applied, is the full export of that snapshot, except for last-seen times. Copies are kept by pages or via
// files, by callers who see all groups or some, while devices come, change, move to other groups and leave, and while
// snapshots are published between two pages of a pull.
func TestCopiesAreKept(t *testing.T) {
	e := &estateOf{lab: newLab(t), ids: map[string]string{}}
	e.equal("nvd", e.put("/v1/feeds/nvd/nvd?file=page.json", nvd).StatusCode, http.StatusOK)
	rules, err := rbac.New([]string{"North", "South"}, []rbac.Rule{{Group: "North", Tag: "north"}, {Group: "South", Tag: "south"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.store.Organizations.SetRules(t.Context(), org, rules); err != nil {
		t.Fatal(err)
	}
	histories, limit, failed := 0, 20, false
	if testneed.Soak() {
		limit = math.MaxInt
	}
	rapid.Check(t, func(t *rapid.T) {
		if histories++; histories > limit && !failed { // after a failure rapid looks for a shorter one
			return
		}
		defer func() { failed = failed || t.Failed() }()
		e.someReport(t)
		e.publishLater()
		copies := replicas(rapid.SampledFrom([][]int64{nil, {1}, {0, 2}}).Draw(t, "groups"))
		for _, c := range copies {
			e.begin(t, c)
		}
		for range rapid.IntRange(1, 2).Draw(t, "rounds") {
			e.somePublished(t)
			for _, c := range copies {
				e.update(t, c)
			}
		}
		for _, c := range copies {
			e.update(t, c)
			want := &replica{full: c.full, caller: c.caller}
			e.begin(t, want)
			if diff := cmp.Diff(want.rows, c.rows); diff != "" {
				t.Fatalf("the copy of %s for %v is not the full export (-full +copy):\n%s", c.full[0].Name, c.caller.Groups, diff)
			}
		}
	})
}

// someReport has a device report something, or removes it.
func (e *estateOf) someReport(t *rapid.T) {
	e.manager()
	name := fmt.Sprintf("d%d.example.com", rapid.IntRange(0, 2).Draw(t, "device"))
	if rapid.IntRange(0, 7).Draw(t, "removed") == 0 {
		if id := e.ids[name]; id != "" {
			e.equal("removed", e.do(http.MethodDelete, "/v1/devices/"+id, nil).StatusCode, http.StatusNoContent)
			delete(e.ids, name)
		}
		return
	}
	var software, configurations []string
	for _, version := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"81.0", "120.0"}), 0, 2, rapid.ID).Draw(t, "chrome") {
		software = append(software, fmt.Sprintf(
			`{"kind":"windows","vendor":"Google LLC","name":"Google Chrome","version":%q,"diskPaths":["C:\\%s"]}`, version,
			rapid.SampledFrom([]string{"a", "b"}).Draw(t, "path")))
	}
	for _, tool := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"Tool", "Saw", "Axe"}), 0, 3, rapid.ID).Draw(t, "tools") {
		software = append(software, fmt.Sprintf(
			`{"kind":"windows","vendor":"Acme","name":%q,"version":"1","registryPaths":["HKLM\\%s"]}`, tool,
			rapid.SampledFrom([]string{"a", "b"}).Draw(t, "key")))
	}
	for _, id := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b"}), 0, 2, rapid.ID).Draw(t, "checks") {
		configurations = append(configurations, fmt.Sprintf(`{"configurationId":%q,"applicable":%t,"compliant":%t}`, id,
			rapid.IntRange(0, 4).Draw(t, "applicable") > 0, rapid.Bool().Draw(t, "compliant")))
	}
	body := fmt.Sprintf(`{"device":{"name":%q,"osPlatform":"Windows11","osVersion":%q,"tags":[%q]},"software":[%s],"configurations":[%s]}`,
		name, rapid.SampledFrom([]string{"10.0.22631.1", "10.0.26100.1"}).Draw(t, "system"),
		rapid.SampledFrom([]string{"north", "north", "south", "nowhere"}).Draw(t, "tag"),
		strings.Join(software, ","), strings.Join(configurations, ","))
	e.ids[name] = e.accept(body, jsonBody).Reports[0].DeviceID
}

// publishLater publishes a snapshot after some time.
func (e *estateOf) publishLater() {
	e.advance(2 * time.Second)
	e.publish()
	e.advance(2 * time.Second) // its generatedTime, which is rounded up, has passed
}

// somePublished has devices report, and publishes what they said.
func (e *estateOf) somePublished(t *rapid.T) {
	for range rapid.IntRange(0, 3).Draw(t, "reports") {
		e.someReport(t)
	}
	e.publishLater()
}

// begin makes a copy of a full export, by pages between which snapshots appear, or via files.
func (e *estateOf) begin(t *rapid.T, c *replica) {
	c.rows = map[string]map[string]any{}
	c.since, c.twice = e.generated(), false
	e.as(c.caller)
	for _, row := range e.rowsOf(t, c, c.full, "") {
		c.rows[keyOf(row)] = row
	}
}

// update applies what was published since the last time. Changes that come a second time do no harm; where none does,
// each must fit the copy.
func (e *estateOf) update(t *rapid.T, c *replica) {
	e.as(c.caller)
	since := c.since
	c.since = e.generated() // of pages; files have their own
	for _, row := range e.rowsOf(t, c, c.changes, since) {
		status, key := row["status"], keyOf(row)
		was, said := row["previousIsCompliant"]
		delete(row, "status")
		delete(row, "previousIsCompliant")
		old := c.rows[key]
		var previous any // null, unless an update changed compliance
		if status == "Updated" && old["isCompliant"] != row["isCompliant"] {
			previous = old["isCompliant"]
		}
		if fits := (status == "New") == (old == nil) && was == previous && said == (row["configurationId"] != nil) &&
			(status != "Fixed" || cmp.Equal(old, row)); !fits && !c.twice {
			t.Fatalf("%s: %s of %v, of which compliance was %v; the copy has %v", c.changes[0].Name, status, row, was, old)
		}
		if c.rows[key] = row; status == "Fixed" {
			delete(c.rows, key)
		}
	}
	c.twice = c.since != e.generated() // what was published while pages were read is told again
}

// generated is the generatedTime of the newest snapshot.
func (e *estateOf) generated() string { return e.latest().Generated.Format(time.RFC3339) }

// rowsOf pulls a call in one of its forms, as pages have rows, without times that are no change. Via files it takes the
// time of the reply for the next pull.
func (e *estateOf) rowsOf(t *rapid.T, c *replica, calls []defender.Call, since string) (all []map[string]any) {
	var rows []string
	query := "?sinceTime=" + since
	if rapid.Bool().Draw(t, "files") {
		reply := e.links(e.call(calls[1].Name + query))
		rows, c.since = e.linkedRows(t, calls[1], reply.ExportFiles), reply.GeneratedTime
	} else {
		size := rapid.SampledFrom([]int{1, 2, 3, 1000}).Draw(t, "size")
		for link := fmt.Sprintf("/api/machines/%s%s&pageSize=%d", calls[0].Name, query, size); link != ""; {
			p := e.page(e.get(link))
			for _, row := range p.Value {
				rows = append(rows, string(row))
			}
			if link = ""; p.NextLink != nil {
				link = *p.NextLink
				if rapid.IntRange(0, 9).Draw(t, "meanwhile") == 0 {
					e.somePublished(t)
					e.as(c.caller)
				}
			}
		}
	}
	for _, text := range rows {
		row := map[string]any{}
		if err := json.Unmarshal([]byte(text), &row); err != nil {
			t.Fatal(err)
		}
		for _, time := range []string{"lastSeenTimestamp", "softwareLastSeenTimestamp", "timestamp", "eventTimestamp"} {
			delete(row, time)
		}
		all = append(all, row)
	}
	return all
}

// keyOf returns the key of a row: its group and device, and what of them it is about.
func keyOf(row map[string]any) string {
	return fmt.Sprint(row["rbacGroupId"], row["deviceId"], row["configurationId"], row["softwareVendor"], row["softwareName"],
		row["softwareVersion"], row["cveId"])
}
