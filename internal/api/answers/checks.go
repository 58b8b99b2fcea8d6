package answers

import (
	"cmp"
	"context"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/row"
)

// maxImpact is the greatest impact of a check.
const maxImpact = 10

// checkFilter says which checks a list is about.
type checkFilter struct {
	failing        bool
	minImpact      float64
	category, text string
	ids            map[string]bool // nil is any
}

// readCheckFilter reads the filters of checks. A platform is one that current checks are for: results of other tools
// have none.
func (ls *lists) readCheckFilter(of edge.Query, q *question) (f checkFilter, err error) {
	f.category, f.text = of.Text(category), q.filter.text
	if f.failing, err = of.Flag(failing); err != nil {
		return f, err
	}
	if value := of.Text(minImpact); value != "" {
		f.minImpact, err = strconv.ParseFloat(value, 64)
		if err != nil || !(f.minImpact >= 0 && f.minImpact <= maxImpact) { // so is not a number refused, too
			return f, edge.Invalid("minImpact is %q, must be a number from 0 to 10 such as 7", edge.Clip(value))
		}
	}
	if wanted := of.Text(platform); wanted != "" {
		f.ids, err = ls.checksFor(wanted, q)
	}
	return f, err
}

// checksFor returns the ids of the current checks for a platform.
func (ls *lists) checksFor(wanted string, q *question) (map[string]bool, error) {
	ids, known := map[string]bool{}, map[string]bool{}
	for _, d := range ls.Publisher.Benchmark(q.know.catalog).Definitions() {
		for _, name := range d.Platforms {
			if known[name] = true; strings.EqualFold(name, wanted) {
				ids[d.ID] = true
			}
		}
	}
	if len(ids) == 0 {
		return nil, edge.Invalid("platform is %q, must be one that checks are for: %s", edge.Clip(wanted),
			strings.Join(slices.Sorted(maps.Keys(known)), ", "))
	}
	return ids, nil
}

// matches reports whether a check is asked for.
func (f *checkFilter) matches(c *control.ConfigurationRow) bool {
	return (!f.failing || c.NonCompliant > 0) && c.Impact >= f.minImpact &&
		(f.category == "" || strings.EqualFold(c.Category, f.category) || strings.EqualFold(c.Subcategory, f.category)) &&
		(f.ids == nil || f.ids[c.ID]) &&
		strings.Contains(strings.ToLower(c.ID+" "+c.Name+" "+c.Category+" "+c.Subcategory), f.text)
}

// configurations is GET /v1/configurations.
func (ls *lists) configurations(w *edge.Response, r *edge.Request) error {
	q, leave, err := ls.ask(w, r, control.ListOfConfigurations)
	if err != nil {
		return err
	}
	defer leave()
	wanted, err := ls.readCheckFilter(r.Query, q)
	if err != nil {
		return err
	}
	by, err := checkOrders().of(r.Query)
	if err != nil {
		return err
	}
	all, err := q.checks(r.Context())
	if err != nil {
		return unavailable(err)
	}
	all = slices.DeleteFunc(all, func(c control.ConfigurationRow) bool { return !wanted.matches(&c) })
	slices.SortFunc(all, worstCheckFirst)
	all = by.sort(all)
	reply := control.ConfigurationRows{Rows: append([]control.ConfigurationRow{}, page(q, all)...)}
	if reply.ListHead, err = ls.head(q, len(reply.Rows), int64(len(all))); err != nil {
		return err
	}
	w.Note(slog.Int("rows", len(reply.Rows)))
	return w.JSON(http.StatusOK, reply)
}

// worstCheckFirst puts checks that fail first, then those of most impact.
func worstCheckFirst(a, b control.ConfigurationRow) int {
	return cmp.Or(cmp.Compare(min(1, b.NonCompliant), min(1, a.NonCompliant)), cmp.Compare(b.Impact, a.Impact),
		cmp.Compare(b.NonCompliant, a.NonCompliant), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Name, b.Name))
}

// checks counts the checks of the devices that are asked for.
func (q *question) checks(ctx context.Context) ([]control.ConfigurationRow, error) {
	found := map[row.Configuration]*control.ConfigurationRow{}
	count := func(c row.Configuration, compliant, failing, not int64) {
		if found[c] == nil {
			found[c] = &control.ConfigurationRow{ID: c.ID, Name: c.Name, Category: c.Category, Subcategory: c.Subcategory,
				Impact: c.Impact}
		}
		found[c].Compliant += compliant
		found[c].NonCompliant += failing
		found[c].NotApplicable += not
	}
	if q.devices == nil {
		known, err := q.view.Configurations(ctx)
		if err != nil {
			return nil, err
		}
		for _, c := range known {
			count(c.Configuration, c.Compliant, c.NonCompliant, c.NotApplicable)
		}
	}
	err := q.settings(ctx, func(_ *answer.Device, settings []answer.Setting) {
		for _, s := range settings {
			switch {
			case !s.Applicable:
				count(s.Configuration, 0, 0, 1)
			case s.Compliant:
				count(s.Configuration, 1, 0, 0)
			default:
				count(s.Configuration, 0, 1, 0)
			}
		}
	})
	if err != nil {
		return nil, err
	}
	all := make([]control.ConfigurationRow, 0, len(found))
	for _, one := range found {
		all = append(all, *one)
	}
	return all, nil
}

// settings calls yield with the settings of each device that device or tag select. A device is looked up in its own
// group: elsewhere are other ranges that could have its id.
func (q *question) settings(ctx context.Context, yield func(*answer.Device, []answer.Setting)) error {
	for i := range q.devices {
		settings, err := q.view.Only(q.devices[i].Group).Settings(ctx, q.devices[i].ID)
		if err != nil {
			return err
		}
		yield(&q.devices[i], settings)
	}
	return nil
}

// checkOrders are those of configurations.
func checkOrders() orders[control.ConfigurationRow] {
	type check = control.ConfigurationRow
	return orders[check]{
		"configurationId":       func(c check) key { return key{text: c.ID} },
		"configurationName":     func(c check) key { return lower(c.Name) },
		"configurationCategory": func(c check) key { return lower(c.Category + " " + c.Subcategory) },
		"configurationImpact":   func(c check) key { return number(c.Impact) },
		"nonCompliantDevices":   func(c check) key { return number(c.NonCompliant) },
		"compliantDevices":      func(c check) key { return number(c.Compliant) },
	}
}
