package odata

import (
	"slices"
)

// Filter decides which rows a request wants. It does not change, and may be used concurrently.
type Filter struct{ root node }

// Match tells whether a row is wanted. A nil Filter wants all.
func (f *Filter) Match(r Row) bool { return f == nil || f.root.match(r) }

// String returns the filter in a normal spelling: equal texts decide alike.
func (f *Filter) String() string {
	if f == nil {
		return ""
	}
	return string(f.root.append(nil))
}

// Equals returns the only values that a field may have in rows that match, so that a caller can look
// them up: those of eq and in, and of several of them joined by or. Values are texts as the row has
// them, of an Enum in lower case; numbers have the shortest form, 341. Of a list they are those of
// which one must be in the list. ok is false if the filter does not bound the field so. Rows must
// still be matched.
func (f *Filter) Equals(field int) (values []string, ok bool) {
	if f == nil {
		return nil, false
	}
	return equals(f.root, field)
}

func equals(n node, field int) (values []string, ok bool) {
	switch n := n.(type) {
	case *comparison:
		if n.is != eq || n.number != field {
			return nil, false
		}
		return n.looked([]Value{n.value})
	case *oneOf:
		if n.number != field {
			return nil, false
		}
		return n.looked(n.values)
	case *anyOf:
		if n.number != field || n.inner == nil {
			return nil, false
		}
		return equals(n.inner, 0)
	case *junction:
		return n.equals(field)
	}
	return nil, false
}

// looked returns values as Equals does.
func (o *operand) looked(all []Value) (values []string, ok bool) {
	for _, v := range all {
		switch {
		case v.IsNull():
			return nil, false
		case o.Type == Text || o.Type == Texts || o.Type == Enum:
			values = append(values, o.folded(v.text))
		case o.Type == Number:
			values = append(values, o.literalText(v))
		default:
			return nil, false
		}
	}
	slices.Sort(values)
	return slices.Compact(values), true
}

// equals joins what the parts say. Of a conjunction one part is enough, and the one with the fewest
// values is the best; of an alternative every part must say something.
func (j *junction) equals(field int) (values []string, ok bool) {
	for _, n := range j.nodes {
		some, bound := equals(n, field)
		switch {
		case j.either && !bound:
			return nil, false
		case j.either:
			values, ok = append(values, some...), true
		case bound && (!ok || len(some) < len(values)):
			values, ok = some, true
		}
	}
	slices.Sort(values)
	return slices.Compact(values), ok
}

// Parts returns the filters that must all match for the filter to match: those that it joins by and.
func (f *Filter) Parts() []*Filter {
	if f == nil {
		return nil
	}
	if j, ok := f.root.(*junction); ok && !j.either {
		var all []*Filter
		for _, n := range j.nodes {
			all = append(all, (&Filter{n}).Parts()...)
		}
		return all
	}
	return []*Filter{f}
}

// Fields returns the numbers of the fields that the filter is about, ascending: no other decides.
func (f *Filter) Fields() []int {
	if f == nil {
		return nil
	}
	all := fieldsOf(f.root)
	slices.Sort(all)
	return slices.Compact(all)
}

func fieldsOf(n node) (all []int) {
	switch n := n.(type) {
	case *comparison:
		return []int{n.number}
	case *oneOf:
		return []int{n.number}
	case *call:
		return []int{n.number}
	case *anyOf:
		return []int{n.number}
	case *negation:
		return fieldsOf(n.node)
	case *junction:
		for _, part := range n.nodes {
			all = append(all, fieldsOf(part)...)
		}
	}
	return all
}
