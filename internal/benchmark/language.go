package benchmark

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
	"cel.dev/cel-go/common/types/traits"
	"cel.dev/cel-go/ext"
)

// languageVersion is part of a benchmark's id. It is raised if an expression may give another
// result than before.
const languageVersion = 2

// Limits of one expression. The cost is in CEL's own unit, some nanoseconds each; an evaluation
// beyond it fails with an error.
const (
	maxExpressionBytes = 4096
	maxExpressionNodes = 1000
	maxExpressionDepth = 50
	maxExpressionCost  = 1_000_000
)

// newLanguage returns the CEL environment without facts.
func newLanguage() (*cel.Env, error) {
	return cel.NewEnv(
		cel.OptionalTypes(),
		ext.Strings(ext.StringsVersion(4)),
		cel.ParserExpressionSizeLimit(maxExpressionBytes),
		cel.ParserRecursionLimit(maxExpressionDepth),
		cel.ExpressionNodeLimit(maxExpressionNodes),
		cel.ASTValidators(cel.ValidateRegexLiterals()),
		cel.Function("seconds", cel.MemberOverload("string_seconds",
			[]*cel.Type{cel.StringType}, cel.IntType, cel.UnaryBinding(celSeconds))),
		cel.Function("within", cel.MemberOverload("string_within_string",
			[]*cel.Type{cel.StringType, cel.StringType}, cel.BoolType, cel.BinaryBinding(celWithin))),
		cel.Function("atLeast", cel.MemberOverload("string_at_least_string_string",
			[]*cel.Type{cel.StringType, cel.StringType, cel.StringType}, cel.BoolType, cel.FunctionBinding(atLeast))),
		cel.Function("upstream", cel.MemberOverload("string_upstream",
			[]*cel.Type{cel.StringType}, cel.StringType, cel.UnaryBinding(upstream))),
		// The first type is any: that of a family's keys is not known where they could not be read.
		cel.Function("each", cel.MemberOverload("map_each_string_string",
			[]*cel.Type{cel.DynType, cel.StringType, cel.StringType},
			cel.ListType(cel.StringType), cel.FunctionBinding(each))),
		cel.Function("silent", cel.Overload("silent_string",
			[]*cel.Type{cel.StringType}, cel.BoolType, cel.UnaryBinding(celSilent))),
	)
}

// identifier returns the variable for a family of facts: "login_defs" for "login.defs".
func identifier(family string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z') {
			return r
		}
		return '_'
	}, family)
}

func celSeconds(span ref.Val) ref.Val {
	n, err := seconds(string(span.(types.String)))
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Int(n)
}

// each returns the values that an option of sshd has: the common one, or the program's own, and those that Match blocks
// give to some connections.
func each(arguments ...ref.Val) ref.Val {
	options, ok := arguments[0].(traits.Mapper)
	name, ok2 := arguments[1].(types.String)
	if !ok || !ok2 {
		return types.MaybeNoSuchOverloadErr(arguments[0])
	}
	common, found := options.Find(name)
	if types.IsError(common) {
		return common
	}
	if !found {
		common = arguments[2]
	}
	matched, found := options.Find("Match " + name)
	if types.IsError(matched) {
		return matched
	}
	value, ok := common.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(common)
	}
	all := []string{string(value)}
	if values, ok := matched.(types.String); found && ok {
		all = append(all, strings.Split(string(values), "; ")...)
	}
	return types.NewStringList(types.DefaultTypeAdapter, all)
}

func celSilent(reason ref.Val) ref.Val {
	return types.WrapErr(&silence{reason: string(reason.(types.String))})
}

func celWithin(mode, most ref.Val) ref.Val {
	ok, err := within(string(mode.(types.String)), string(most.(types.String)))
	if err != nil {
		return types.WrapErr(err)
	}
	return types.Bool(ok)
}

// maxSpan is the longest time span in seconds, about 68 years; a longer one is an error, as for
// sshd.
const maxSpan = 1<<31 - 1

// seconds parses a time span of sshd_config(5), "TIME FORMATS": the sum of numbers with units:
// "90", "5m", "1h30m". Without a unit a number is in seconds.
func seconds(span string) (int64, error) {
	if span == "" {
		return 0, errors.New("the time span is empty")
	}
	var total int64
	for rest := span; rest != ""; {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.ParseInt(rest[:digits], 10, 32)
		if err != nil {
			return 0, fmt.Errorf("time span %.40q: want numbers with units", span)
		}
		unit := int64(1)
		if rest = rest[digits:]; rest != "" {
			unit = unitSeconds(rest[0])
			rest = rest[1:]
		}
		if unit == 0 {
			return 0, fmt.Errorf("time span %.40q has an unknown unit", span)
		}
		if total += n * unit; total > maxSpan {
			return 0, fmt.Errorf("time span %.40q is too long", span)
		}
	}
	return total, nil
}

// unitSeconds returns the length of a unit; 0 for an unknown one.
func unitSeconds(unit byte) int64 {
	switch unit {
	case 's', 'S':
		return 1
	case 'm', 'M':
		return 60
	case 'h', 'H':
		return 60 * 60
	case 'd', 'D':
		return 24 * 60 * 60
	case 'w', 'W':
		return 7 * 24 * 60 * 60
	}
	return 0
}

// within reports whether a file's mode, in octal and possibly followed by its owner ("0640 0:42"),
// only has bits of most.
func within(mode, most string) (bool, error) {
	mode, _, _ = strings.Cut(mode, " ")
	has, err := strconv.ParseUint(mode, 8, 12)
	if err != nil {
		return false, fmt.Errorf("file mode %.40q: want octal digits", mode)
	}
	may, err := strconv.ParseUint(most, 8, 12)
	if err != nil {
		return false, fmt.Errorf("file mode %.40q: want octal digits", most)
	}
	return has&^may == 0, nil
}
