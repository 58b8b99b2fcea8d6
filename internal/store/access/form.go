package access

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/store/database"
)

// FormState is how far a form is that a browser has sent.
type FormState string

// A form has begun before what it asks for is tried, and stays so if nobody knows what came of it.
const (
	FormBegun   FormState = "begun"
	FormDone    FormState = "done"
	FormRefused FormState = "refused"
)

// SentForm is what came of a form.
type SentForm struct {
	State FormState
	// Told says it for people.
	Told string
	// Audit has the ids of the lines in the audit log, separated by spaces.
	Audit string
	// Leads is the address of the page that says so.
	Leads string
}

// maxForms is how many forms a session may send: it ends after hours, and they with it.
const maxForms = 10_000

// BeginForm notes that a session sends the form with a mark. Of several that send it at once, on any node, one begins
// it; the others get what is known of it. A form that was refused has changed nothing, and may begin again.
func (s Sessions) BeginForm(ctx context.Context, session [32]byte, mark string, now time.Time) (before SentForm,
	begun bool, err error) {
	err = s.db.Write(ctx, func(tx *sql.Tx) error {
		var n int64
		err := tx.QueryRowContext(ctx, `SELECT count(*) FROM sent_form WHERE session = $1`, session[:]).Scan(&n)
		if err == nil && n >= maxForms {
			err = fmt.Errorf("%w: a session sends at most %d forms: sign in again", database.ErrTooMany, maxForms)
		}
		if err != nil {
			return err
		}
		n, err = database.Affected(tx.ExecContext(ctx, `
			INSERT INTO sent_form (session, mark, state, told, audit, leads, begun) VALUES ($1, $2, 'begun', '', '', '', $3)
			ON CONFLICT (session, mark) DO UPDATE SET state = 'begun', told = '', audit = ''
			WHERE sent_form.state = 'refused'`, session[:], mark, database.Millis(now)))
		if begun = n == 1; begun || err != nil {
			return err
		}
		before, err = sentForm(tx.QueryContext(ctx, selectForm, session[:], mark))
		return err
	})
	if err != nil {
		return SentForm{}, false, fmt.Errorf("beginning a form: %w", err)
	}
	return before, begun, nil
}

const selectForm = `SELECT state, told, audit, leads FROM sent_form WHERE session = $1 AND mark = $2`

func sentForm(rows *sql.Rows, err error) (SentForm, error) {
	return database.CollectOne(rows, err, func(r *sql.Rows) (f SentForm, err error) {
		err = r.Scan(&f.State, &f.Told, &f.Audit, &f.Leads)
		return f, err
	})
}

// EndForm notes what came of a form. If the session has ended meanwhile, nobody will ask.
func (s Sessions) EndForm(ctx context.Context, session [32]byte, mark string, f SentForm) error {
	_, err := s.db.ExecAgain(ctx, `
		UPDATE sent_form SET state = $1, told = $2, audit = $3, leads = $4 WHERE session = $5 AND mark = $6`,
		string(f.State), f.Told, f.Audit, f.Leads, session[:], mark)
	if err != nil {
		return fmt.Errorf("ending a form: %w", err)
	}
	return nil
}

// Form returns what is known of a form that the session has sent; the zero SentForm if it has sent none with the mark.
func (s Sessions) Form(ctx context.Context, session [32]byte, mark string) (SentForm, error) {
	f, err := sentForm(s.db.Reader().QueryContext(ctx, selectForm, session[:], mark))
	if err != nil && !errors.Is(err, database.ErrNotFound) {
		return f, fmt.Errorf("reading a form: %w", err)
	}
	return f, nil
}
