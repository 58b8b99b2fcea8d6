package rbac

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/muster-project/muster/internal/inventory"
)

// The limits of an organization's rules (design.md, law 6).
const (
	// MaxSize bounds rules in JSON, in bytes.
	MaxSize = 1 << 20
	// MaxGroups bounds the groups.
	MaxGroups = 1000
	// MaxRules bounds the rules.
	MaxRules = 10_000
	// MaxName bounds a group's name, in bytes.
	MaxName = 200
	// MaxWork bounds the steps for placing one device. A step compares a condition with a name, a
	// platform or a tag, or looks for a character of a pattern in 64 characters of one. It takes a
	// few nanoseconds, so the worst device takes about as long as a commit.
	MaxWork = 1 << 19
)

// ErrInvalid says that rules, or the name of a group, are invalid.
var ErrInvalid = errors.New("invalid RBAC groups")

// ErrCostly says that the rules cannot decide where a device belongs, because that takes too much
// work.
var ErrCostly = errors.New("this takes more work than is allowed; the organization's group rules need fewer patterns, or the device fewer tags")

// problem says what is wrong, and where ("rules[3].name").
type problem struct {
	place, text string
}

func (p *problem) Error() string {
	if p.place == "" {
		return fmt.Sprintf("%v: %s", ErrInvalid, p.text)
	}
	return fmt.Sprintf("%v: %s: %s", ErrInvalid, p.place, p.text)
}

func (p *problem) Unwrap() error { return ErrInvalid }

func invalid(place, format string, args ...any) error {
	return &problem{place, fmt.Sprintf(format, args...)}
}

// inMember prepends a key to the place of a problem.
func inMember(err error, key string) error {
	var p *problem
	if !errors.As(err, &p) {
		return err
	}
	if p.place != "" {
		key += "." + p.place
	}
	return &problem{key, p.text}
}

// within prepends a list's key and an index to the place of a problem.
func within(err error, list string, i int) error {
	return inMember(err, fmt.Sprintf("%s[%d]", list, i))
}

// IsReserved reports whether a name stands for devices in no group (contract.md, section 4), in
// any case.
func IsReserved(name string) bool {
	return strings.EqualFold(name, "None") || strings.EqualFold(name, "Unassigned")
}

// IsNamed reports whether a text is the name of a group, in any case. Group 0, of devices in no group, has two
// names beside the one that lists show.
func IsNamed(group int64, name, text string) bool {
	return strings.EqualFold(name, text) || group == 0 && IsReserved(text)
}

// CheckName returns an error that wraps ErrInvalid if a group cannot have a name.
func CheckName(name string) error {
	switch {
	case name == "":
		return invalid("", "a group's name is missing")
	case len(name) > MaxName:
		return invalid("", "a group's name is %d bytes long, at most %d are allowed", len(name), MaxName)
	case IsReserved(name):
		return invalid("", "is %q, which stands for no group", name)
	}
	return checkText(name)
}

// CheckNewName returns an error that wraps ErrInvalid if no new group can have a name. Old groups
// may have names with invisible characters.
func CheckNewName(name string) error {
	if err := CheckName(name); err != nil {
		return err
	}
	if strings.ContainsFunc(name, func(r rune) bool { return !inventory.IsVisible(r) }) {
		return invalid("", "is %+q, which has characters that cannot be seen", name)
	}
	return nil
}

// checkText refuses unprintable text.
func checkText(text string) error {
	switch {
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }):
		return invalid("", "is %q, which has characters that cannot be printed", text)
	case strings.TrimSpace(text) != text:
		return invalid("", "is %q, which begins or ends with a space", text)
	}
	return nil
}

// check checks a rule's conditions.
func (r *Rule) check() error {
	if r.Device+r.Name+r.Tag+r.Platform == "" {
		return invalid("", `has no condition (for all devices write "name": "*")`)
	}
	for _, condition := range [...]struct{ key, text, refused string }{
		{"device", r.Device, wildcards},
		{"name", r.Name, `[\`}, {"tag", r.Tag, `[\`}, {"platform", r.Platform, `[\`},
	} {
		if err := checkCondition(condition.text, condition.refused); err != nil {
			return inMember(err, condition.key)
		}
	}
	return nil
}

// checkCondition bounds a condition, and refuses characters with a meaning in other patterns, or
// in patterns at all.
func checkCondition(text, refused string) error {
	if len(text) > inventory.MaxName {
		return invalid("", "is %d bytes long, at most %d are allowed", len(text), inventory.MaxName)
	}
	if i := strings.IndexAny(text, refused); i >= 0 {
		return invalid("", "is %q: %q is not allowed here (name, tag and platform may contain * and ?, device is an id or a whole name)", text, text[i])
	}
	return checkText(text)
}
