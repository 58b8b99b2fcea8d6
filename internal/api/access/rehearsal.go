package access

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/supervise"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/reports"
)

var rehearsesGroups = edge.Description{
	Summary: "Tells which devices new rules of RBAC groups would move, and changes nothing",
	Takes:   []edge.Payload{edge.JSONOf[control.GroupRules](0, "all rules, as for PUT /v1/groups")},
	Gives: []edge.Payload{edge.JSONOf[supervise.Rehearsal](http.StatusOK,
		"devices by where they are and where the next generation would place them")},
}

// rehearse is POST /v1/groups/rehearsal.
func (gs *groups) rehearse(w *edge.Response, r *edge.Request) error {
	rules, err := readRules(w, r)
	if err != nil {
		return err
	}
	all, err := gs.store.Groups(r.Context(), r.Caller.Organization)
	if err != nil {
		return err
	}
	moves, stay, err := gs.moves(r, all, rules)
	if err != nil {
		return err
	}
	return w.JSON(http.StatusOK, supervise.Rehearsal{Moves: moves, Stay: stay})
}

// devicesAtOnce is how many devices are read at once.
const devicesAtOnce = 1000

// moves counts the devices that new rules put into another group than the one where they are. Hidden devices are in
// none. A device that takes too much work stays where it is, as in a generation. stay counts the others.
func (gs *groups) moves(r *edge.Request, all []organization.Group, rules *rbac.Rules) (moves []supervise.Move,
	stay int64, err error) {
	names := map[int64]string{}
	for _, g := range all {
		names[g.ID] = g.Name
	}
	if len(rules.Names()) > 0 {
		names[0] = defender.GroupUnassigned
	}
	counted, after := map[supervise.Move]int64{}, ""
	for {
		some, err := gs.devices.ListDevices(r.Context(), r.Caller.Organization,
			reports.DeviceFilter{After: after, AllGroups: true}, devicesAtOnce)
		if err != nil {
			return nil, 0, err
		}
		for i := range some {
			d := &some[i]
			if d.Group == rbac.HiddenGroup {
				continue
			}
			if to, ok := placed(rules, d); ok && !strings.EqualFold(to, nameOf(names, d.Group)) {
				counted[supervise.Move{From: names[d.Group], To: cmp.Or(to, names[0])}]++
			} else {
				stay++
			}
		}
		if len(some) < devicesAtOnce {
			return sorted(counted), stay, nil
		}
		after = some[len(some)-1].ID
	}
}

// nameOf is the name of a group, as rules have it: empty for none.
func nameOf(names map[int64]string, group int64) string {
	if group == 0 {
		return ""
	}
	return names[group]
}

// placed returns the name of the group into which rules put a device; false if it stays where it is.
func placed(rules *rbac.Rules, d *reports.Device) (group string, ok bool) {
	if d.Rank == trust.ByScoped {
		return rules.GroupByID(d.ID, d.NamedGroup), true
	}
	group, err := rules.Group(d.Device, d.NamedGroup)
	return group, err == nil
}

// sorted lists moves, those of most devices first.
func sorted(counted map[supervise.Move]int64) []supervise.Move {
	all := []supervise.Move{}
	for m, n := range counted {
		m.Devices = n
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b supervise.Move) int {
		return cmp.Or(cmp.Compare(b.Devices, a.Devices), strings.Compare(a.From, b.From), strings.Compare(a.To, b.To))
	})
	return all
}
