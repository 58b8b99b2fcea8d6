package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"golang.org/x/term"
)

// The program speaks to people by these rules:
//
//   - what was asked for goes to standard output, everything else to standard
//     error;
//   - one line says one thing: lower case, no full stop, "muster: error: …",
//     then, where there is something to do about it, "muster: hint: …";
//   - tables are for people, and may change; --json is for programs, and may not;
//   - what takes longer than two seconds shows how far it is, on a terminal only;
//   - whatever it prints can be seen: see visibleWriter.

// terminal is where the program speaks to people.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	// screen is the terminal behind err, where progress is shown; nil: none.
	screen io.Writer
}

// newTerminal makes the terminal of a program with these streams. The caller
// must close it.
func newTerminal(in io.Reader, out, err io.Writer) *terminal {
	t := &terminal{in: in, out: &visibleWriter{out: out}, err: &visibleWriter{out: err}}
	if file, ok := err.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		t.screen = err
	}
	return t
}

// close writes what is left.
func (t *terminal) close() {
	for _, stream := range []io.Writer{t.out, t.err} {
		stream.(*visibleWriter).close() // newTerminal has made them
	}
}

// complain says what ended the command.
func (t *terminal) complain(err error) {
	fmt.Fprintf(t.err, "muster: error: %s\n", paragraph(err.Error()))
	var advice *hintedError
	if errors.As(err, &advice) {
		fmt.Fprintf(t.err, "muster: hint: %s\n", paragraph(advice.hint))
	}
}

// warn says what the user should know, and does not end the command.
func (t *terminal) warn(format string, args ...any) {
	fmt.Fprintf(t.err, "muster: warning: %s\n", paragraph(fmt.Sprintf(format, args...)))
}

// paragraph sets off the further lines of a text, so that none of them looks
// like something the program says.
func paragraph(text string) string { return strings.ReplaceAll(text, "\n", "\n  ") }

// json prints a value for programs.
func (t *terminal) json(value any) error {
	encoder := json.NewEncoder(t.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// table prints rows below a heading, for people.
func (t *terminal) table(heading []string, rows [][]string) error {
	w := tabwriter.NewWriter(t.out, 0, 8, 2, ' ', 0)
	for _, row := range append([][]string{heading}, rows...) {
		cells := make([]string, len(row))
		for i, text := range row {
			cells[i] = inline(text) // here, for the width of columns
		}
		fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	}
	return w.Flush()
}

// progress shows on a terminal that something goes on, and how far it is.
type progress struct {
	out   io.Writer
	begun time.Time

	mu   sync.Mutex
	text string

	stop chan struct{}
	done chan struct{}
}

// Progress appears after progressDelay and moves every progressPeriod.
const (
	progressDelay  = 2 * time.Second
	progressPeriod = 500 * time.Millisecond
)

// begin starts to show progress. The caller must end it.
func (t *terminal) begin(text string) *progress {
	p := newProgress(t.screen, text)
	if t.screen == nil {
		close(p.done)
		return p
	}
	go p.show()
	return p
}

func newProgress(out io.Writer, text string) *progress {
	return &progress{out: out, text: text, begun: time.Now(), stop: make(chan struct{}), done: make(chan struct{})}
}

// say changes what is shown.
func (p *progress) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = fmt.Sprintf(format, args...)
}

// end removes what was shown.
func (p *progress) end() {
	close(p.stop)
	<-p.done
}

func (p *progress) show() {
	defer close(p.done)
	timer := time.NewTimer(progressDelay)
	defer timer.Stop()
	shown := false
	for {
		select {
		case <-p.stop:
			if shown {
				fmt.Fprint(p.out, "\r\x1b[K")
			}
			return
		case <-timer.C:
			p.mu.Lock()
			fmt.Fprintf(p.out, "\r\x1b[K%s … %s", inline(p.text), time.Since(p.begun).Round(time.Second))
			p.mu.Unlock()
			shown = true
			timer.Reset(progressPeriod)
		}
	}
}

// size writes a number of bytes for people.
func size(bytes int64) string {
	const kilo = 1000
	if bytes < kilo {
		return fmt.Sprintf("%d B", bytes)
	}
	value, unit := float64(bytes)/kilo, 0
	for value >= kilo && unit < len("kMGTPE")-1 {
		value /= kilo
		unit++
	}
	return fmt.Sprintf("%.1f %cB", value, "kMGTPE"[unit])
}
