package edge

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/defender"
)

// Parameter is one that an operation takes in its query. This declaration is
// all there is: handlers read by it, and descriptions of the API show it.
type Parameter struct {
	Name string
	Kind parameterKind
	// Least and most bound a number; fallback stands for an absent one.
	Least, Most, Fallback int64
	Required              bool
	// About says what it is for, in descriptions.
	About string
}

// parameterKind is what a parameter may say.
type parameterKind uint8

const (
	textParameter   parameterKind = iota
	NumberParameter               // a whole number
	FlagParameter                 // true or false; false where it is absent
	TimeParameter                 // as sinceTime reads it
)

func TakesText(name, about string) Parameter {
	return Parameter{Name: name, Kind: textParameter, About: about}
}

func NeededText(name, about string) Parameter {
	return Parameter{Name: name, Kind: textParameter, Required: true, About: about}
}

func TakesNumber(name string, fallback, least, most int64, about string) Parameter {
	return Parameter{Name: name, Kind: NumberParameter, Least: least, Most: most, Fallback: fallback, About: about}
}

func TakesFlag(name, about string) Parameter {
	return Parameter{Name: name, Kind: FlagParameter, About: about}
}

// Query holds the parameters of a request that its operation declares; others
// are kept for the nextLink alone. Names match without regard to case and with
// or without a leading $; values are trimmed; of a parameter given several times
// the last one counts, because clients append to the nextLink what they had
// asked for at first.
type Query struct {
	raw    string
	values map[string]string
}

// parameterName is the form that names are compared in.
func parameterName(name string) string {
	return strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), "$")
}

// parseQuery reads the declared parameters in the query of an address. An
// unreadable escape anywhere is an error, since nobody can tell what was meant.
func parseQuery(raw string, declared []Parameter) (Query, error) {
	q := Query{raw: raw, values: map[string]string{}}
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if nameErr != nil || valueErr != nil {
			return Query{}, Refuse(http.StatusBadRequest, defender.CodeBadRequest, "the parameter %q is not URL-encoded", Clip(pair))
		}
		name = parameterName(name)
		if slices.ContainsFunc(declared, func(p Parameter) bool { return parameterName(p.Name) == name }) {
			q.values[name] = strings.TrimSpace(value)
		}
	}
	return q, nil
}

// Text returns a parameter's value; empty where it is absent.
func (q Query) Text(p Parameter) string { return q.values[parameterName(p.Name)] }

// Number returns the value of a number, within its bounds.
func (q Query) Number(p Parameter) (int64, error) {
	text := q.Text(p)
	if text == "" {
		return p.Fallback, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < p.Least || n > p.Most {
		return 0, Invalid("%s is %q, must be a whole number from %d to %d", p.Name, Clip(text), p.Least, p.Most)
	}
	return n, nil
}

// Flag returns the value of a flag.
func (q Query) Flag(p Parameter) (bool, error) {
	switch text := q.Text(p); strings.ToLower(text) {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, Invalid("%s is %q, must be true or false", p.Name, Clip(text))
	}
}

// With returns the query as it was sent, unknown parameters too, but for an old
// value of one parameter, and with a new one. A pair that is there already is not
// repeated, so that the link of a client that appends to it does not grow from
// page to page.
func (q Query) With(p Parameter, value string) string {
	var pairs []string
	for pair := range strings.SplitSeq(q.raw, "&") {
		name, _, _ := strings.Cut(pair, "=")
		name, _ = url.QueryUnescape(name) // parseQuery has read it before
		if pair == "" || parameterName(name) == parameterName(p.Name) || slices.Contains(pairs, pair) {
			continue
		}
		pairs = append(pairs, pair)
	}
	return strings.Join(append(pairs, p.Name+"="+value), "&")
}
