package connect

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory/archive"
)

// DocumentOpener is Opener for a document, which may lie in a zip archive: then it opens that one.
func DocumentOpener(t *console.Terminal, name string) (func() (io.ReadCloser, error), error) {
	open, err := Opener(t, name)
	if err != nil {
		return nil, err
	}
	file, err := open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	buffered := bufio.NewReader(file)
	if head, _ := buffered.Peek(4); !archive.IsZip(head) { // a file that is too short is none
		return open, nil
	}
	packed, err := io.ReadAll(io.LimitReader(buffered, control.MaxBody+1))
	if err == nil && len(packed) > control.MaxBody {
		err = fmt.Errorf("more than %d bytes", control.MaxBody)
	}
	var text []byte
	if err == nil {
		text, err = archive.Unzip(packed, control.MaxBody)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: %w", control.ErrInput, err)
	}
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text)), nil }, nil
}

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
