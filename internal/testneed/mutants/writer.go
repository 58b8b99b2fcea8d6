package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/token"
	"slices"
)

// writer puts calls around the places of a file.
type writer struct {
	all   *mutated
	name  string
	text  []byte
	file  *token.File
	in    string
	edits []edit
}

// edit is an insertion.
type edit struct {
	at   int
	text string
}

func (w *writer) offset(p token.Pos) int { return w.file.Offset(p) }

// add makes a mutant and returns its number.
func (w *writer) add(e ast.Expr, is string) int {
	number := len(w.all.mutants) + 1
	was := bytes.Join(bytes.Fields(w.text[w.offset(e.Pos()):w.offset(e.End())]), []byte(" "))
	w.all.mutants = append(w.all.mutants,
		mutant{number: number, file: w.name, line: w.file.Line(e.Pos()), in: w.in, was: string(was), is: is})
	return number
}

// around puts a call around an expression. within adds the edits inside it.
func (w *writer) around(e ast.Expr, call string, within func()) {
	w.edits = append(w.edits, edit{w.offset(e.Pos()), call})
	within()
	w.edits = append(w.edits, edit{w.offset(e.End()), ")"})
}

// edited returns the text with the insertions.
func (w *writer) edited() []byte {
	slices.SortStableFunc(w.edits, func(a, b edit) int { return cmp.Compare(a.at, b.at) })
	var out bytes.Buffer
	at := 0
	for _, e := range w.edits {
		out.Write(w.text[at:e.at])
		out.WriteString(e.text)
		at = e.at
	}
	out.Write(w.text[at:])
	return out.Bytes()
}

// function mutates the body of a function.
func (w *writer) function(body *ast.BlockStmt) {
	ast.Inspect(body, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.IfStmt:
			if n.Init != nil {
				w.function(&ast.BlockStmt{List: []ast.Stmt{n.Init}})
			}
			w.condition(n.Cond)
			w.function(n.Body)
			if n.Else != nil {
				w.function(&ast.BlockStmt{List: []ast.Stmt{n.Else}})
			}
			return false
		case *ast.SwitchStmt:
			w.cases(n)
			return false
		case *ast.ForStmt:
			w.function(n.Body)
			return false
		case ast.Expr:
			return !w.expression(n)
		}
		return true
	})
}

// cases mutates the cases of a switch: conditions, or values that are numbers.
func (w *writer) cases(s *ast.SwitchStmt) {
	for _, c := range s.Body.List {
		clause := c.(*ast.CaseClause)
		for _, e := range clause.List {
			if s.Tag == nil {
				w.condition(e)
			} else {
				w.around(e, fmt.Sprintf("mutantCase(%d, ", w.add(e, "no case")), func() {})
			}
		}
		w.function(&ast.BlockStmt{List: clause.Body})
	}
}

// expression mutates an expression whose form is that of a condition or of a set of flags, and
// reports whether it is one.
func (w *writer) expression(e ast.Expr) bool {
	binary, _ := e.(*ast.BinaryExpr)
	unary, _ := e.(*ast.UnaryExpr)
	switch {
	case unary != nil && unary.Op == token.NOT:
		w.condition(e)
		return true
	case binary == nil:
		return false
	}
	switch binary.Op {
	case token.LAND, token.LOR, token.EQL, token.NEQ, token.LSS, token.LEQ, token.GTR, token.GEQ:
		w.condition(e)
		return true
	case token.OR:
		w.flags(e)
		return true
	}
	return false
}

// flags mutates the operands of "|".
func (w *writer) flags(e ast.Expr) {
	if binary, ok := e.(*ast.BinaryExpr); ok && binary.Op == token.OR {
		w.flags(binary.X)
		w.flags(binary.Y)
		return
	}
	w.around(e, fmt.Sprintf("mutantFlag(%d, ", w.add(e, "0")), func() {})
}

// condition makes a condition always true and always false, and removes each of its parts. Removing
// parts finds more than making all of "&&" true or all of "||" false. Conditions that look for
// errors are left alone.
func (w *writer) condition(e ast.Expr) {
	if looksForErrors(e) {
		w.parts(e)
		return
	}
	whenTrue, whenFalse := 0, 0
	binary, _ := e.(*ast.BinaryExpr)
	if binary == nil || binary.Op != token.LAND {
		whenTrue = w.add(e, "true")
	}
	if binary == nil || binary.Op != token.LOR {
		whenFalse = w.add(e, "false")
	}
	w.around(e, fmt.Sprintf("mutantBool(%d, %d, ", whenTrue, whenFalse), func() { w.parts(e) })
}

// parts removes each part of a condition.
func (w *writer) parts(e ast.Expr) {
	switch e := e.(type) {
	case *ast.ParenExpr:
		w.parts(e.X)
	case *ast.UnaryExpr:
		if e.Op == token.NOT {
			w.parts(e.X)
		}
	case *ast.BinaryExpr:
		if e.Op == token.LAND || e.Op == token.LOR {
			w.part(e.X, e.Op)
			w.part(e.Y, e.Op)
		}
	}
}

// part removes one operand of "&&" or "||".
func (w *writer) part(e ast.Expr, op token.Token) {
	switch binary, _ := e.(*ast.BinaryExpr); {
	case binary != nil && binary.Op == op:
		w.parts(e) // the operator is the same
	case looksForErrors(e):
		w.parts(e)
	case op == token.LAND:
		w.around(e, fmt.Sprintf("mutantBool(%d, 0, ", w.add(e, "true")), func() { w.parts(e) })
	default:
		w.around(e, fmt.Sprintf("mutantBool(0, %d, ", w.add(e, "false")), func() { w.parts(e) })
	}
}

// looksForErrors reports whether a condition compares an error with nil.
func looksForErrors(e ast.Expr) (looks bool) {
	ast.Inspect(e, func(node ast.Node) bool {
		if binary, ok := node.(*ast.BinaryExpr); ok && (binary.Op == token.EQL || binary.Op == token.NEQ) {
			x, _ := binary.X.(*ast.Ident)
			y, _ := binary.Y.(*ast.Ident)
			looks = looks || x != nil && y != nil && x.Name == "err" && y.Name == "nil"
		}
		return !looks
	})
	return looks
}
