package pieces

import "context"

// ID names a piece. It should be a hash of everything that says which bytes the piece has.
type ID [32]byte

// Flight is a piece that somebody fetches, so that others who need it wait instead of fetching it,
// too.
type Flight struct {
	id   ID
	done chan struct{}
	data []byte
	err  error
}

// Wait waits for a piece that another caller fetches. The error is that of its fetching.
func (f *Flight) Wait(ctx context.Context) ([]byte, error) {
	select {
	case <-f.done:
		return f.data, f.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
