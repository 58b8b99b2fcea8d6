// Package fair says whose turn it is where many wait for one thing: reports for
// the goroutine that writes them ([Lines]), requests for a place to work in
// ([Gate]).
//
// Who waits stands in a line, lines stand in groups, and turns go round by
// deficit round robin (Shreedhar and Varghese, 1995): in each round a group may
// take a quantum of work, whatever its number of lines, and within a group each
// line as much, whatever its length. What is not used up because the next item
// costs more is kept for the next round. So nobody waits for more than one item
// of each of the others, however much they have brought, and who is alone gets
// everything.
//
// The package is pure.
package fair

import "slices"

// Lines are items that wait, in the lines of groups. It is not safe for
// concurrent use.
type Lines[T any] struct {
	quantum int64
	root    node[T]
}

// entry is an item and the work that it makes.
type entry[T any] struct {
	item T
	cost int64
}

// node is all lines, a group of them, or one line. One that is empty is not
// there, but for the first.
type node[T any] struct {
	key    string
	parent *node[T]
	// deficit is the work that the node may still take when its turn comes.
	deficit int64

	// children have their turns in this order, beginning with next.
	children []*node[T]
	byKey    map[string]*node[T]
	next     int

	waiting []entry[T] // of a line
}

// New returns empty Lines. The quantum is the work of a turn, in the unit of
// the costs; 1 or more.
func New[T any](quantum int64) *Lines[T] { return &Lines[T]{quantum: max(1, quantum)} }

// Put puts an item at the end of a group's line. Its cost is 0 or more.
func (l *Lines[T]) Put(group, line string, item T, cost int64) {
	n := l.root.child(group, l.quantum).child(line, l.quantum)
	n.waiting = append(n.waiting, entry[T]{item, cost})
}

// Next is the item that Take would return; false where none waits.
func (l *Lines[T]) Next() (item T, cost int64, ok bool) {
	if len(l.root.children) == 0 {
		return item, 0, false
	}
	first := l.root.first(l.quantum).waiting[0]
	return first.item, first.cost, true
}

// Take removes the item whose turn it is; false where none waits.
func (l *Lines[T]) Take() (item T, ok bool) {
	if len(l.root.children) == 0 {
		return item, false
	}
	n := l.root.first(l.quantum)
	first := n.waiting[0]
	n.waiting[0] = entry[T]{} // a line that never ends keeps nothing of what it had
	n.waiting = n.waiting[1:]
	for ; n.parent != nil; n = n.parent {
		n.deficit -= first.cost
		n.leaveIfEmpty()
	}
	return first.item, true
}

// Remove removes the items of a line that drop wants to.
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

// child returns a child, at the end of this round where it is new.
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

// first returns the line whose first item is next. The node is not empty.
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

// leaveIfEmpty takes a node that has nothing left out of its parent. What it
// might still have taken is forgotten.
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
