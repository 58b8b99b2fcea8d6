// Package fair decides whose turn it is when many wait for one thing: reports for the goroutine
// that writes them ([Lines]), requests for a place to work ([Gate]).
//
// Items wait in lines, and lines belong to groups. Turns follow deficit round robin (Shreedhar and
// Varghese, 1995): in each round every group may do a quantum of work, however many lines it has,
// and within a group every line a quantum, however long it is. Work that is not used because the
// next item costs more is kept for the next round. So nobody waits for more than one item of each
// of the others, however much they bring, and one who is alone gets everything.
//
// The package is pure.
package fair

import "slices"

// Lines are waiting items, in the lines of groups. They are not safe for concurrent use.
type Lines[T any] struct {
	quantum int64
	root    node[T]
}

// entry is an item with its cost.
type entry[T any] struct {
	item T
	cost int64
}

// node is all lines, a group of lines, or one line. Empty nodes are removed, except for the root.
type node[T any] struct {
	key    string
	parent *node[T]
	// deficit is the work that the node may still do in its turn.
	deficit int64

	// children have their turns in this order, beginning with next.
	children []*node[T]
	byKey    map[string]*node[T]
	next     int

	waiting []entry[T] // only in a line
}

// New returns empty Lines. The quantum is the work of a turn, in the unit of the costs; at least
// 1.
func New[T any](quantum int64) *Lines[T] { return &Lines[T]{quantum: max(1, quantum)} }

// Put puts an item at the end of a group's line. Its cost is at least 0.
func (l *Lines[T]) Put(group, line string, item T, cost int64) {
	n := l.root.child(group, l.quantum).child(line, l.quantum)
	n.waiting = append(n.waiting, entry[T]{item, cost})
}

// Next returns the item that Take would return; false if none waits.
func (l *Lines[T]) Next() (item T, cost int64, ok bool) {
	if len(l.root.children) == 0 {
		return item, 0, false
	}
	first := l.root.first(l.quantum).waiting[0]
	return first.item, first.cost, true
}

// Take removes and returns the item whose turn it is; false if none waits.
func (l *Lines[T]) Take() (item T, ok bool) {
	if len(l.root.children) == 0 {
		return item, false
	}
	n := l.root.first(l.quantum)
	first := n.waiting[0]
	n.waiting[0] = entry[T]{} // a line that is never empty must not keep old items
	n.waiting = n.waiting[1:]
	for ; n.parent != nil; n = n.parent {
		n.deficit -= first.cost
		n.leaveIfEmpty()
	}
	return first.item, true
}

// Remove removes the items of a line for which drop returns true.
func (l *Lines[T]) Remove(group, line string, drop func(T) bool) {
	n := l.root.byKey[group]
	if n != nil {
		n = n.byKey[line]
	}
	if n == nil {
		return
	}
	n.waiting = slices.DeleteFunc(n.waiting, func(e entry[T]) bool { return drop(e.item) })
	for ; n.parent != nil; n = n.parent {
		n.leaveIfEmpty()
	}
}

// child returns a child; a new one is put at the end of this round.
func (n *node[T]) child(key string, quantum int64) *node[T] {
	if c := n.byKey[key]; c != nil {
		return c
	}
	if n.byKey == nil {
		n.byKey = map[string]*node[T]{}
	}
	c := &node[T]{key: key, parent: n, deficit: quantum}
	n.byKey[key] = c
	n.children = slices.Insert(n.children, n.next, c)
	if len(n.children) > 1 {
		n.next++
	}
	return c
}

// first returns the line whose first item is next. The node must not be empty.
func (n *node[T]) first(quantum int64) *node[T] {
	if len(n.children) == 0 {
		return n
	}
	for {
		c := n.children[n.next]
		line := c.first(quantum)
		if line.waiting[0].cost <= c.deficit {
			return line
		}
		c.deficit += quantum
		n.next = (n.next + 1) % len(n.children)
	}
}

// leaveIfEmpty removes an empty node from its parent; its deficit is dropped.
func (n *node[T]) leaveIfEmpty() {
	if len(n.children) > 0 || len(n.waiting) > 0 {
		return
	}
	p := n.parent
	i := slices.Index(p.children, n)
	p.children = slices.Delete(p.children, i, i+1)
	delete(p.byKey, n.key)
	if i < p.next {
		p.next--
	}
	if p.next >= len(p.children) {
		p.next = 0
	}
}
