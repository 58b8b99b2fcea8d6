package library

import (
	"context"
	"io"
)

// untilDone is a reader or writer that fails once a context has ended, so that copying and hashing
// gigabytes end with it.
type untilDone struct {
	ctx context.Context
	in  io.Reader
	out io.Writer
}

// Read reads from in.
func (u untilDone) Read(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.in.Read(p)
}

// Write writes to out.
func (u untilDone) Write(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.out.Write(p)
}
