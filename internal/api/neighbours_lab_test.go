package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/intel/library"
	known "github.com/muster-project/muster/internal/intel/sample"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/fleet"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/receive"
)

// neighbourhood is a lab with a fleet of every system, in three RBAC groups and in none, that was assessed
// with the sample of real intelligence.
type neighbourhood struct {
	*lab
	fleet fleet.Fleet
}

func newNeighbourhood(t testing.TB, devices int, change ...func(*api.Config)) *neighbourhood {
	t.Helper()
	n := &neighbourhood{lab: newLab(t, change...)}
	n.fleet = fleet.Fleet{Seed: 7, Devices: devices, Begun: n.clock().Add(-time.Hour), Interval: time.Hour, Changing: 0.2}
	n.groups([]rbac.Rule{{Group: "Servers", Platform: "WindowsServer*"}, {Group: "Linux", Platform: "Linux"},
		{Group: "Macs", Platform: "macOS"}})
	n.learn()
	n.step(0)
	return n
}

// groups sets the rules of RBAC groups.
func (n *neighbourhood) groups(rules []rbac.Rule) {
	n.Helper()
	made, err := rbac.New(nil, rules)
	if err == nil {
		_, err = n.store.Organizations.SetRules(n.Context(), org, made)
	}
	if err != nil {
		n.Fatal(err)
	}
}

// learn imports the sample.
func (n *neighbourhood) learn() {
	n.Helper()
	var all []library.Import
	for _, f := range known.Feeds() {
		all = append(all, library.Import{Kind: f.Kind, Name: f.Name, Files: library.FilesOf(f.Files)})
	}
	_, build, err := n.library.Import(n.Context(), all...)
	if err == nil {
		_, err = n.library.Wait(n.Context(), build)
	}
	if err != nil {
		n.Fatal(err)
	}
}

// score imports a list of EPSS, as FIRST publishes it, as the feed of its day.
func (n *neighbourhood) score(day string, scores map[string]float64) {
	n.Helper()
	var list strings.Builder
	fmt.Fprintf(&list, "#model_version:v2026.06.15,score_date:%sT00:00:00Z\ncve,epss,percentile\n", day)
	for _, id := range slices.Sorted(maps.Keys(scores)) {
		fmt.Fprintf(&list, "%s,%v,0.5\n", id, scores[id])
	}
	r := n.put("/v1/feeds/epss/of-"+day+"?file=epss.csv", list.String())
	var feeds feedList
	n.decode(r, http.StatusOK, &feeds)
	if b := n.built(feeds); b.State != "built" {
		n.Fatalf("%+v", b)
	}
}

// step lets all devices report what they have at a step, and publishes.
func (n *neighbourhood) step(step int) {
	n.Helper()
	n.receiveAll(func(yield func(*inventory.Report, error) bool) {
		for r := range n.fleet.All(step) {
			if !yield(r, nil) {
				return
			}
		}
	})
	n.publish()
	n.advance(time.Minute)
}

func (n *neighbourhood) receiveAll(reports func(func(*inventory.Report, error) bool)) {
	n.Helper()
	if _, err := n.receiver.Receive(n.Context(),
		receive.Sending{Organization: org, Sender: trust.Sender{Role: trust.Manager}}, reports); err != nil {
		n.Fatal(err)
	}
}

// every reads a list to its end by nextLinks.
func every[T any](l *lab, path string) (all []T) {
	l.Helper()
	rows, _ := l.pull(l.server.URL + path)
	return decoded[T](l, rows)
}

// decoded decodes rows.
func decoded[T any](l *lab, rows []string) (all []T) {
	l.Helper()
	if err := json.Unmarshal([]byte("["+strings.Join(rows, ",")+"]"), &all); err != nil {
		l.Fatal(err)
	}
	return all
}

// single reads one object.
func single[T any](l *lab, path string) (one T) {
	l.Helper()
	l.decode(l.get(path), http.StatusOK, &one)
	return one
}

// exported reads an export.
func exported[T any](l *lab, call string) []T {
	l.Helper()
	return every[T](l, "/api/machines/"+call)
}

// exportedFindings are the rows of findings by device.
func (n *neighbourhood) exportedFindings() map[string][]defender.AssetVulnerability {
	n.Helper()
	by := map[string][]defender.AssetVulnerability{}
	for _, row := range exported[defender.AssetVulnerability](n.lab, "SoftwareVulnerabilitiesByMachine") {
		by[row.DeviceID] = append(by[row.DeviceID], row)
	}
	return by
}
