package epss

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel"
)

const (
	// maxLine bounds a line, in bytes; real ones have 60 at most.
	maxLine = 1 << 10
	// maxScores bounds the scores of a feed. A file has one for each CVE, 360,000 in 2026.
	maxScores = 4_000_000
)

// parser reads lines of files, one file after the other.
type parser struct {
	yield func(intel.Record, error) bool

	file string
	// head is what the comment of the open file says.
	head intel.Likelihood
	// columns are the places of cve, epss and percentile; nil before the line that names them.
	columns *columns
	// isOther says that the open file is no list of scores.
	isOther bool

	// scores counts lines of CVEs, sound those that were read.
	scores, sound int
	odd           error // the first line that was left out
}

// next reads a line, or passes an error on; false ends the sequence.
func (p *parser) next(line *intel.Line, err error) bool {
	if err == nil {
		err = p.line(line)
	}
	var odd *intel.RecordError
	if errors.As(err, &odd) && p.odd == nil {
		p.odd = err
	}
	switch {
	case errors.Is(err, errStopped):
		return false
	case err != nil:
		return p.yield(intel.Record{}, err) && odd != nil
	}
	return true
}

// errStopped says that the consumer wants no more.
var errStopped = errors.New("stopped")

func (p *parser) line(line *intel.Line) error {
	if line.File != p.file {
		p.file, p.head, p.columns, p.isOther = line.File, intel.Likelihood{}, nil, false
	}
	text := bytes.TrimSpace(line.Text)
	switch {
	case line.Number == 1:
		text = bytes.TrimPrefix(text, []byte("\ufeff"))
	case p.isOther:
		return nil
	}
	switch {
	case len(text) == 0:
		return nil
	case text[0] == '#':
		p.head = comment(string(text))
		return nil
	case p.columns == nil:
		p.columns = columnsOf(string(text))
		p.isOther = p.columns == nil
		return nil
	}
	return p.score(line, string(text))
}

// score reads the line of a CVE.
func (p *parser) score(line *intel.Line, text string) error {
	if p.scores++; p.scores > maxScores {
		return fmt.Errorf("reading feed file %q: more than %d scores: %w", line.File, maxScores, intel.ErrTooLarge)
	}
	fields := strings.Split(text, ",")
	if len(fields) != p.columns.count {
		return line.Odd("%d fields, want %d", len(fields), p.columns.count)
	}
	id, made := strings.TrimSpace(fields[p.columns.cve]), p.head
	if !intel.IsCVE(id) {
		return line.Odd("cve %.40q: want a CVE identifier", id)
	}
	var ok bool
	if made.Score, ok = share(fields[p.columns.score]); !ok {
		return line.Odd("epss %.40q: want a number from 0 to 1", fields[p.columns.score])
	}
	if at := p.columns.percentile; at >= 0 {
		if made.Percentile, ok = share(fields[at]); !ok {
			return line.Odd("percentile %.40q: want a number from 0 to 1", fields[at])
		}
	}
	p.sound++
	record := intel.Record{Source: strings.Clone(id), Likelihood: &made, Modified: made.Day}
	if !p.yield(record, nil) {
		return errStopped
	}
	return nil
}

// share reads a number from 0 to 1.
func share(text string) (float64, bool) {
	number, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	return number, err == nil && number >= 0 && number <= 1
}

// end yields the error of files without scores.
func (p *parser) end() {
	switch {
	case p.sound > 0:
	case p.odd != nil:
		p.yield(intel.Record{}, fmt.Errorf("%w, and the first was left out: %s", intel.ErrNoRecords, p.odd))
	default:
		p.yield(intel.Record{}, intel.ErrNoRecords)
	}
}

// columns are the places of fields; percentile is -1 if there is none.
type columns struct{ cve, score, percentile, count int }

// columnsOf reads the line that names the columns; nil if it is another one.
func columnsOf(text string) *columns {
	c := columns{cve: -1, score: -1, percentile: -1}
	names := strings.Split(text, ",")
	c.count = len(names)
	for i, name := range names {
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "cve":
			c.cve = i
		case "epss":
			c.score = i
		case "percentile":
			c.percentile = i
		}
	}
	if c.cve < 0 || c.score < 0 {
		return nil
	}
	return &c
}

// comment reads "#model_version:v2026.06.15,score_date:2026-08-16T00:00:00Z".
func comment(text string) (head intel.Likelihood) {
	for field := range strings.SplitSeq(strings.TrimPrefix(text, "#"), ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(field), ":"); name {
		case "model_version":
			head.Model = value
		case "score_date":
			head.Day = day(value)
		}
	}
	return head
}

// day reads a score_date: "2026-08-16T00:00:00Z", and in files of 2022 to 2024 "2023-03-07T00:00:00+0000".
func day(text string) time.Time {
	if t, err := time.Parse("2006-01-02T15:04:05-0700", text); err == nil {
		return t.UTC()
	}
	return intel.ParseTime(text)
}

// IsBeginning reports whether a text begins as a list of scores does.
func IsBeginning(text []byte) bool {
	for range 2 {
		line, rest, _ := bytes.Cut(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\n"))
		if !bytes.HasPrefix(line, []byte("#")) {
			return columnsOf(string(line[:min(len(line), maxLine)])) != nil
		}
		if !comment(string(line)).Day.IsZero() {
			return true
		}
		text = rest
	}
	return false
}
