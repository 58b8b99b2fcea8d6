package api

import (
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

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

// maxPageSize is how many rows a page may have.
const maxPageSize = 200_000

// The parameters of exports: contract.md, section 2.
var (
	pageSize     = takesNumber("pageSize", 50_000, 1, maxPageSize, "rows a page")
	top          = takesNumber("$top", 0, 0, math.MaxInt64, "so many rows at most, and no nextLink")
	skipToken    = takesText("$skiptoken", "from a nextLink, as it is")
	includeClean = takesFlag("includeClean", "adds software without known vulnerabilities: rows whose cveId is null")
	sinceTime    = parameter{name: "sinceTime", kind: timeParameter, required: true,
		about: "show changes published after this time, such as 2021-05-19T18:35:49.924Z; at most 14 days ago"}
)

// maxSince is how far back sinceTime may lie: 14 days, and some slack.
const maxSince = 14*24*time.Hour + time.Hour

// sasValidHours is for calls via files. Its upper limit is the server's to set.
func (s *Server) sasValidHours() parameter {
	return takesNumber("sasValidHours", 1, 1, int64(s.MaxLinkHours), "whole hours that links live")
}

// sinceTime returns the time after which changes are wanted, which must not lie
// too far back.
func (q query) sinceTime(now time.Time) (time.Time, error) {
	const form = "a time of the last 14 days, such as 2021-05-19T18:35:49.924Z"
	text := q.text(sinceTime)
	if text == "" {
		return time.Time{}, missing(sinceTime.name, form)
	}
	since, ok := parseSince(text)
	switch {
	case !ok:
		return time.Time{}, invalid("%s is %q, must be %s", sinceTime.name, clip(text), form)
	case since.Before(now.Add(-maxSince)):
		return time.Time{}, invalid("%s is %q, more than 14 days ago: begin with a full export", sinceTime.name, clip(text))
	}
	return since, nil
}

// parseSince reads the spellings of sinceTime: RFC 3339 with any fraction, also
// where the plus of its zone was decoded as a space; without a zone, which is
// then UTC; a date alone.
func parseSince(text string) (time.Time, bool) {
	if strings.Contains(text, "T") {
		text = strings.Replace(text, " ", "+", 1)
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}

// next returns the query of a nextLink: the caller's parameters as they were
// sent, unknown ones too, but for an old skip token, and the new one. A pair
// that is there already is not repeated, so that the link of a client that
// appends to it does not grow from page to page.
func (q query) next(token string) string {
	var pairs []string
	for pair := range strings.SplitSeq(q.raw, "&") {
		name, _, _ := strings.Cut(pair, "=")
		name, _ = url.QueryUnescape(name) // parseQuery has read it before
		if pair == "" || parameterName(name) == "skiptoken" || slices.Contains(pairs, pair) {
			continue
		}
		pairs = append(pairs, pair)
	}
	return strings.Join(append(pairs, "$skiptoken="+token), "&")
}
