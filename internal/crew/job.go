package crew

import (
	"context"
	"database/sql"
	"errors"
)

// Job is some ranges of a planned generation, which are made together.
type Job struct {
	Organization string `json:"organization"`
	Generation   int64  `json:"generation"`
	// Ranges are the numbers of the ranges in the generation's plan, ascending.
	Ranges []int `json:"ranges"`
}

// Errors of making a job.
var (
	// ErrBusy: another process is making ranges of the job. If it does not complete them, they are
	// offered again.
	ErrBusy = errors.New("another process is making the range")
	// ErrUnable: this process cannot make the generation, but another one may.
	ErrUnable = errors.New("this process cannot make the generation")
)

// Crew gets jobs to those who make them.
type Crew interface {
	// Offer offers jobs, all of one generation, in a transaction of the store. They may begin once
	// it is committed; offered, if not nil, must be called then. A job that was offered before and
	// has not begun need not be offered again.
	Offer(ctx context.Context, tx *sql.Tx, jobs []Job) (offered func(), err error)
}
