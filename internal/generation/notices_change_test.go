package generation_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/notify"
	"github.com/muster-project/muster/internal/store/notified"
)

// A rule that is changed while notices are made, or sent, holds for all that is sent afterwards: nothing that it does
// not tell goes out, and nothing that it tells is missing.
func TestRulesThatChangeMeanwhile(t *testing.T) {
	l := newLab(t)
	l.report(host(1, "90.0"))
	l.publish()
	set := func(severities []string, events ...notice.Event) {
		t.Helper()
		r := &notified.Rule{Rule: notice.Rule{Name: "a", Events: events, Severities: severities}, Sealed: []byte("{}")}
		if err := l.store.Notified.SetRule(l.ctx, org, r, l.now); err != nil {
			t.Fatal(err)
		}
	}
	var changes func(step string)
	var sent []notice.Notice
	n := notify.New(notify.Config{Store: l.store, Answers: answer.New(l.files), Library: l.library,
		Manifest: l.publisher.Manifest, Clock: func() time.Time { return l.now }, Log: slog.New(slog.DiscardHandler),
		Open: func(_, _ string, sealed []byte) ([]byte, error) { return sealed, nil },
		Send: func(_ context.Context, _ *notice.Destination, d *notice.Delivery) error {
			sent = append(sent, d.Notices...)
			return nil
		},
		Trace: func(step string) error {
			changes(step)
			return nil
		}})
	round := func() {
		t.Helper()
		if err := n.Round(l.ctx); err != nil {
			t.Fatal(err)
		}
	}
	history := func(state notified.State) int {
		t.Helper()
		all, err := l.store.Notified.History(l.ctx, org, notified.Filter{State: state}, 100)
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}

	set([]string{"Low"}, notice.Finding)
	l.later(time.Hour)
	l.learn(weaknesses[:4]...)
	l.publish()
	changes = func(step string) {
		if step == "store" { // what was made by the rule tells nothing
			changes = func(string) {}
			set(nil, notice.Finding)
		}
	}
	round()
	if len(sent) > 0 || history(notified.Waiting) > 0 {
		t.Fatalf("by the rule as it was: %d sent", len(sent))
	}
	changes = func(step string) {
		if step == "send" { // the first is on its way
			changes = func(string) {}
			set(nil, notice.Feed)
		}
	}
	round()
	round()
	failed := history(notified.Failed)
	if len(sent) != 1 || failed < 1 || history(notified.Waiting) > 0 || history(notified.Sent) != 1 {
		t.Errorf("%d were sent, %d failed, %d wait", len(sent), failed, history(notified.Waiting))
	}
}
