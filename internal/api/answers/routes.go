package answers

import (
	"net/http"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/listed"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/snapshot/cache"
)

// described describes a list.
func described(summary string, row edge.Payload, filters ...edge.Parameter) edge.Description {
	return edge.Description{Summary: summary, Query: append(filters, order, Pinned, skips, limit, after),
		Gives: []edge.Payload{row},
		Fails: []int{http.StatusNotFound, http.StatusConflict, http.StatusGone}}
}

var showsConfiguration = edge.Description{
	Summary: "A check of settings: its definition and remedy, the devices by outcome, and which devices fail",
	Query:   []edge.Parameter{verdict, device, group, tag, Pinned, limit, after},
	Gives:   []edge.Payload{edge.JSONOf[control.ConfigurationDetail](http.StatusOK, "the check, with a page of devices")},
	Fails:   []int{http.StatusNotFound, http.StatusConflict, http.StatusGone},
}

// Routes returns the routes of the lists.
func Routes(c Config) []edge.Route {
	ls := &lists{c, edge.NewGate(places, c.MaxWait), cache.New(maxKept)}
	if c.Ahead != nil {
		c.Ahead.lists.Store(ls)
	}
	get := func(name string, h edge.Handler, d edge.Description, more ...auth.Permission) edge.Route {
		return edge.At(name, "/v1/"+name, edge.Methods{
			http.MethodGet: edge.Needs(h, append(more, auth.ReadVulnerabilities, auth.Manage)...).As(d)})
	}
	const all = "all pages show one snapshot"
	return []edge.Route{
		get(control.ListOfFindings, ls.findings, described("CVEs in software, by risk",
			edge.JSONOf[control.FindingRows](http.StatusOK, all), append(filters(), details)...)),
		get(listed.Findings, singles{ls}.list, described("Findings one by one, by risk or by device",
			edge.JSONOf[listed.DeviceFindingRows](http.StatusOK, all), filters()...)),
		get(control.ListOfVulnerabilities, ls.listVulnerabilities, described("CVEs, by risk, each with its software",
			edge.JSONOf[control.VulnerabilityRows](http.StatusOK, all), append(filters(), details)...)),
		get(control.ListOfRecommendations, ls.recommendations, described("What to update first, by risk",
			edge.JSONOf[control.RecommendationRows](http.StatusOK, all), filters()...)),
		get(control.ListOfSoftware, ls.software, described("Software on devices, by risk",
			edge.JSONOf[control.SoftwareRows](http.StatusOK, all), filters()...),
			auth.ReadSoftware),
		get(control.ListOfDevices, ls.fleet, described("Devices of the newest snapshot, by risk",
			edge.JSONOf[control.FleetRows](http.StatusOK, all), append(filters(), state, reason, silent,
				fails)...)),
		get(control.ListOfAffected, ls.affected, edge.Description{Summary: "Devices with every finding that matches, by group and id",
			Query: append(filters(), Pinned, limit, after),
			Gives: []edge.Payload{edge.JSONOf[control.AffectedRows](http.StatusOK, all)},
			Fails: []int{http.StatusNotFound, http.StatusConflict, http.StatusGone}}),
		get(control.ListOfConfigurations, ls.configurations, described("Checks of settings, the failing ones of most impact first",
			edge.JSONOf[control.ConfigurationRows](http.StatusOK, all), append(checkFilters(), device, group, tag, text)...)),
		get(control.CallOfScores, ls.scores, edge.Description{Summary: "How much of what applies is configured as it should be",
			Query: []edge.Parameter{device, group, tag, history, Pinned},
			Gives: []edge.Payload{edge.JSONOf[control.Scores](http.StatusOK, "by category, group and snapshot")},
			Fails: []int{http.StatusNotFound, http.StatusConflict, http.StatusGone}}, auth.ReadScores),
		get(control.CallOfTrends, ls.trends, edge.Description{Summary: "Counts of snapshots over time, for 400 days",
			Query: []edge.Parameter{days, by, group, Pinned},
			Gives: []edge.Payload{edge.JSONOf[control.Trends](http.StatusOK, "the counts, and what changed since yesterday")},
			Fails: []int{http.StatusNotFound, http.StatusGone}}),
		get(listed.Changes, comparing{ls}.list, edge.Description{Summary: "What changed between two snapshots, the newest first",
			Query: append(changeFilters(), Pinned, skips, limit, after),
			Gives: []edge.Payload{edge.JSONOf[listed.ChangeRows](http.StatusOK, all)},
			Fails: []int{http.StatusNotFound, http.StatusConflict, http.StatusGone}}),
		edge.At("configuration", "/v1/configurations/{id}", edge.Methods{
			http.MethodGet: edge.Needs(ls.configuration, auth.ReadVulnerabilities,
				auth.Manage).As(showsConfiguration)}),
	}
}
