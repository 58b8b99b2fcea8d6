package auth_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/reports"
)

// fleet has devices report with clocks at a time, and checks the server's clock.
func (l *lab) fleet(said time.Time) {
	l.Helper()
	for i := range 3 {
		in := reports.Incoming{Device: inventory.Device{Name: fmt.Sprint("device ", i)}, Source: "test", Said: said}
		_, err := l.store.Reports.Receive(l.Context(), org, trust.Sender{Role: trust.Manager},
			[]reports.Incoming{in}, l.clock())
		l.must(err)
	}
	_, err := l.store.Clock.Watch(l.Context(), org, l.clock(), false)
	l.must(err)
}

// signers returns the ids of the keys that sign or still check.
func (l *lab) signers() string {
	l.Helper()
	all, err := l.store.Access.SigningKeys(l.Context())
	l.must(err)
	var ids []string
	for _, k := range all {
		ids = append(ids, k.ID)
	}
	return fmt.Sprint(ids)
}

func TestAClockAYearAheadRotatesAndForgetsNoKey(t *testing.T) {
	l := newLab(t)
	l.fleet(l.clock())
	if _, err := l.keys.Rotate(t.Context(), auth.Pages); err != nil {
		t.Fatal(err)
	}
	before := l.signers()
	l.sleep(365 * 24 * time.Hour)
	l.must(l.keys.Maintain(t.Context()))
	l.keyring()
	if after := l.signers(); after != before {
		t.Errorf("keys are %s, were %s", after, before)
	}
	l.fleet(l.clock()) // in doubt; devices agree from now on
	l.fleet(l.clock())
	l.must(l.keys.Maintain(t.Context()))
	if after := l.signers(); after == before {
		t.Error("no key was replaced though the clock is right")
	}
}

// A key that was made by a clock that was ahead would sign for more than a year.
func TestAKeyFromTheFutureIsReplaced(t *testing.T) {
	l := newLab(t)
	l.sleep(365 * 24 * time.Hour) // without devices nothing contradicts the clock
	l.must(l.keys.Maintain(t.Context()))
	id, _ := l.keys.Signer()
	l.sleep(-365 * 24 * time.Hour)
	l.must(l.keys.Maintain(t.Context()))
	now, _ := l.keys.Signer()
	if now == id {
		t.Error("not replaced")
	}
	l.must(l.keys.Maintain(t.Context()))
	if again, _ := l.keys.Signer(); again != now {
		t.Error("replaced twice")
	}
}

// A key that retires while the clock is a year behind still checks for its full time.
func TestAKeyThatRetiresInDoubtIsNotOldAfterwards(t *testing.T) {
	l := newLab(t)
	l.fleet(l.clock())
	l.sleep(-365 * 24 * time.Hour)
	if _, err := l.keys.Rotate(t.Context(), auth.Links); err != nil {
		t.Fatal(err)
	}
	l.sleep(365 * 24 * time.Hour)
	l.must(l.keys.Maintain(t.Context()))
	if _, all := l.keys.Secrets(auth.Links); len(all) != 2 {
		t.Errorf("%d keys, want the new and the old one", len(all))
	}
}
