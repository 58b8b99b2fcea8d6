package publication

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/exception"
	"github.com/muster-project/muster/internal/store/organization"
)

// Pinning is the transaction in which a generation begins, for use inside Begin's callback only.
// Reports wait for it.
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

// Terms are the terms on which a generation begins.
type Terms struct {
	// Pin is JSON of everything the snapshot is made from that is known before devices are placed.
	Pin []byte
	// ForgetBefore and HideBefore say what Plan does with silent devices. Those received last
	// before ForgetBefore are removed with their documents; others received last before HideBefore
	// go to rbac.HiddenGroup. All others go to their wanted groups, by the organization's rules
	// when the generation begins. A device received later than now is not silent: how long it has
	// been is not known.
	ForgetBefore, HideBefore time.Time
	// Keeping removes and hides no device: silent devices that are not hidden yet stay where they
	// are.
	Keeping bool
}

// storedTerms is the stored form of Terms, kept until devices are placed.
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

// GroupNames returns the names of all groups that the organization ever had, by the current rules,
// as a generation pins them.
func (p *Pinning) GroupNames() (map[int64]string, error) {
	names, err := organization.GroupNamesInForce(p.ctx, p.tx, p.org)
	if err != nil {
		return nil, fmt.Errorf("reading the names of groups: %w", err)
	}
	return names, nil
}

// Exceptions returns the newest edition of the organization's exceptions.
func (p *Pinning) Exceptions() (int64, error) {
	edition, err := exception.Newest(p.ctx, p.tx, p.org)
	if err != nil {
		return 0, fmt.Errorf("reading the edition of exceptions: %w", err)
	}
	return edition, nil
}
