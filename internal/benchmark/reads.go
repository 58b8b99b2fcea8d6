package benchmark

import (
	"maps"
	"slices"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/operators"
	"cel.dev/cel-go/common/types"
)

// reads are the keys that expressions can read, by variable; nil stands for any key.
type reads map[string]map[string]bool

// add adds a key of a variable.
func (r reads) add(variable, key string) {
	if keys, have := r[variable]; !have {
		r[variable] = map[string]bool{key: true}
	} else if keys != nil {
		keys[key] = true
	}
}

// join adds what other expressions read.
func (r reads) join(other reads) {
	for variable, keys := range other {
		if keys == nil {
			r[variable] = nil
			continue
		}
		for key := range keys {
			r.add(variable, key)
		}
	}
}

// keysOf returns the keys that are read of a variable, in order; all says that they may be any.
func (r reads) keysOf(variable string) (keys []string, all bool) {
	found, have := r[variable]
	return slices.Sorted(maps.Keys(found)), have && found == nil
}

// reader finds out which keys an expression can read. Every use of a family that is not known to read certain keys may
// read any.
type reader struct {
	found reads
	// texts has the values of variables of comprehensions over lists of literal texts.
	texts map[string][]string
	// families are the names of variables that are families.
	families map[string]bool
}

// readsOf returns what an expression reads of families.
func readsOf(expression *ast.AST, families []string) reads {
	r := &reader{reads{}, map[string][]string{}, map[string]bool{}}
	for _, family := range families {
		r.families[identifier(family)] = true
	}
	r.walk(expression.Expr())
	return r.found
}

// walk looks at an expression.
func (r *reader) walk(e ast.Expr) {
	switch e.Kind() {
	case ast.IdentKind:
		if name := e.AsIdent(); r.families[name] {
			r.found[name] = nil
		}
	case ast.SelectKind:
		if s := e.AsSelect(); !r.reads(s.Operand(), []string{s.FieldName()}) {
			r.walk(s.Operand())
		}
	case ast.CallKind:
		r.call(e.AsCall())
	case ast.ListKind:
		r.walkAll(e.AsList().Elements())
	case ast.ComprehensionKind:
		r.comprehension(e.AsComprehension())
	case ast.MapKind:
		for _, entry := range e.AsMap().Entries() {
			r.walkAll([]ast.Expr{entry.AsMapEntry().Key(), entry.AsMapEntry().Value()})
		}
	}
}

func (r *reader) walkAll(all []ast.Expr) {
	for _, e := range all {
		r.walk(e)
	}
}

// reads notes that keys of a family are read, if family is one.
func (r *reader) reads(family ast.Expr, keys []string) bool {
	if family.Kind() != ast.IdentKind || !r.families[family.AsIdent()] || keys == nil {
		return false
	}
	for _, key := range keys {
		r.found.add(family.AsIdent(), key)
	}
	return true
}

// call looks at a call of a function or operator.
func (r *reader) call(c ast.CallExpr) {
	arguments := c.Args()
	switch name := c.FunctionName(); {
	case (name == operators.Index || name == operators.OptIndex || name == operators.OptSelect) && len(arguments) == 2:
		if r.reads(arguments[0], r.literals(arguments[1])) {
			return
		}
	case name == operators.In && len(arguments) == 2:
		if r.reads(arguments[1], r.literals(arguments[0])) {
			return
		}
	case name == "each" && c.IsMemberFunction() && len(arguments) == 2:
		keys := r.literals(arguments[0])
		for _, key := range slices.Clone(keys) {
			keys = append(keys, "Match "+key)
		}
		if r.reads(c.Target(), keys) {
			r.walk(arguments[1])
			return
		}
	}
	if c.IsMemberFunction() {
		r.walk(c.Target())
	}
	r.walkAll(arguments)
}

// comprehension looks at a macro over a list or a map.
func (r *reader) comprehension(c ast.ComprehensionExpr) {
	r.walk(c.IterRange())
	name := c.IterVar()
	outer, shadowed := r.texts[name]
	if texts := listed(c.IterRange()); texts != nil && !c.HasIterVar2() && !r.families[name] {
		r.texts[name] = texts
	} else {
		delete(r.texts, name)
	}
	r.walkAll([]ast.Expr{c.AccuInit(), c.LoopCondition(), c.LoopStep(), c.Result()})
	delete(r.texts, name)
	if shadowed {
		r.texts[name] = outer
	}
}

// literals returns the texts that an expression can be, or nil if they may be any.
func (r *reader) literals(e ast.Expr) []string {
	switch e.Kind() {
	case ast.LiteralKind:
		if text, ok := e.AsLiteral().(types.String); ok {
			return []string{string(text)}
		}
	case ast.IdentKind:
		return r.texts[e.AsIdent()]
	}
	return nil
}

// listed returns the elements of a list of literal texts, or nil.
func listed(e ast.Expr) []string {
	if e.Kind() != ast.ListKind {
		return nil
	}
	var texts []string
	for _, element := range e.AsList().Elements() {
		if element.Kind() != ast.LiteralKind {
			return nil
		}
		text, ok := element.AsLiteral().(types.String)
		if !ok {
			return nil
		}
		texts = append(texts, string(text))
	}
	return texts
}
