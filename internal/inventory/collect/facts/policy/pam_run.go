package policy

import (
	"strconv"
	"strings"
)

// answer is what a module says, in the words of pam.d(5): "success", "auth_err", "ignore".
type answer string

const (
	succeeds answer = "success"
	fails    answer = "auth_err"
	ignores  answer = "ignore"
)

// controls are the words for lists of actions (pam.d(5)).
var controls = map[string]string{
	"required":   "success=ok new_authtok_reqd=ok ignore=ignore default=bad",
	"requisite":  "success=ok new_authtok_reqd=ok ignore=ignore default=die",
	"sufficient": "success=done new_authtok_reqd=done default=ignore",
	"optional":   "success=ok new_authtok_reqd=ok default=ignore",
}

// actionOf returns what a control does after an answer: "ok", "done", "bad", "die", "ignore", "reset", or a number of
// modules to skip. Of a control that PAM does not know every answer is bad.
func actionOf(control string, said answer) string {
	list, known := controls[control]
	if !known {
		inner, inBrackets := strings.CutPrefix(control, "[")
		if !inBrackets {
			return "bad"
		}
		list = strings.TrimSuffix(inner, "]")
	}
	otherwise := "bad" // an answer that the list does not name is no success
	for pair := range strings.FieldsSeq(list) {
		name, action, _ := strings.Cut(pair, "=")
		switch name {
		case string(said):
			return action
		case "default":
			otherwise = action
		}
	}
	return otherwise
}

// impression is what the modules before have made of a stack: PAM has not decided, or the last answer that counts.
type impression struct {
	decided bool
	final   bool // no later answer counts
	answer  answer
}

// rejected is a stack that fails whatever comes.
var rejected = impression{decided: true, final: true, answer: fails}

// runStack runs a stack as libpam's dispatcher does (pam_dispatch.c), asking say for the answer of each module that is
// reached, and reports whether the stack succeeds.
func runStack(stack []pamModule, say func(pamModule) answer) bool {
	var state impression
	before := make([]impression, maxIncludes+2)
	for i := 0; i < len(stack); i++ {
		m := stack[i]
		if m.entered {
			before[m.level+1] = state
			continue
		}
		said := say(m)
		action := actionOf(m.control, said)
		switch action {
		case "ignore":
		case "reset":
			state = before[m.level]
		case "ok", "done":
			if !state.decided || !state.final && state.answer == succeeds {
				state = impression{decided: true, answer: said}
			}
			if action == "done" && !state.final {
				i = leave(stack, i)
			}
		case "bad":
			state = rejected
		case "die":
			state = rejected
			i = leave(stack, i)
		default:
			n, err := strconv.Atoi(action)
			var ok bool
			if i, ok = skip(stack, i, n); err != nil || n < 1 || !ok {
				state = rejected
			}
		}
	}
	return state.decided && state.answer == succeeds
}

// leave returns the last module of the level of module i: a decision ends the substack in which it is made.
func leave(stack []pamModule, i int) int {
	level := stack[i].level
	for i+1 < len(stack) && stack[i+1].level >= level {
		i++
	}
	return i
}

// skip returns the last of n skipped modules after module i; a substack is one of them. ok is false if there are fewer.
func skip(stack []pamModule, i, n int) (last int, ok bool) {
	level := stack[i].level
	for ; n > 0 && i+1 < len(stack) && stack[i+1].level >= level; n-- {
		for i++; i+1 < len(stack) && stack[i+1].level > level; i++ {
		}
	}
	return i, n <= 0
}
