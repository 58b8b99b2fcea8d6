package console

import (
	"errors"
	"io"
	"sync"
	"syscall"
)

// errReaderGone: nobody reads the output any more, as after `muster device list | head`.
var errReaderGone = errors.New("nobody reads the output any more")

// output is a stream of the process. It remembers the first error, since most who print do not look:
// a full disk must not end with status 0.
type output struct {
	out io.Writer

	mu  sync.Mutex
	err error
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	n, err := o.out.Write(p)
	if err == nil {
		return n, nil
	}
	if errors.Is(err, syscall.EPIPE) {
		err = errReaderGone
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.err == nil {
		o.err = err
	}
	return n, err
}

// failure returns the first error.
func (o *output) failure() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}
