package answers

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// Export is `muster export`.
type Export struct {
	Dataset string `arg:"" enum:"vulnerabilities,software,configurations,no-product-code" help:"What to export: vulnerabilities, software, configurations or no-product-code."`
	File    string `arg:"" help:"File to write, or - for standard output. A name that ends with .gz is compressed."`
	Since   string `placeholder:"TIME" help:"Only changes after this time, such as 2026-11-23T22:52:07Z, 2026-11-23 or 24h."`
	Pages   bool   `help:"Pull JSON pages instead of files: rows as pages have them, with null where nothing is known."`
	Gzip    bool   `help:"Compress also standard output or a file of another name."`
	connect.Flags
}

// Help is the long part of the command's help.
func (Export) Help() string {
	return `Downloads an export of the newest snapshot as JSON lines, one row a line, as files of the API have them. A file has its name only when it is complete: every part arrived whole, and the number of rows is that of the snapshot. If the connection breaks, the download goes on where it broke.

With --since it exports changes: rows that are New, Fixed or Updated since then, up to 14 days back. What is printed at the end tells the time for the next --since.

Examples:

    muster export vulnerabilities findings.json.gz --server http://127.0.0.1:8800
    muster export software - --data muster-data | jq -r .SoftwareName | sort | uniq -c
    muster export vulnerabilities changes.json --since 24h
    muster export configurations - --since 24h | jq -r 'select(.PreviousIsCompliant) | .DeviceName'

Exit statuses: 0 complete, 1 failed or incomplete, 2 wrong usage, 3 data folder in use, 5 not allowed, or no snapshot that old, 6 server not reached, 141 nobody reads the output any more.`
}

// Run exports.
func (c *Export) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	since, err := sinceTime(c.Since, time.Now())
	if err != nil {
		return err
	}
	call, err := exportCall(c.Dataset, !since.IsZero(), !c.Pages)
	if err != nil {
		return err
	}
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		to, err := c.create(t)
		if err != nil {
			return err
		}
		p := &pull{call: call, since: since, to: to, shown: t.Begin("exporting " + c.Dataset)}
		if c.Pages {
			err = p.pages(ctx, s.Session)
		} else {
			err = p.files(ctx, s.Session)
		}
		p.shown.End()
		if err = to.end(err); err != nil {
			return fmt.Errorf("exporting %s: %w", c.Dataset, s.Explain(err))
		}
		return c.tell(t, p)
	})
}

// tell says what was exported: on standard error if the export is on standard output.
func (c *Export) tell(t *console.Terminal, p *pull) error {
	text := fmt.Sprintf("%d rows", p.rows)
	if !p.generated.IsZero() {
		text += ", of the snapshot of " + console.Instant(p.generated)
	}
	if !p.counted {
		text += "; their number could not be compared with the snapshot's"
	}
	if c.File == "-" {
		t.Note("%s", text)
		return nil
	}
	_, err := fmt.Fprintf(t.Out, "%s: %s, %s\n", c.File, text, console.Size(p.to.size))
	return err
}

// sinceTime reads --since: a time of RFC 3339, a day, or how long ago. "" is the zero time.
func sinceTime(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	if ago, err := time.ParseDuration(text); err == nil && ago > 0 {
		return now.Add(-ago), nil
	}
	return time.Time{}, console.Usage("--since is %q, must be a time such as 2026-11-23T22:52:07Z, a day such as 2026-11-23, or a duration such as 24h", text)
}

// exportCall returns the call for a dataset.
func exportCall(dataset string, changes, files bool) (defender.Call, error) {
	for _, call := range defender.Calls() {
		if call.Dataset.String() == dataset && call.Delta == changes && call.Files == files {
			return call, nil
		}
	}
	return defender.Call{}, console.Usage("there is no such export of %s", dataset)
}

// pull is one export on its way.
type pull struct {
	call  defender.Call
	since time.Time
	to    *target
	shown *console.Progress

	rows int64
	// generated is the time of the snapshot; zero if it is not known.
	generated time.Time
	// counted: the number of rows is that of the snapshot.
	counted bool
}

// line writes one row.
func (p *pull) line(row []byte) error {
	p.rows++
	if _, err := p.to.Write(row); err != nil {
		return err
	}
	_, err := p.to.Write([]byte{'\n'})
	return err
}

// pages pulls by page.
func (p *pull) pages(ctx context.Context, s *control.Session) error {
	before := newestNumber(ctx, s)
	if err := control.EachRow(ctx, s, p.call, p.since, func(row json.RawMessage) error {
		p.shown.Say("exporting: %d rows", p.rows)
		return p.line(row)
	}); err != nil {
		return err
	}
	if before == 0 || !p.since.IsZero() || before != newestNumber(ctx, s) {
		return nil // the snapshot is not known: pages do not name it
	}
	return p.compare(ctx, s, func(g *control.Generation) bool { return g.Number == before })
}

// newestNumber returns the number of the newest snapshot; 0 if it is not known.
func newestNumber(ctx context.Context, s *control.Session) int64 {
	all, err := control.Do(ctx, s, control.ListGenerations())
	if err != nil {
		return 0
	}
	for _, g := range all.Value.Generations {
		if g.GeneratedTime != nil {
			return g.Number
		}
	}
	return 0
}

