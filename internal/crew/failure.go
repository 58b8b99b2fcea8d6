package crew

import (
	"errors"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
)

// Why attempts fail, as it is stored. Whoever conducts the generation turns it into an error again.
const (
	failedDamaged = "damaged"
	failedFull    = "full"
	failedOther   = "other"
	// maxFailure bounds the text of a failure, in bytes.
	maxFailure = 4 << 10
)

// FailureOf says why an attempt failed.
func FailureOf(err error) publication.Failure {
	f := publication.Failure{Kind: failedOther, Text: err.Error()}
	if len(f.Text) > maxFailure {
		f.Text = f.Text[:maxFailure]
	}
	switch {
	case errors.Is(err, blob.ErrDamaged):
		f.Kind = failedDamaged
	case database.IsFull(err):
		f.Kind = failedFull
	}
	return f
}

// failure is the error of an attempt that another process made.
type failure publication.Failure

// Err returns the error that a stored failure was made of, as far as callers tell errors apart.
func Err(f publication.Failure) error { return (*failure)(&f) }

func (f *failure) Error() string { return f.Text }

// Unwrap returns the error by which callers tell failures apart, nil if there is none.
func (f *failure) Unwrap() error {
	switch f.Kind {
	case failedDamaged:
		return blob.ErrDamaged
	case failedFull:
		return blob.ErrFull
	}
	return nil
}
