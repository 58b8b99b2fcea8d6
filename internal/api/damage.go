package api

import (
	"context"
	"io/fs"
	"log/slog"
	"net/http"
	"os"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/damage"
	"github.com/muster-project/muster/internal/edge"
)

var (
	dryRun      = edge.TakesFlag("dryRun", "change nothing and report what would be done")
	giveUpFiles = edge.TakesFlag("giveUp",
		"give up files that cannot be repaired: older files are no longer kept, damaged ranges of the newest snapshot are made again")
	giveUpUnknown = edge.TakesFlag("giveUpUnknown",
		"give up the files of snapshots that the database does not know, after a backup of before was restored: they are removed, and numbers go on above theirs")
	copiesFrom = edge.TakesText("from", "a folder with copies of files; only for commands that work on a data folder")

	verifies = edge.Description{
		Summary: "Verifies every page and row of the database, every hash and count, and that changes lead from each snapshot to the next",
		Gives:   []edge.Payload{edge.JSONOf[control.Verification](http.StatusOK, "damage is in problems")},
	}
	repairs = edge.Description{
		Summary: "Repairs damaged files of snapshots",
		Query:   []edge.Parameter{dryRun, giveUpFiles, giveUpUnknown, copiesFrom},
		Gives:   []edge.Payload{edge.JSONOf[control.RepairReport](http.StatusOK, "what was done about each damaged file")},
	}
)

// verification verifies and repairs what is kept.
type verification struct {
	verifier *damage.Verifier
	repairer *damage.Repairer
	callers  *edge.Callers
}

// verify is POST /v1/verify: it verifies what is kept (design.md, laws 1 and 3).
func (v *verification) verify(w *edge.Response, r *edge.Request) error {
	found, err := v.verifier.Verify(r.Context(), r.Caller.Organization)
	if err != nil {
		return err
	}
	w.Note(slog.Int("problems", len(found.Problems)+found.More))
	return w.JSON(http.StatusOK, found)
}

// repair is POST /v1/repair. It continues if the client leaves.
func (v *verification) repair(w *edge.Response, r *edge.Request) error {
	how, err := v.repairing(r)
	if err != nil {
		return err
	}
	report, err := v.repairer.Repair(context.WithoutCancel(r.Context()), r.Caller.Organization, how)
	w.Note(slog.Int("repaired", len(report.Files)-report.Left), slog.Int("left", report.Left))
	if err != nil {
		return edge.FailedWork(err, edge.Refuse(http.StatusInternalServerError, defender.CodeInternalServerError,
			"the repair failed; what was repaired before stays repaired: "))
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
	if how.GiveUpUnknown, err = r.Query.Flag(giveUpUnknown); err != nil {
		return how, err
	}
	from := r.Query.Text(copiesFrom)
	if from == "" {
		return how, nil
	}
	if !v.callers.Local() { // the folder would be on the server's machine
		return how, edge.Invalid("the parameter from is only for commands that work on the data folder")
	}
	how.From = os.DirFS(from)
	if info, err := fs.Stat(how.From, "."); err != nil || !info.IsDir() {
		return how, edge.Invalid("the parameter from is %q, must be a folder: %v", edge.Clip(from), err)
	}
	return how, nil
}
