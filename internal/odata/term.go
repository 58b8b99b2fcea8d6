package odata

import (
	"slices"
	"strings"
)

// node is a part of a filter.
type node interface {
	match(Row) bool
	// append appends the node's text; inner nodes that need them have parentheses.
	append(dst []byte) []byte
}

// operator compares a field with a value.
type operator uint8

const (
	eq operator = iota
	ne
	gt
	ge
	lt
	le
)

var operators = []string{eq: "eq", ne: "ne", gt: "gt", ge: "ge", lt: "lt", le: "le"}

// turned are the operators that say the same with the sides exchanged.
var turned = []operator{eq: eq, ne: ne, gt: lt, ge: le, lt: gt, le: ge}

// operand is the field of a term, with its number in rows.
type operand struct {
	*Field
	number int
}

// comparison is a term with an operator.
type comparison struct {
	operand
	is    operator
	value Value
}

func (c *comparison) match(r Row) bool {
	v := r.Value(c.number)
	switch c.is {
	case eq:
		return c.equals(v)
	case ne:
		return !c.equals(v)
	}
	if v.IsNull() || c.value.IsNull() {
		return false
	}
	order, comparable := c.compare(v, c.value)
	switch {
	case !comparable:
		return false
	case order == 0:
		return c.is == ge || c.is == le
	}
	return (order > 0) == (c.is == gt || c.is == ge)
}

// equals tells whether the comparison's value is equal to a row's.
func (c *comparison) equals(v Value) bool {
	switch {
	case v.IsNull() || c.value.IsNull():
		return v.IsNull() && c.value.IsNull()
	case c.Type == Texts:
		return slices.Contains(v.texts, c.value.text)
	}
	return c.equal(v, c.value)
}

func (c *comparison) append(dst []byte) []byte {
	return append(dst, c.Name+" "+operators[c.is]+" "+c.literalText(c.value)...)
}

// oneOf is a term with a list of values.
type oneOf struct {
	operand
	values []Value
	// texts are the values of a field of texts as they are looked up.
	texts map[string]bool
}

// add adds a value to the list.
func (o *oneOf) add(v Value) {
	o.values = append(o.values, v)
	if v.IsNull() || o.Type != Text && o.Type != Enum {
		return
	}
	if o.texts == nil {
		o.texts = map[string]bool{}
	}
	o.texts[o.folded(v.text)] = true
}

func (o *oneOf) match(r Row) bool {
	v := r.Value(o.number)
	if o.texts != nil && !v.IsNull() {
		return o.texts[o.folded(v.text)]
	}
	for i := range o.values {
		if (&comparison{o.operand, eq, o.values[i]}).equals(v) {
			return true
		}
	}
	return false
}

func (o *oneOf) append(dst []byte) []byte {
	dst = append(dst, o.Name+" in ("...)
	for i := range o.values {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = append(dst, o.literalText(o.values[i])...)
	}
	return append(dst, ')')
}

// function tells something of two texts.
type function uint8

const (
	contains function = iota
	startsWith
	endsWith
)

var functions = []string{contains: "contains", startsWith: "startswith", endsWith: "endswith"}

func (f function) of(text, part string) bool {
	switch f {
	case contains:
		return strings.Contains(text, part)
	case startsWith:
		return strings.HasPrefix(text, part)
	}
	return strings.HasSuffix(text, part)
}

// call is a term with a function.
type call struct {
	operand
	does function
	part string // of an Enum in lower case
}

func (c *call) match(r Row) bool {
	v := r.Value(c.number)
	switch {
	case v.IsNull():
		return false
	case c.Type == Texts:
		return slices.ContainsFunc(v.texts, func(text string) bool { return c.does.of(text, c.part) })
	}
	return c.does.of(c.folded(v.text), c.part)
}

func (c *call) append(dst []byte) []byte {
	return append(dst, functions[c.does]+"("+c.Name+","+quote(c.part)+")"...)
}

// anyOf is a term for the elements of a list; without an inner filter any element will do.
type anyOf struct {
	operand
	variable string
	inner    node
}

func (a *anyOf) match(r Row) bool {
	v := r.Value(a.number)
	if a.inner == nil {
		return len(v.texts) > 0
	}
	for _, text := range v.texts {
		if a.inner.match(element(text)) {
			return true
		}
	}
	return false
}

func (a *anyOf) append(dst []byte) []byte {
	dst = append(dst, a.Name+"/any("...)
	if a.inner != nil {
		dst = a.inner.append(append(dst, a.variable+": "...))
	}
	return append(dst, ')')
}

// element is an element of a list as a row with one field.
type element string

func (e element) Value(int) Value { return OfText(string(e)) }

// junction joins filters by and, or by or.
type junction struct {
	either bool
	nodes  []node
}

func (j *junction) match(r Row) bool {
	for _, n := range j.nodes {
		if n.match(r) == j.either {
			return j.either
		}
	}
	return !j.either
}

func (j *junction) append(dst []byte) []byte {
	word := " and "
	if j.either {
		word = " or "
	}
	for i, n := range j.nodes {
		if i > 0 {
			dst = append(dst, word...)
		}
		_, nested := n.(*junction)
		dst = appendNested(dst, n, nested)
	}
	return dst
}

func appendNested(dst []byte, n node, nested bool) []byte {
	if !nested {
		return n.append(dst)
	}
	return append(n.append(append(dst, '(')), ')')
}

// negation is true where a filter is not.
type negation struct{ node }

func (n *negation) match(r Row) bool { return !n.node.match(r) }

func (n *negation) append(dst []byte) []byte {
	return append(n.node.append(append(dst, "not ("...)), ')')
}
