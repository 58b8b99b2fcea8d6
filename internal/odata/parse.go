package odata

import (
	"slices"
	"strings"
)

// Limits of a filter.
const (
	maxDepth = 32  // parentheses, not and any around a term
	maxTerms = 500 // terms; each value of a list counts as one
)

const filterOption = "$filter"

// parser reads a filter.
type parser struct {
	schema *Schema
	text   string
	tokens []token
	depth  int
	terms  int
	// variable is the name of an element inside any; "" outside. element is its field.
	variable string
	element  operand
}

// Filter reads a value of $filter. Every error is an *Error.
func (s *Schema) Filter(text string) (*Filter, error) {
	if err := checkLength(filterOption, text); err != nil {
		return nil, err
	}
	tokens, err := lex(filterOption, text)
	if err != nil {
		return nil, err
	}
	p := &parser{schema: s, text: text, tokens: tokens}
	root, err := p.either()
	if err == nil && p.tokens[0].kind != endToken {
		err = p.expected("and, or, or the end")
	}
	if err != nil {
		return nil, err
	}
	return &Filter{root}, nil
}

// fault returns the error for the place of a token.
func (p *parser) fault(t token, format string, args ...any) *Error {
	return fault(filterOption, p.text, t.at, format, args...)
}

// expected returns the error of an unexpected token.
func (p *parser) expected(what string) *Error {
	return p.fault(p.tokens[0], "expected %s, found %s", what, p.tokens[0].shown())
}

// take returns the next token and goes on to the one after it.
func (p *parser) take() token {
	t := p.tokens[0]
	if t.kind != endToken {
		p.tokens = p.tokens[1:]
	}
	return t
}

// skip goes over the next token if it is a name or sign.
func (p *parser) skip(text string) bool {
	found := p.tokens[0].is(text)
	if found {
		p.take()
	}
	return found
}

// need goes over a token that must be there.
func (p *parser) need(sign string) *Error {
	if !p.skip(sign) {
		return p.expected(shown(sign))
	}
	return nil
}

// inside reads something with one more level around it.
func (p *parser) inside(read func() (node, *Error)) (node, *Error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.fault(p.tokens[0], "more than %d levels", maxDepth)
	}
	defer func() { p.depth-- }()
	return read()
}

func (p *parser) either() (node, *Error) { return p.junction("or", p.both) }
func (p *parser) both() (node, *Error)   { return p.junction("and", p.one) }

// junction reads filters that a word joins.
func (p *parser) junction(word string, read func() (node, *Error)) (node, *Error) {
	first, err := read()
	if err != nil || !p.tokens[0].is(word) {
		return first, err
	}
	j := &junction{either: word == "or", nodes: []node{first}}
	for p.skip(word) {
		n, err := read()
		if err != nil {
			return nil, err
		}
		j.nodes = append(j.nodes, n)
	}
	return j, nil
}

// one reads a term, a filter in parentheses, or a negation.
func (p *parser) one() (node, *Error) {
	switch {
	case p.skip("not"):
		n, err := p.inside(p.one)
		return &negation{n}, err
	case p.skip("("):
		n, err := p.inside(p.either)
		if err == nil {
			err = p.need(")")
		}
		return n, err
	}
	return p.term()
}

// count counts a term.
func (p *parser) count() *Error {
	if p.terms++; p.terms > maxTerms {
		return p.fault(p.tokens[0], "more than %d terms", maxTerms)
	}
	return nil
}

func (p *parser) term() (node, *Error) {
	if err := p.count(); err != nil {
		return nil, err
	}
	first := p.take()
	if first.kind == nameToken && p.tokens[0].is("(") {
		return p.call(first)
	}
	if first.kind != nameToken || isWord(first.text) {
		return p.turnedComparison(first)
	}
	of, err := p.field(first)
	if err != nil {
		return nil, err
	}
	switch {
	case p.skip("/"):
		return p.any(first, of)
	case p.skip("in"):
		return p.in(of)
	}
	is, ok := p.operator()
	if !ok && of.Type == Bool {
		return &comparison{of, eq, OfBool(true)}, nil
	}
	if !ok {
		return nil, p.expected("eq, ne, gt, ge, lt, le or in")
	}
	return p.comparison(first, of, is, p.take())
}

// turnedComparison reads a comparison that begins with the value.
func (p *parser) turnedComparison(value token) (node, *Error) {
	if value.kind != quotedToken && value.kind != bareToken && !isWord(value.text) {
		return nil, p.fault(value, "expected a property or a function, found %s", value.shown())
	}
	is, ok := p.operator()
	if !ok {
		return nil, p.expected("eq, ne, gt, ge, lt or le")
	}
	name := p.take()
	of, err := p.field(name)
	if err != nil {
		return nil, err
	}
	return p.comparison(name, of, turned[is], value)
}

// isWord tells whether a name is a value.
func isWord(name string) bool {
	return strings.EqualFold(name, "true") || strings.EqualFold(name, "false") || strings.EqualFold(name, "null")
}

