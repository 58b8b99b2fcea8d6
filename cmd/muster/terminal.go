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
//   - what takes longer than two seconds shows how far it is, on a terminal only.

// terminal is where the program speaks to people.
type terminal struct {
	in       io.Reader
	out, err io.Writer
}

// complain says what ended the command.
func (t *terminal) complain(err error) {
	fmt.Fprintf(t.err, "muster: error: %s\n", plain(err.Error()))
	var advice *hintedError
	if errors.As(err, &advice) {
		fmt.Fprintf(t.err, "muster: hint: %s\n", plain(advice.hint))
	}
}

// warn says what the user should know, and does not end the command.
func (t *terminal) warn(format string, args ...any) {
	fmt.Fprintf(t.err, "muster: warning: %s\n", plain(fmt.Sprintf(format, args...)))
}

// plain replaces what would steer a terminal: text may come from outside.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return '\uFFFD'
		}
		return r
	}, text)
}

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
		line := strings.Join(row, "\t")
		fmt.Fprintln(w, plain(strings.TrimRight(line, "\t")))
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
	p := newProgress(t.err, text)
	file, ok := t.err.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
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
			fmt.Fprintf(p.out, "\r\x1b[K%s … %s", plain(p.text), time.Since(p.begun).Round(time.Second))
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
