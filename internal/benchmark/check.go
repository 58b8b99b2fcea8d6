package benchmark

import (
	"errors"
	"fmt"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"

	"github.com/muster-project/muster/internal/counts"
)

// check is a compiled definition.
type check struct {
	definition *Definition
	// applies is nil if the definition has none.
	applies   cel.Program
	compliant cel.Program
	reads     reads
	// told and whole are the hashes of the definition (Definition.hashes).
	told, whole [32]byte
}

// compileCheck compiles d's expressions; language declares d's facts.
func compileCheck(d *Definition, language *cel.Env) (*check, error) {
	c := &check{definition: d, reads: reads{}}
	var err error
	if d.Applies != "" {
		if c.applies, err = c.compile(language, d.Applies); err != nil {
			return nil, fmt.Errorf("applies: %w", err)
		}
	}
	if c.compliant, err = c.compile(language, d.Compliant); err != nil {
		return nil, fmt.Errorf("compliant: %w", err)
	}
	if c.told, c.whole, err = d.hashes(); err != nil {
		return nil, fmt.Errorf("hashing: %w", err)
	}
	return c, nil
}

// compile compiles an expression of type bool. Errors give line and column in the expression.
func (c *check) compile(language *cel.Env, expression string) (cel.Program, error) {
	ast, issues := language.Compile(expression)
	if err := issues.Err(); err != nil {
		return nil, fmt.Errorf("compiling: %w", err)
	}
	if ast.OutputType() != cel.BoolType {
		return nil, fmt.Errorf("the expression has type %s, want bool", ast.OutputType())
	}
	program, err := language.Program(ast, cel.EvalOptions(cel.OptOptimize), cel.CostLimit(maxExpressionCost))
	if err != nil {
		return nil, fmt.Errorf("planning: %w", err)
	}
	c.reads.join(readsOf(ast.NativeRep(), c.definition.Facts))
	return program, nil
}

// judge evaluates the check. If there is an error the verdict is unknown; a silence is no error.
func (c *check) judge(vars cel.Activation) (decision, error) {
	if c.applies != nil {
		switch applies, err := holds(c.applies, vars); {
		case err != nil:
			return c.undecided("applies", err)
		case !applies:
			return decision{verdict: notApplicable}, nil
		}
	}
	switch ok, err := holds(c.compliant, vars); {
	case err != nil:
		return c.undecided("compliant", err)
	case !ok:
		return decision{verdict: nonCompliant}, nil
	}
	return decision{verdict: compliant}, nil
}

// undecided returns why the check has no verdict.
func (c *check) undecided(expression string, err error) (decision, error) {
	var silent *silence
	if errors.As(err, &silent) {
		if silent.family != "" {
			return decision{reason: silent.reason, cause: counts.CauseUnread, told: silent.family + " could not be read"}, nil
		}
		return decision{reason: silent.reason, cause: counts.CauseUndecided, told: silent.reason}, nil
	}
	err = fmt.Errorf("check %q: %s: %w", c.definition.ID, expression, err)
	return decision{reason: err.Error(), cause: counts.CauseFailed, told: c.definition.ID + " cannot be evaluated"}, err
}

func holds(program cel.Program, vars cel.Activation) (bool, error) {
	value, _, err := program.Eval(vars)
	if err != nil {
		return false, err
	}
	answer, ok := value.(types.Bool)
	if !ok {
		return false, fmt.Errorf("the expression returned %s, want bool", value.Type().TypeName())
	}
	return bool(answer), nil
}
