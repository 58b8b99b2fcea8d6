package console

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"github.com/muster-project/muster/internal/plain"
)

// Terminal holds the streams of a program and prints messages for people.
type Terminal struct {
	In       io.Reader
	Out, Err io.Writer
	// Version is the program's.
	Version string
	// program is the name with which messages begin.
	program string
	// raw is the stream behind Out, bytes as they are.
	raw *output
	// shows: Out is a terminal.
	shows bool
	// screen is the terminal behind Err, which shows progress; nil if there is none.
	screen io.Writer
}

// NewTerminal returns the terminal of a program with these streams. The caller
// must close it.
func NewTerminal(program string, in io.Reader, out, err io.Writer) *Terminal {
	raw := &output{out: out}
	t := &Terminal{In: in, Out: plain.NewWriter(raw), Err: plain.NewWriter(err), program: program, raw: raw}
	t.shows = isTerminal(out)
	if isTerminal(err) {
		t.screen = err
	}
	return t
}

// isTerminal tells whether a stream is a terminal.
func isTerminal(stream any) bool {
	file, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// Data is the output for bytes that people do not read, such as a compressed file. It is Out if that is
// a terminal.
func (t *Terminal) Data() io.Writer {
	if t.shows {
		return t.Out
	}
	return t.raw
}

// Note tells something beside the output, such as what was written to a file that may be the output.
func (t *Terminal) Note(format string, args ...any) {
	fmt.Fprintf(t.Err, "%s: %s\n", t.program, paragraph(fmt.Sprintf(format, args...)))
}

// Prompt asks for a line at the terminal; hidden does not show what is typed. ok is false if nobody can be
// asked, because the input is no terminal.
func (t *Terminal) Prompt(what string, hidden bool) (text string, ok bool, err error) {
	if !isTerminal(t.In) || t.screen == nil {
		return "", false, nil
	}
	fmt.Fprintf(t.Err, "%s: ", what)
	if hidden {
		typed, err := term.ReadPassword(int(t.In.(*os.File).Fd())) // isTerminal: it is a file
		fmt.Fprintln(t.Err)
		return strings.TrimSpace(string(typed)), true, err
	}
	text, err = readLine(t.In)
	return strings.TrimSpace(text), true, err
}

// readLine reads up to the end of a line, and nothing behind it.
func readLine(in io.Reader) (string, error) {
	var line []byte
	for one := make([]byte, 1); ; {
		n, err := in.Read(one)
		if n > 0 && one[0] == '\n' {
			return string(line), nil
		}
		line = append(line, one[:n]...)
		if err != nil {
			return string(line), err
		}
	}
}

// Close writes what is still buffered.
func (t *Terminal) Close() {
	for _, stream := range []io.Writer{t.Out, t.Err} {
		stream.(*plain.Writer).Flush() // NewTerminal made them
	}
}

// Complain prints the error that ended the command.
func (t *Terminal) Complain(err error) {
	fmt.Fprintf(t.Err, "%s: error: %s\n", t.program, paragraph(err.Error()))
	if hint := plain.Hint(err); hint != "" {
		fmt.Fprintf(t.Err, "%s: hint: %s\n", t.program, paragraph(hint))
	}
}

// Warn prints a warning.
func (t *Terminal) Warn(format string, args ...any) {
	fmt.Fprintf(t.Err, "%s: warning: %s\n", t.program, paragraph(fmt.Sprintf(format, args...)))
}

// paragraph indents the further lines of a text, so that none of them looks like a message
// of the program.
func paragraph(text string) string { return strings.ReplaceAll(text, "\n", "\n  ") }

// JSON prints a value for programs.
func (t *Terminal) JSON(value any) error {
	encoder := json.NewEncoder(t.Out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// Table prints rows below a heading, for people.
func (t *Terminal) Table(heading []string, rows [][]string) error {
	w := tabwriter.NewWriter(t.Out, 0, 8, 2, ' ', 0)
	for _, row := range append([][]string{heading}, rows...) {
		cells := make([]string, len(row))
		for i, text := range row {
			cells[i] = plain.Inline(text) // before the width of columns is computed
		}
		fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	}
	return w.Flush()
}

// Progress shows on a terminal what is going on, and how far it is.
type Progress struct {
	out   io.Writer
	begun time.Time

	mu   sync.Mutex
	text string

	stop chan struct{}
	done chan struct{}
}

// It appears after progressDelay and moves every progressPeriod.
const (
	progressDelay  = 2 * time.Second
	progressPeriod = 500 * time.Millisecond
)

// Begin starts showing progress. The caller must call End.
func (t *Terminal) Begin(text string) *Progress {
	p := newProgress(t.screen, text)
	if t.screen == nil {
		close(p.done)
		return p
	}
	go p.show()
	return p
}

func newProgress(out io.Writer, text string) *Progress {
	return &Progress{out: out, text: text, begun: time.Now(), stop: make(chan struct{}), done: make(chan struct{})}
}

// Seen tells whether there is a terminal to show it on.
func (p *Progress) Seen() bool { return p.out != nil }

// Say changes the text.
func (p *Progress) Say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text = fmt.Sprintf(format, args...)
}

// End stops showing progress and clears the line.
func (p *Progress) End() {
	close(p.stop)
	<-p.done
}

func (p *Progress) show() {
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
			fmt.Fprintf(p.out, "\r\x1b[K%s … %s", plain.Inline(p.text), time.Since(p.begun).Round(time.Second))
			p.mu.Unlock()
			shown = true
			timer.Reset(progressPeriod)
		}
	}
}

// Size formats a number of bytes for people.
func Size(bytes int64) string {
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

// Instant formats a time for people.
func Instant(at time.Time) string { return at.UTC().Format(time.RFC3339) }

// InstantOrEmpty formats a time for people; nil is "".
func InstantOrEmpty(at *time.Time) string {
	if at == nil {
		return ""
	}
	return Instant(*at)
}
