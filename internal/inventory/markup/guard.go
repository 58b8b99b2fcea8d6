package markup

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// Limits bound a document, in bytes where nothing else is said.
type Limits struct {
	// Document bounds it as a whole.
	Document int64
	// Tag bounds a tag with its attributes, Run text without an element in it, a comment and the like.
	Tag, Run int
	// Depth bounds the nesting of elements.
	Depth int
}

// maxAttributes bounds the attributes of an element.
const maxAttributes = 64

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
	limits Limits
	err    error
	at     int64 // bytes passed
	tagged int64 // where the last tag begins
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
			return parse.Invalid("", "byte %d: has a document type declaration, which no document needs", g.at)
		}
		p = p[n:]
		g.at += int64(n)
		longest, what := g.limits.Run, "text"
		if g.in == inTag {
			longest, what = g.limits.Tag, "a tag"
		}
		switch {
		case g.run > longest:
			return g.large(fmt.Sprintf("%s is longer than %d bytes", what, longest))
		case g.values > maxAttributes:
			return g.large(fmt.Sprintf("an element has more than %d attributes", maxAttributes))
		case g.at > g.limits.Document:
			return g.large(fmt.Sprintf("the document has more than %d bytes", g.limits.Document))
		}
	}
	return nil
}

// large makes the error for a document with too much of something.
func (g *guard) large(problem string) error {
	at := g.at
	if g.in == inTag {
		at = g.tagged
	}
	return &parse.FieldError{Problem: fmt.Sprintf("byte %d: %s", at, problem), Err: parse.ErrTooLarge}
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
		g.tagged = g.at + int64(n)
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
		if g.run > g.limits.Tag || g.values > maxAttributes {
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
