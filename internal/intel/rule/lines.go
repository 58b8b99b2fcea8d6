package rule

import (
	"cmp"
	"math"
	"slices"

	"github.com/muster-project/muster/internal/version"
)

// Lines are the release lines of a product that rules speak of, if they speak of each line by itself: from
// 13.0 before 13.0.6441, from 14.0 before 14.0.2056. About a line that they leave out such rules say nothing: its
// maker no longer mends it, or it is newer than they are. An open range ("before 14.2") speaks of every line before.
type Lines struct {
	// parts is how many numbers name a line: 13, or 13.0.
	parts  int
	spoken []stretch
	newest line
}

// line is the first numbers of a version; with one part the second is 0.
type line [2]uint64

func (l line) compare(m line) int { return cmp.Or(cmp.Compare(l[0], m[0]), cmp.Compare(l[1], m[1])) }

// of returns a line with its first parts.
func (l line) of(parts int) line {
	if parts == 1 {
		l[1] = 0
	}
	return l
}

// stretch is from one line to another.
type stretch struct{ from, to line }

// What shows that rules speak of each line by itself: so many CVEs with two lines or more, which are one in so many of
// all that have a range; and of those at most one in so many with a range beyond a line. The limits tell apart the
// products of the shared records: at one end SQL Server and .NET, at the other those of one release line
// (decision 118).
const (
	severalLines  = 3
	severalShare  = 3
	beyondAtLeast = 10
)

// LinesOf returns the lines of a product; nil if its rules do not speak of each by itself.
func LinesOf(c *Compiled) *Lines {
	if c.Scheme != version.Generic {
		return nil
	}
	for parts := len(line{}); parts > 0; parts-- {
		if c.speaksByLine(parts) {
			return c.lines(parts)
		}
	}
	return nil
}

// speaksByLine reports whether the ranges of most CVEs end in the line in which they begin.
func (c *Compiled) speaksByLine(parts int) bool {
	type cve struct {
		line            line
		several, beyond bool
	}
	all := map[uint32]*cve{}
	for i := range c.Rules {
		r := &c.Rules[i]
		if r.Unaffected || r.Exact() {
			continue
		}
		s, ok := c.stretch(r, parts)
		ok = ok && s.from == s.to
		switch known := all[r.CVE]; {
		case known == nil:
			all[r.CVE] = &cve{line: s.from, beyond: !ok}
		case !ok:
			known.beyond = true
		case s.from != known.line:
			known.several = true
		}
	}
	several, beyond := 0, 0
	for _, one := range all {
		if one.beyond {
			beyond++
		} else if one.several {
			several++
		}
	}
	return several >= severalLines && several*severalShare >= len(all) && beyond*beyondAtLeast <= len(all)
}

// stretch returns the lines of a rule; ok is false if a bound has none: it is open, or a word.
func (c *Compiled) stretch(r *Rule, parts int) (s stretch, ok bool) {
	s = stretch{line{}, line{math.MaxUint64, math.MaxUint64}}
	ok = true
	bound := func(at *line, i uint32) {
		if int(i) >= len(c.Versions) {
			ok = false
		} else if numbers, named := version.TwoNumbers([]byte(c.Versions[i])); named {
			*at = line(numbers).of(parts)
		} else {
			ok = false
		}
	}
	// Of place 2i+1 version i is the bound. Of an even place it is the version before, if the range begins there, and
	// the one after, if it ends there.
	bound(&s.from, (r.Low-1)/2) // of PlaceFirst there is none
	bound(&s.to, r.High/2)
	return s, ok
}

// lines lists the lines that rules speak of, those that are not affected included.
func (c *Compiled) lines(parts int) *Lines {
	l := &Lines{parts: parts}
	for i := range c.Rules {
		s, ok := c.stretch(&c.Rules[i], parts)
		if ok && !c.Rules[i].Exact() && s.to.compare(l.newest) > 0 {
			l.newest = s.to
		}
		l.spoken = append(l.spoken, s)
	}
	slices.SortFunc(l.spoken, func(a, b stretch) int { return cmp.Or(a.from.compare(b.from), a.to.compare(b.to)) })
	l.spoken = slices.Compact(l.spoken)
	return l
}

// Speak reports whether rules speak of the line of a version, and if they do not, whether it is newer than every line
// of which they do. Of a product without lines, and of a version that begins with a word, they always speak.
func (l *Lines) Speak(installed string) (spoken, newer bool) {
	if l == nil {
		return true, false
	}
	numbers, ok := version.TwoNumbers(version.Key(installed))
	if !ok {
		return true, false
	}
	of := line(numbers).of(l.parts)
	return slices.ContainsFunc(l.spoken, func(s stretch) bool {
		return s.from.compare(of) <= 0 && of.compare(s.to) <= 0
	}), of.compare(l.newest) > 0
}