// operator reads an operator, if there is one.
func (p *parser) operator() (operator, bool) {
	for is, name := range operators {
		if p.tokens[0].kind == nameToken && p.skip(name) {
			return operator(is), true
		}
	}
	return 0, false
}

// filtered tells whether a field may be in a filter.
func filtered(f *Field) bool { return !f.Unfiltered && f.Type != Opaque }

// field returns the field that a token names.
func (p *parser) field(t token) (operand, *Error) {
	if t.kind != nameToken {
		return operand{}, p.fault(t, "expected a property, found %s", t.shown())
	}
	if p.variable != "" {
		if t.text != p.variable {
			return operand{}, p.fault(t, "expected %s, the element of the list, found %s", shown(p.variable), t.shown())
		}
		return p.element, nil
	}
	number, ok := p.schema.Number(t.text)
	if !ok || !filtered(&p.schema.fields[number]) {
		return operand{}, p.fault(t, "%s", p.schema.unknown(t.text, filtered))
	}
	return operand{&p.schema.fields[number], number}, nil
}

// value reads a token as a value of a field.
func (p *parser) value(of operand, t token) (Value, *Error) {
	if t.is("null") {
		return Value{}, nil
	}
	v, ok := of.literal(t)
	switch {
	case ok:
		return v, nil
	case t.kind == nameToken && (of.Type == Text || of.Type == Enum || of.Type == Texts):
		return v, p.fault(t, "%s is not in quotes: %s is compared with a text such as 'x'", t.shown(), of.Name)
	case of.Type == Texts:
		return v, p.fault(t, "%s is compared with a text, found %s", of.Name, t.shown())
	}
	return v, p.fault(t, "%s is %s, found %s", of.Name, of.Type, t.shown())
}

// comparison makes a comparison with the value that a token is.
func (p *parser) comparison(name token, of operand, is operator, t token) (node, *Error) {
	value, err := p.value(of, t)
	if err != nil {
		return nil, err
	}
	if is != eq && is != ne && (of.Type == Texts || of.Type == Bool) {
		return nil, p.fault(name, "%s is %s, which %s does not compare", of.Name, of.Type, operators[is])
	}
	return &comparison{of, is, value}, nil
}

// in reads the values of a term with in.
func (p *parser) in(of operand) (node, *Error) {
	if err := p.need("("); err != nil {
		return nil, err
	}
	o := &oneOf{operand: of}
	for {
		value, err := p.value(of, p.take())
		if err == nil {
			err = p.count()
		}
		if err != nil {
			return nil, err
		}
		if o.add(value); !p.skip(",") {
			return o, p.need(")")
		}
	}
}

// call reads a function of a field and a text.
func (p *parser) call(name token) (node, *Error) {
	does := slices.IndexFunc(functions, func(known string) bool { return strings.EqualFold(known, name.text) })
	if does < 0 {
		return nil, p.fault(name, "there is no function %s; there are %s", name.shown(), strings.Join(functions, ", "))
	}
	p.take() // the parenthesis
	field := p.take()
	of, err := p.field(field)
	if err == nil && of.Type != Text && of.Type != Enum && of.Type != Texts {
		err = p.fault(field, "%s is %s, and %s is for texts", of.Name, of.Type, functions[does])
	}
	if err == nil {
		err = p.need(",")
	}
	if err == nil && p.tokens[0].kind != quotedToken {
		err = p.expected("a text in quotes")
	}
	if err != nil {
		return nil, err
	}
	c := &call{of, function(does), of.folded(p.take().text)}
	if err := p.need(")"); err != nil {
		return nil, err
	}
	return p.compared(c)
}

// compared reads what some clients write behind a function: eq true, or the like.
func (p *parser) compared(c node) (node, *Error) {
	is, ok := p.operator()
	if !ok {
		return c, nil
	}
	truth := p.take()
	yes := truth.is("true")
	if is != eq && is != ne || !yes && !truth.is("false") {
		return nil, p.fault(truth, "a function is true or false: it is compared by eq or ne with one of these")
	}
	if yes == (is == eq) {
		return c, nil
	}
	return &negation{c}, nil
}

// any reads a term for the elements of a list.
func (p *parser) any(name token, of operand) (node, *Error) {
	if of.Type != Texts || p.variable != "" {
		return nil, p.fault(name, "%s is not a list", of.Name)
	}
	if !p.skip("any") {
		return nil, p.expected(shown("any"))
	}
	if err := p.need("("); err != nil || p.skip(")") {
		return &anyOf{operand: of}, err
	}
	variable := p.take()
	if variable.kind != nameToken || isWord(variable.text) {
		return nil, p.fault(variable, "expected a name for the elements, found %s", variable.shown())
	}
	if err := p.need(":"); err != nil {
		return nil, err
	}
	p.variable, p.element = variable.text, operand{&Field{Name: variable.text, Type: Text}, 0}
	inner, err := p.inside(p.either)
	p.variable = ""
	if err == nil {
		err = p.need(")")
	}
	return &anyOf{of, variable.text, inner}, err
}
