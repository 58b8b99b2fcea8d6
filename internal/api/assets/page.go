package assets

import (
	"context"
	"slices"
	"strconv"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/odata"
	"github.com/muster-project/muster/internal/store/publication"
)

// list is what a call lists, in a total order.
type list[T any] struct {
	// read returns the rows after the first skip, at most limit of them; fewer only at the end.
	read func(ctx context.Context, skip int64, limit int) ([]T, error)
	// each, if it is there, calls yield with each row after the first skip, in one go, until yield returns
	// false; after is the skip of the next. It may pass over rows that no filter wants.
	each func(ctx context.Context, skip int64, yield func(v *T, after int64) bool) error
	// total is how many rows there are.
	total int64
	// wanted are further filters; rows that one of them does not match are left out.
	wanted []func(*T) bool
	// key and after are there if the rows may change during a pull: the key of a row, and the number of
	// rows up to the one with a key.
	key   func(*T) string
	after func(key string) int64
	// passes: each passes over rows, which read and total have.
	passes bool
	// ordered: the rows have the order of $orderby already.
	ordered bool
	// fill completes the rows of a page, if that costs something: read leaves out what neither filter nor
	// order need.
	fill func(ctx context.Context, rows []T) error
	// most is how many rows a page with a filter looks at once it has a row, if a nextLink may follow.
	most int64
}

// all returns the list of rows that are in memory.
func all[T any](rows []T) list[T] {
	return list[T]{total: int64(len(rows)), read: func(_ context.Context, skip int64, limit int) ([]T, error) {
		from := min(skip, int64(len(rows)))
		return rows[from:min(from+int64(limit), int64(len(rows)))], nil
	}}
}

// maxSifted is how many rows a page with a filter looks at before it ends with those that it has.
const maxSifted = 1_000_000

// maxSorted is how many objects are sorted for $orderby. A list that has its order already may be longer.
const maxSorted = 100_000

// page is a part of a list.
type page[T any] struct {
	rows []T
	// next is where the next page begins; more tells whether there is one. count is the number of all
	// objects, if it was asked for.
	next  place
	more  bool
	count int64
}

// cut returns a page of a list. from is where the page before ended, if it is known.
func (l list[T]) cut(ctx context.Context, o *options, from place) (p page[T], err error) {
	if o.filter != nil {
		l.wanted = append(slices.Clone(l.wanted), func(v *T) bool { return o.filter.Match(rowOf(v)) })
	}
	switch {
	case len(o.orders.List) > 0 && !l.ordered:
		p, err = l.sorted(ctx, o)
	case len(l.wanted) == 0 && !l.passes:
		p, err = l.plain(ctx, o, from)
	default:
		p, err = l.matching(ctx, o, from)
	}
	p.next.number, p.next.mark = from.number, from.mark
	if err == nil && l.fill != nil {
		p.rows = slices.Clone(p.rows)
		err = l.fill(ctx, p.rows)
	}
	return p, err
}

// plain cuts a page of a list without a filter.
func (l list[T]) plain(ctx context.Context, o *options, from place) (p page[T], err error) {
	skip := o.skip
	if l.after != nil && from.key != "" && from.skip == o.skip {
		skip = l.after(from.key)
	}
	rows, err := l.read(ctx, skip, o.limit+1)
	if err != nil {
		return p, err
	}
	p.count = l.total
	if p.more = len(rows) > o.limit; p.more {
		rows = rows[:o.limit]
	}
	p.rows = rows
	p.next = place{skip: o.skip + int64(len(rows)), raw: skip + int64(len(rows)), key: from.key}
	if n := len(rows); l.key != nil && n > 0 {
		p.next.key = l.key(&rows[n-1])
	}
	return p, nil
}

// matching cuts a page of a list with a filter: it reads rows until the page is full, or until it has
// looked at many and has one.
func (l list[T]) matching(ctx context.Context, o *options, from place) (p page[T], err error) {
	raw, left := int64(0), o.skip // matching rows before the page
	if from.skip == o.skip && from.raw > 0 && !o.count {
		raw, left = from.raw, 0
		if l.after != nil {
			raw = l.after(from.key)
		}
	}
	p.next = place{skip: o.skip, raw: raw, key: from.key}
	looked := int64(0)
	err = l.visit(ctx, raw, int(min(readAtOnce, l.most)), func(v *T, after int64) bool {
		looked++
		if l.matches(v) {
			p.count++
			switch {
			case left > 0:
				left--
			case len(p.rows) < o.limit:
				p.rows, p.next.raw = append(p.rows, *v), after
				if l.key != nil {
					p.next.key = l.key(v)
				}
			default:
				p.more = true
				return o.count
			}
		}
		if looked >= l.most && o.linked && !o.count && len(p.rows) > 0 {
			p.next.raw, p.more = after, true
			return false
		}
		return true
	})
	p.next.skip += int64(len(p.rows))
	return p, err
}

