package connect

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// Opener returns a function that opens a file, as often as needed. It reads standard input
// to its end first.
func Opener(t *console.Terminal, name string) (func() (io.ReadCloser, error), error) {
	if name != "-" {
		return func() (io.ReadCloser, error) {
			file, err := os.Open(name)
			return file, console.AsNamed(err)
		}, nil
	}
	text, err := io.ReadAll(io.LimitReader(t.In, control.MaxBody+1))
	if err == nil && len(text) > control.MaxBody {
		err = fmt.Errorf("%w: more than %d bytes", control.ErrInput, control.MaxBody)
	}
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }, err
}
