package publication

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// Pinning is the transaction in which a generation begins, for use inside
// Begin's callback only. Reports wait for it.
type Pinning struct {
	ctx    context.Context
	tx     *sql.Tx
	org    string
	number int64
	begun  time.Time
	// request is the one that the generation answers.
	request string
}

// Number is the number of the generation that begins.
func (p *Pinning) Number() int64 { return p.number }

// Begun is the time of the generation that begins.
func (p *Pinning) Begun() time.Time { return p.begun }

// Terms are what a generation begins with.
type Terms struct {
	// Pin is JSON of what the snapshot is made from, as far as it is known before
	// devices are placed.
	Pin []byte
	// ForgetBefore and HideBefore say what Plan does with devices that are
	// silent: those received last before the first are removed with their
	// documents, others received last before the second go to rbac.HiddenGroup. All
	// others go to the group they are wanted in, by the organization's rules of the
	// moment in which the generation begins. A device received later than now is
	// not silent: nobody knows how long it has been.
	ForgetBefore, HideBefore time.Time
	// Keeping removes and hides nobody: devices that are silent and not hidden yet
	// stay where they are.
	Keeping bool
}

// storedTerms are what is stored of Terms until devices are placed.
type storedTerms struct {
	Forget  int64 `json:"forget"`
	Hide    int64 `json:"hide"`
	Keeping bool  `json:"keeping,omitempty"`
}

func (t *Terms) encode() (string, error) {
	text, err := json.Marshal(storedTerms{database.Millis(t.ForgetBefore), database.Millis(t.HideBefore), t.Keeping})
	if err != nil {
		return "", fmt.Errorf("writing the terms of placing: %w", err)
	}
	return string(text), nil
}

func decodeTerms(text string) (t storedTerms, err error) {
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return t, fmt.Errorf("stored terms of placing: %w", err)
	}
	return t, nil
}

// GroupNames returns the names of all groups that the organization ever had, by
// the rules that count now, as a generation pins them.
func (p *Pinning) GroupNames() (map[int64]string, error) {
	names, err := organization.GroupNamesInForce(p.ctx, p.tx, p.org)
	if err != nil {
		return nil, fmt.Errorf("reading the names of groups: %w", err)
	}
	return names, nil
}
