package api

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"os"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/damage"
	"github.com/muster-project/muster/internal/edge"
)

var (
	dryRun      = edge.TakesFlag("dryRun", "changes nothing, and says what would be done")
	giveUpFiles = edge.TakesFlag("giveUp", "lets go of what cannot be repaired: older files are not kept any more, damaged ranges of the newest snapshot begin anew")
	copiesFrom  = edge.TakesText("from", "a folder with copies of files; for commands that work on a data folder, not for servers")

	verifies = edge.Description{
		Summary: "Proves every page and row of the database, every hash, every count, and that changes lead from each snapshot to the next",
		Gives:   []edge.Payload{edge.JSONOf[control.Verification](http.StatusOK, "damage is in problems")},
	}
	repairs = edge.Description{
		Summary: "Repairs damaged files of snapshots",
		Query:   []edge.Parameter{dryRun, giveUpFiles, copiesFrom},
		Gives:   []edge.Payload{edge.JSONOf[control.RepairReport](http.StatusOK, "what was done about each damaged file")},
	}
)

// verification proves what is kept, and repairs it.
type verification struct {
	verifier *damage.Verifier
	repairer *damage.Repairer
	callers  *edge.Callers
}

// verify is POST /v1/verify: proves what is kept (design.md, law 1 and 3).
func (v *verification) verify(w *edge.Response, r *edge.Request) error {
	found, err := v.verifier.Verify(r.Context(), r.Caller.Organization)
	if err != nil {
		return err
	}
	w.Note(slog.Int("problems", len(found.Problems)+found.More))
	return w.JSON(http.StatusOK, found)
}

// repair is POST /v1/repair. It goes on when the client leaves.
func (v *verification) repair(w *edge.Response, r *edge.Request) error {
	how, err := v.repairing(r)
	if err != nil {
		return err
	}
	report, err := v.repairer.Repair(context.WithoutCancel(r.Context()), r.Caller.Organization, how)
	w.Note(slog.Int("repaired", len(report.Files)-report.Left), slog.Int("left", report.Left))
	if err != nil {
		return edge.FailedWork(err, edge.Refuse(http.StatusInternalServerError, defender.CodeInternalServerError, "the repair failed, and what was repaired before that stays: "))
	}
	return w.JSON(http.StatusOK, report)
}

func (v *verification) repairing(r *edge.Request) (how damage.Repairing, err error) {
	if how.Dry, err = r.Query.Flag(dryRun); err != nil {
		return how, err
	}
	if how.GiveUp, err = r.Query.Flag(giveUpFiles); err != nil {
		return how, err
	}
	from := r.Query.Text(copiesFrom)
	if from == "" {
		return how, nil
	}
	if !v.callers.Local() { // it would be a folder of the server's machine
		return how, edge.Invalid("the parameter from is for commands that work on the data folder itself")
	}
	how.From = os.DirFS(from)
	if info, err := fs.Stat(how.From, "."); err != nil || !info.IsDir() {
		return how, edge.Invalid("the parameter from is %q, must be a folder: %v", edge.Clip(from), err)
	}
	return how, nil
}

// verified tells what was found when everything was verified last.
type verified struct{ verifier *damage.Verifier }

func (verified) descriptions() (problems, when *prometheus.Desc) {
	return prometheus.NewDesc("muster_verify_problems",
			"Problems that were found when everything was verified last; the database and intelligence have no organization.", []string{"organization"}, nil),
		prometheus.NewDesc("muster_verify_timestamp_seconds", "When everything was verified last.", nil, nil)
}

// Describe implements prometheus.Collector.
func (v verified) Describe(out chan<- *prometheus.Desc) {
	problems, when := v.descriptions()
	out <- problems
	out <- when
}

// Collect implements prometheus.Collector. Before the first time there is
// nothing to tell.
func (v verified) Collect(out chan<- prometheus.Metric) {
	problems, when := v.descriptions()
	found := v.verifier.Verified()
	for organization, n := range found.Problems {
		out <- prometheus.MustNewConstMetric(problems, prometheus.GaugeValue, float64(n), organization)
	}
	if !found.Time.IsZero() {
		out <- prometheus.MustNewConstMetric(when, prometheus.GaugeValue, float64(found.Time.Unix()))
	}
}