// files pulls via files, in the order of the links, as changes need it.
func (p *pull) files(ctx context.Context, s *control.Session) error {
	reply, err := control.Do(ctx, s, control.ExportFiles(p.call, p.since))
	if err != nil {
		return err
	}
	if at, err := time.Parse(time.RFC3339, reply.Value.GeneratedTime); err == nil {
		p.generated = at
	}
	links := reply.Value.ExportFiles
	for i, link := range links {
		p.shown.Say("exporting: file %d of %d, %d rows", i+1, len(links), p.rows)
		if err := p.file(ctx, s, link); err != nil {
			return fmt.Errorf("file %d of %d: %w", i+1, len(links), err)
		}
	}
	return p.compare(ctx, s, func(g *control.Generation) bool {
		at := g.GeneratedTime.Truncate(time.Second)
		if p.since.IsZero() {
			return at.Equal(p.generated)
		}
		return g.GeneratedTime.After(p.since) && !at.After(p.generated)
	})
}

// maxRow is the longest row, in bytes: a part has a few MiB at most for one device.
const maxRow = 64 << 20

// file downloads one file. Its last line must be whole; gzip checks the rest.
func (p *pull) file(ctx context.Context, s *control.Session, link string) error {
	body, err := s.Open(ctx, link)
	if err != nil {
		return err
	}
	defer body.Close()
	packed, err := gzip.NewReader(body)
	if err != nil {
		return fmt.Errorf("the file is damaged: %w", err)
	}
	rows := bufio.NewReaderSize(packed, 1<<16)
	for {
		row, err := readRow(rows)
		if errors.Is(err, io.EOF) && len(row) == 0 {
			return nil
		}
		if err != nil {
			return fmt.Errorf("after %d rows: %w", p.rows, cmp.Or(noEnd(err), err))
		}
		if err := p.line(row); err != nil {
			return err
		}
	}
}

// noEnd is the error of a file whose last line has no end.
func noEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return nil
}

// readRow reads a line without its end.
func readRow(rows *bufio.Reader) ([]byte, error) {
	row, err := rows.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		long := append([]byte(nil), row...)
		for errors.Is(err, bufio.ErrBufferFull) && len(long) < maxRow {
			row, err = rows.ReadSlice('\n')
			long = append(long, row...)
		}
		row = long
	}
	if err != nil {
		return row, err
	}
	return row[:len(row)-1], nil
}

// compare compares the number of rows with what the snapshots say, one for a full export and all
// after --since for changes. A caller who may not ask, or an old snapshot, says nothing.
func (p *pull) compare(ctx context.Context, s *control.Session, about func(*control.Generation) bool) error {
	all, err := control.Do(ctx, s, control.ListGenerations())
	if err != nil {
		return nil
	}
	want, begun, complete := int64(0), false, len(all.Value.Generations) < generationsListed
	for i := range all.Value.Generations {
		g := &all.Value.Generations[i]
		if g.GeneratedTime == nil {
			continue
		}
		if !about(g) {
			complete = complete || begun // older ones follow
			continue
		}
		totals, err := g.Totals.Decode()
		if err != nil {
			return nil
		}
		begun = true
		if want += totals.Rows[p.call.Dataset.String()]; p.call.Delta {
			want += totals.Changes[p.call.Dataset.String()].Sum() - totals.Rows[p.call.Dataset.String()]
		}
	}
	if p.call.Delta && !complete || !p.call.Delta && !begun {
		return nil
	}
	if p.counted = true; want != p.rows {
		return fmt.Errorf("incomplete: %d rows, and the snapshot has %d", p.rows, want)
	}
	return nil
}

// generationsListed is how many generations a list has, without a limit.
const generationsListed = 20

// target is where an export goes. A file gets its name when it is complete.
type target struct {
	io.Writer
	packed *gzip.Writer
	buffer *bufio.Writer
	file   *os.File
	name   string
	size   int64
}

// create begins the target.
func (c *Export) create(t *console.Terminal) (*target, error) {
	to := &target{}
	var out io.Writer = t.Data()
	if c.File != "-" {
		file, err := os.CreateTemp(filepath.Dir(c.File), "."+filepath.Base(c.File)+".*")
		if err != nil {
			return nil, fmt.Errorf("creating the file of the export: %w", err)
		}
		to.file, to.name, out = file, c.File, file
	}
	to.buffer = bufio.NewWriterSize(out, 1<<16)
	to.Writer = to.buffer
	if c.Gzip || strings.HasSuffix(c.File, ".gz") {
		to.packed = gzip.NewWriter(to.buffer)
		to.Writer = to.packed
	}
	return to, nil
}

// end completes the target, or drops a file after an error.
func (to *target) end(failed error) error {
	if to.packed != nil && failed == nil {
		failed = to.packed.Close()
	}
	if failed == nil {
		failed = to.buffer.Flush()
	}
	if to.file == nil {
		return failed
	}
	if about, err := to.file.Stat(); err == nil {
		to.size = about.Size()
	}
	failed = errors.Join(failed, to.file.Close())
	if failed == nil {
		failed = os.Rename(to.file.Name(), to.name)
	}
	if failed != nil {
		_ = os.Remove(to.file.Name()) // the error is the one that matters
	}
	return failed
}