// visit calls yield with each row after the first skip that may match, until yield returns false. It reads step rows
// at a time, unless the list knows better.
func (l *list[T]) visit(ctx context.Context, skip int64, step int, yield func(v *T, after int64) bool) error {
	if l.each != nil {
		return l.each(ctx, skip, yield)
	}
	for {
		rows, err := l.read(ctx, skip, step)
		if err != nil {
			return err
		}
		for i := range rows {
			if skip++; !yield(&rows[i], skip) {
				return nil
			}
		}
		if len(rows) < step {
			return nil
		}
	}
}

func (l *list[T]) matches(v *T) bool {
	return !slices.ContainsFunc(l.wanted, func(want func(*T) bool) bool { return !want(v) })
}

// sorted cuts a page of a list in the order of $orderby. Objects that it does not tell apart keep the
// order of the list.
func (l list[T]) sorted(ctx context.Context, o *options) (p page[T], err error) {
	var found []T
	err = l.visit(ctx, 0, readAtOnce, func(v *T, _ int64) bool {
		if l.matches(v) {
			found = append(found, *v)
		}
		return len(found) <= maxSorted
	})
	if err != nil {
		return p, err
	}
	if len(found) > maxSorted {
		return p, wrong("$orderby: more than %d objects to sort; narrow them with $filter, or leave out $orderby", maxSorted)
	}
	slices.SortStableFunc(found, func(a, b T) int { return o.orders.Compare(rowOf(&a), rowOf(&b)) })
	from := min(o.skip, int64(len(found)))
	p.rows = found[from:min(from+int64(o.limit), int64(len(found)))]
	p.count, p.more = int64(len(found)), from+int64(len(p.rows)) < int64(len(found))
	p.next = place{skip: o.skip + int64(len(p.rows))}
	return p, nil
}

// lists returns the handler of a call that lists objects, of which a page has most at most.
func lists[T any](c *calls, call defender.NeighbourCall, most int,
	open func(ctx context.Context, s *source, o *options) (list[T], error)) edge.Handler {
	of := newObject[T]()
	return func(w *edge.Response, r *edge.Request) error {
		o, err := readOptions(r.Query, of.schema, most)
		if err != nil {
			return err
		}
		listed := listName(r, o.text(of.schema)+"\x00"+r.Query.Text(tagParameter)+"\x00"+r.Query.Text(startsWithTag))
		s, from, err := c.begin(r, &o, listed)
		if err != nil {
			return unavailable(err)
		}
		done, err := c.gate.Enter(r.Context(), w, r.Caller.Key())
		if err != nil {
			return err
		}
		defer done()
		l, err := open(r.Context(), s, &o)
		if err != nil {
			return unavailable(err)
		}
		l.most = c.maxSifted
		p, err := l.cut(r.Context(), &o, from)
		if err != nil {
			return unavailable(err)
		}
		pulled := publication.Pull{Caller: r.Caller.Key(), List: listed}
		if err := c.pins.set(r.Context(), pulled, p.next, o.token != "", c.clock()); err != nil {
			return err
		}
		link := ""
		if p.more && o.linked && len(p.rows) > 0 {
			token, err := sealPlace(c.keys, binding(&r.Caller, listed), p.next)
			if err != nil {
				return err
			}
			link = c.origins.Of(r.Request) + r.SentPath() + "?" +
				r.Query.With(skipOption, strconv.FormatInt(p.next.skip, 10)).With(tokenOption, token).Sent()
		}
		f := frame{context: call.Context(c.origins.Of(r.Request)), nextLink: link}
		if o.count {
			f.count = &p.count
		}
		return send(w, r, f, p.rows, of.schema, o.selection)
	}
}

// shows returns the handler of a call for one object.
func shows[T any](c *calls, call defender.NeighbourCall,
	find func(ctx context.Context, s *source, id string) (T, error)) edge.Handler {
	of := newObject[T]()
	return func(w *edge.Response, r *edge.Request) error {
		var selection odata.Selection
		if text := r.Query.Text(selectOption); text != "" {
			var err error
			if selection, err = of.schema.Selection(text); err != nil {
				return err
			}
		}
		s, err := c.newest(r)
		if err != nil {
			return unavailable(err)
		}
		done, err := c.gate.Enter(r.Context(), w, r.Caller.Key())
		if err != nil {
			return err
		}
		defer done()
		found, err := find(r.Context(), s, r.PathValue("id"))
		if err != nil {
			return unavailable(err)
		}
		return sendOne(w, call.Context(c.origins.Of(r.Request)), &found, of.schema, selection)
	}
}
