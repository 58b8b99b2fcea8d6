package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/defender"
)

// parameter is one that an operation takes in its query. This declaration is
// all there is: handlers read by it, and descriptions of the API show it.
type parameter struct {
	name string
	kind parameterKind
	// least and most bound a number; fallback stands for an absent one.
	least, most, fallback int64
	required              bool
	// about says what it is for, in descriptions.
	about string
}

// parameterKind is what a parameter may say.
type parameterKind uint8

const (
	textParameter   parameterKind = iota
	numberParameter               // a whole number
	flagParameter                 // true or false; false where it is absent
	timeParameter                 // as sinceTime reads it
)

func takesText(name, about string) parameter {
	return parameter{name: name, kind: textParameter, about: about}
}

func neededText(name, about string) parameter {
	return parameter{name: name, kind: textParameter, required: true, about: about}
}

func takesNumber(name string, fallback, least, most int64, about string) parameter {
	return parameter{name: name, kind: numberParameter, least: least, most: most, fallback: fallback, about: about}
}

func takesFlag(name, about string) parameter {
	return parameter{name: name, kind: flagParameter, about: about}
}

// query holds the parameters of a request that its operation declares; others
// are kept for the nextLink alone. Names match without regard to case and with
// or without a leading $; values are trimmed; of a parameter given several times
// the last one counts, because clients append to the nextLink what they had
// asked for at first.
type query struct {
	raw    string
	values map[string]string
}

// parameterName is the form that names are compared in.
func parameterName(name string) string {
	return strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), "$")
}

// parseQuery reads the declared parameters in the query of an address. An
// unreadable escape anywhere is an error, since nobody can tell what was meant.
func parseQuery(raw string, declared []parameter) (query, error) {
	q := query{raw: raw, values: map[string]string{}}
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if nameErr != nil || valueErr != nil {
			return query{}, refuse(http.StatusBadRequest, defender.CodeBadRequest, "the parameter %q is not URL-encoded", clip(pair))
		}
		name = parameterName(name)
		if slices.ContainsFunc(declared, func(p parameter) bool { return parameterName(p.name) == name }) {
			q.values[name] = strings.TrimSpace(value)
		}
	}
	return q, nil
}

// text returns a parameter's value; empty where it is absent.
func (q query) text(p parameter) string { return q.values[parameterName(p.name)] }

// number returns the value of a number, within its bounds.
func (q query) number(p parameter) (int64, error) {
	text := q.text(p)
	if text == "" {
		return p.fallback, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < p.least || n > p.most {
		return 0, invalid("%s is %q, must be a whole number from %d to %d", p.name, clip(text), p.least, p.most)
	}
	return n, nil
}

// flag returns the value of a flag.
func (q query) flag(p parameter) (bool, error) {
	switch text := q.text(p); strings.ToLower(text) {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, invalid("%s is %q, must be true or false", p.name, clip(text))
	}
}

// with returns the query as it was sent, unknown parameters too, but for an old
// value of one parameter, and with a new one. A pair that is there already is not
// repeated, so that the link of a client that appends to it does not grow from
// page to page.
func (q query) with(p parameter, value string) string {
	var pairs []string
	for pair := range strings.SplitSeq(q.raw, "&") {
		name, _, _ := strings.Cut(pair, "=")
		name, _ = url.QueryUnescape(name) // parseQuery has read it before
		if pair == "" || parameterName(name) == parameterName(p.name) || slices.Contains(pairs, pair) {
			continue
		}
		pairs = append(pairs, pair)
	}
	return strings.Join(append(pairs, p.name+"="+value), "&")
}
