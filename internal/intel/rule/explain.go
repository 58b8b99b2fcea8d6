package rule

import (
	"maps"
	"slices"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/version"
)

// Question is what statements on a CVE are asked: a version on a platform.
type Question struct {
	Installed string
	// Before, if not empty, is a version that the end of a range must not exceed.
	Before string
	On     subject.Platforms
}

// Fate is what became of one range of a statement.
type Fate struct {
	// Statement is the statement's number, Range the range, with the lower bound that other bounds
	// of its document gave it.
	Statement int
	Range     intel.Range
	Effect    Effect
	// Platforms, Upper and Lower are the numbers of the statements that decided about the property in
	// place of this one, if others did.
	Platforms, Upper, Lower []int
	// Whole are the numbers of the publisher's statements that count in place of this one.
	Whole []int
}

// Explain says what became of each range of statements on one CVE and one product; see Compile. It is
// made anew for each question, so that matching keeps nothing for it.
func Explain(key string, statements []Statement, q Question) []Fate {
	scheme, ok := subject.SchemeOf(key)
	if !ok {
		return nil
	}
	said := statements
	statements, instead := spoken(statements)
	if scheme == version.Generic {
		closeBranches(statements)
	}
	o := NewOrder(scheme, sortVersions(scheme, boundsOf(statements)))
	e := explainer{question: q, order: o, limit: PlaceLast}
	e.place, e.placed = o.Place(q.Installed)
	if q.Before != "" {
		e.limit, _ = o.Place(q.Before)
	}
	for _, claims := range claimsOf(statements, o) {
		e.explain(claims, newScale(claims))
	}
	e.outweigh(statements)
	for _, i := range slices.Sorted(maps.Keys(instead)) {
		for _, r := range said[i].Ranges {
			e.add(Fate{Statement: i, Range: r, Effect: Overruled, Whole: instead[i]})
		}
	}
	return e.fates
}

type explainer struct {
	question Question
	order    Order
	place    uint32
	placed   bool
	limit    uint32
	fates    []Fate
}

func (e *explainer) explain(claims []claim, s *scale) {
	for i := range claims {
		c := &claims[i]
		for k := range c.denied {
			d := &c.denied[k]
			e.add(Fate{Statement: c.number, Range: d.of, Effect: e.effect(d.interval, c.Platforms, Denies)})
		}
		for k := range c.spans {
			e.weighed(s.weigh(c, &c.spans[k]))
		}
		e.unplaced(c)
	}
}

func (e *explainer) add(f Fate) { e.fates = append(e.fates, f) }

// unplaced tells of ranges with a bound that cannot be compared.
func (e *explainer) unplaced(c *claim) {
	for _, r := range c.Ranges {
		if _, ok := intervalOf(r, e.order); !ok {
			e.add(Fate{Statement: c.number, Range: r, Effect: NoVersion})
		}
	}
}

// effect says what a range would do by itself.
func (e *explainer) effect(i interval, on subject.Platforms, holds Effect) Effect {
	switch {
	case !e.placed && (e.question.Installed != "" || i.low != PlaceFirst || i.high != PlaceLast):
		return NoVersion
	case e.placed && (e.place < i.low || e.place > i.high):
		return OtherVersion
	case on != subject.Everywhere && on&e.question.On == subject.Nowhere:
		return OtherPlatform
	case i.high > e.limit || i.high == e.limit && e.limit&1 == 0:
		return OtherBuild
	}
	return holds
}

// weighed tells what became of a span.
func (e *explainer) weighed(w *weighed) {
	f := Fate{Statement: w.number, Range: w.of, Effect: e.effect(w.interval, w.claim.Platforms, Affects),
		Platforms: numbersOf(w.platformBy), Upper: numbersOf(w.upperBy), Lower: numbersOf(w.lowerBy)}
	holds := func(i interval) bool { return i.low <= e.place && e.place <= i.high }
	kept := slices.IndexFunc(w.kept, holds)
	switch {
	case kept >= 0 && e.effect(w.kept[kept], w.platforms, Affects) == Affects:
		f.Effect = Affects
	case f.Effect == Affects:
		f.Effect = Overruled
	}
	e.add(f)
}

func numbersOf(l *level) []int {
	if l == nil {
		return nil
	}
	var numbers []int
	for _, c := range l.claims {
		numbers = append(numbers, c.number)
	}
	return numbers
}

// outweigh marks what a more trusted source denies.
func (e *explainer) outweigh(statements []Statement) {
	for i := range e.fates {
		f := &e.fates[i]
		if f.Effect == Affects && slices.ContainsFunc(e.fates, func(other Fate) bool {
			return other.Effect == Denies && statements[other.Statement].Trust < statements[f.Statement].Trust
		}) {
			f.Effect = Outweighed
		}
	}
}
