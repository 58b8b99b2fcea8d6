package xccdf

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// Limits of the text of a document. The standard library's decoder holds a tag with all its attributes, and a run of
// text, however long they are, so both are bounded before it sees them.
const (
	// maxDocument bounds a document. Nothing of it is held but what becomes results.
	maxDocument = 128 << 20
	// maxTag bounds a tag, in bytes; that of a collection of data streams declares some twenty namespaces.
	maxTag = 16 << 10
	// maxAttributes bounds the attributes of an element.
	maxAttributes = 64
	// maxRun bounds text without an element in it, a comment and the like, in bytes: results in OVAL quote files.
	maxRun = 1 << 20
)

// place is what the guard is in.
type place int

const (
	inText    place = iota
	inOpening       // after "<", before it is known what begins
	inTag
	inComment
	inData
	inInstruction
)

// ends are how those places end that have an end of several characters.
var ends = map[place]string{inComment: "-->", inData: "]]>", inInstruction: "?>"}

// guard passes a document on, piece by piece, until it breaks a limit.
type guard struct {
	source io.Reader
	err    error
	at     int64 // bytes passed
	in     place
	run    int    // bytes since the place began
	quote  byte   // in a tag: of the value that it is in
	values int    // in a tag
	last   []byte // in an opening, all of it; else the last bytes, of which an end may be made
}

// Read implements io.Reader.
func (g *guard) Read(p []byte) (int, error) {
	if g.err != nil {
		return 0, g.err
	}
	n, err := g.source.Read(p)
	if problem := g.pass(p[:n]); problem != nil {
		g.err = problem
		return 0, problem
	}
	return n, err
}

// pass looks at a piece.
func (g *guard) pass(p []byte) error {
	for len(p) > 0 {
		n := g.step(p)
		if n < 0 {
			return parse.Invalid("", "byte %d: a document type is declared, which results do not have", g.at)
		}
		p = p[n:]
		g.at += int64(n)
		longest, what := maxRun, "text"
		if g.in == inTag {
			longest, what = maxTag, "a tag"
		}
		switch {
		case g.run > longest:
			return g.large(fmt.Sprintf("%s is longer than %d bytes", what, longest))
		case g.values > maxAttributes:
			return g.large(fmt.Sprintf("an element has more than %d attributes", maxAttributes))
		case g.at > maxDocument:
			return g.large(fmt.Sprintf("the document has more than %d bytes", maxDocument))
		}
	}
	return nil
}

// large makes the error for a document with too much of something.
func (g *guard) large(problem string) error {
	return &parse.FieldError{Problem: fmt.Sprintf("byte %d: %s", g.at, problem), Err: parse.ErrTooLarge}
}

// step goes on by some bytes, up to the end of the place at most, and returns how many; -1 at a document type.
func (g *guard) step(p []byte) int {
	switch g.in {
	case inText:
		n := bytes.IndexByte(p, '<')
		if n < 0 {
			g.run += len(p)
			return len(p)
		}
		g.enter(inOpening)
		return n + 1
	case inOpening:
		return g.opening(p[0])
	case inTag:
		return g.tag(p)
	}
	return g.marked(p)
}

// enter begins a place.
func (g *guard) enter(in place) { g.in, g.run, g.quote, g.values, g.last = in, 0, 0, 0, g.last[:0] }

// opening looks at the next byte of what begins.
func (g *guard) opening(c byte) int {
	g.last = append(g.last, c)
	switch said := string(g.last); {
	case said == "?":
		g.enter(inInstruction)
	case said == "!--":
		g.enter(inComment)
	case said == "![CDATA[":
		g.enter(inData)
	case strings.HasPrefix("!--", said), strings.HasPrefix("![CDATA[", said):
	case said[0] == '!':
		return -1
	default:
		g.enter(inTag)
		return 0 // it may end at once
	}
	return 1
}

// tag looks at a tag, whose quoted values are its attributes.
func (g *guard) tag(p []byte) int {
	for i, c := range p {
		g.run++
		switch {
		case g.quote != 0:
			if c == g.quote {
				g.quote = 0
			}
		case c == '"' || c == '\'':
			g.quote = c
			g.values++
		case c == '>':
			g.enter(inText)
			return i + 1
		}
		if g.run > maxTag || g.values > maxAttributes {
			return i + 1
		}
	}
	return len(p)
}

// marked looks for the end of a comment and the like.
func (g *guard) marked(p []byte) int {
	end := ends[g.in]
	n := bytes.IndexByte(p, '>')
	if n < 0 {
		g.keep(p)
		return len(p)
	}
	n++
	if g.keep(p[:n]); bytes.HasSuffix(g.last, []byte(end)) {
		g.enter(inText)
	}
	return n
}

// keep remembers the last bytes of a place.
func (g *guard) keep(p []byte) {
	g.run += len(p)
	g.last = append(g.last, p[max(0, len(p)-3):]...)
	g.last = append(g.last[:0], g.last[max(0, len(g.last)-3):]...)
}
