package access

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
)

// idBytes is how many bytes of a session's hash are its id.
const idBytes = 16

// ID names the session to people: a part of its hash, of which nobody makes the secret.
func (s *Session) ID() string { return hex.EncodeToString(s.Hash[:idBytes]) }

// List returns the sessions of an organization that have not ended, or those of a client or person, the one that was
// used last first. before is when sessions were used last that have ended for want of use.
func (s Sessions) List(ctx context.Context, organization, client string, now, before time.Time) ([]Session, error) {
	rows, err := s.db.Reader().QueryContext(ctx, selectSession+`
		WHERE organization = $1 AND (client = $2 OR $3 = '') AND expires > $4 AND used > $5
		ORDER BY used DESC, begun DESC, hash`, organization, client, client, database.Millis(now), database.Millis(before))
	all, err := database.Collect(rows, err, scanSession)
	if err != nil {
		return nil, fmt.Errorf("listing sessions: %w", err)
	}
	return all, nil
}

// EndOne ends the session with an id, of an organization or of a client or person in it. The error is ErrNotFound if
// there is none.
func (s Sessions) EndOne(ctx context.Context, organization, client, id string) error {
	part, err := hex.DecodeString(id)
	if err != nil || len(part) != idBytes {
		return fmt.Errorf("ending a session: %w", database.ErrNotFound)
	}
	gone, err := s.db.Exec(ctx, `
		DELETE FROM browser_session WHERE organization = $1 AND (client = $2 OR $3 = '') AND substr(hash, 1, 16) = $4`,
		organization, client, client, part)
	if err == nil && gone == 0 {
		err = database.ErrNotFound
	}
	if err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	return nil
}
