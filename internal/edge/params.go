package edge

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/defender"
)

// Parameter is a parameter in the query of an operation. Handlers read by this declaration, and
// descriptions of the API show it.
type Parameter struct {
	Name string
	Kind parameterKind
	// Least and Most bound a number; Fallback is the value of an absent one.
	Least, Most, Fallback int64
	Required              bool
	// Option: the name needs its $, as OData's own options do.
	Option bool
	// About says what it is for, in descriptions.
	About string
}

// parameterKind is the type of a parameter's value.
type parameterKind uint8

const (
	textParameter   parameterKind = iota
	NumberParameter               // a whole number
	FlagParameter                 // true or false; false if absent
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

// TakesOption returns one of OData's options, such as $filter.
func TakesOption(name, about string) Parameter {
	return Parameter{Name: name, Kind: textParameter, Option: true, About: about}
}

// FormatOption is $format of a call whose replies are JSON. Description.check reads it, so handlers need not.
var FormatOption = TakesOption("$format", "json")

// Query holds the declared parameters of a request; others are kept for the nextLink only. Names
// match in any case and with or without a leading $, which only an Option needs; values are
// trimmed. If a parameter is given several times the last one counts, because clients append to the
// nextLink what they asked for at first. Calls below /v1/ have no such links: there it is refused.
type Query struct {
	raw    string
	values map[string]string
	// option is the first name with $ that is not declared; "" if there is none.
	option string
	// twice is the first declared parameter that has two values which differ; "" if there is none.
	twice string
}

// parameterName returns the form in which names are compared.
func parameterName(name string) string {
	return strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), "$")
}

// names tells whether a name in a query is the parameter's.
func (p *Parameter) names(name string) bool {
	return parameterName(p.Name) == parameterName(name) && (!p.Option || isOption(name))
}

// isOption tells whether a name in a query is in the form of OData's options.
func isOption(name string) bool { return strings.HasPrefix(strings.TrimSpace(name), "$") }

// parseQuery reads the parameters of an operation in the query of an address. An invalid escape
// anywhere is an error, because its meaning is unknown.
func parseQuery(raw string, declared []Parameter) (Query, error) {
	q := Query{raw: raw, values: map[string]string{}}
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if nameErr != nil || valueErr != nil {
			return Query{}, Refuse(http.StatusBadRequest, defender.CodeBadRequest,
				"the parameter %q is not URL-encoded", Clip(pair))
		}
		switch {
		case slices.ContainsFunc(declared, func(p Parameter) bool { return p.names(name) }):
			name, value = parameterName(name), strings.TrimSpace(value)
			if before := q.values[name]; before != "" && before != value && q.twice == "" {
				q.twice = name
			}
			q.values[name] = value
		case isOption(name) && q.option == "":
			q.option = strings.TrimSpace(name)
		}
	}
	return q, nil
}

// Text returns a parameter's value; "" if it is absent.
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

// Sent returns the query as it was sent, unknown parameters too, with what With changed.
func (q Query) Sent() string { return q.raw }

// With returns the query to be sent with a new value of one parameter. It removes old values of that
// parameter and repeated pairs, so that the link of a client that appends to it does not grow from
// page to page.
func (q Query) With(p Parameter, value string) Query {
	var pairs []string
	for pair := range strings.SplitSeq(q.raw, "&") {
		name, _, _ := strings.Cut(pair, "=")
		name, _ = url.QueryUnescape(name) // parseQuery has checked it
		if pair == "" || p.names(name) || slices.Contains(pairs, pair) {
			continue
		}
		pairs = append(pairs, pair)
	}
	q.raw = strings.Join(append(pairs, p.Name+"="+value), "&")
	return q
}
