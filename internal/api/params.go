package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
)

// The limits of parameters: contract.md, section 2.
const (
	defaultPageSize = 50_000
	maxPageSize     = 200_000
	maxSince        = 14*24*time.Hour + time.Hour
)

// query holds the parameters of a request. Names match without regard to case
// and with or without a leading $; values are trimmed; of a parameter given
// several times the last one counts, because clients append to the nextLink
// what they had asked for at first.
type query struct {
	raw    string
	values map[string]string
}

// parameterName is the form that names are compared in.
func parameterName(name string) string {
	return strings.TrimPrefix(strings.ToLower(strings.TrimSpace(name)), "$")
}

// parseQuery reads the query of an address. An unreadable escape is an error,
// since nobody can tell what was meant.
func parseQuery(raw string) (query, error) {
	q := query{raw: raw, values: map[string]string{}}
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if nameErr != nil || valueErr != nil {
			return query{}, refuse(http.StatusBadRequest, defender.CodeBadRequest, "the parameter %q is not URL-encoded", clip(pair))
		}
		if name = parameterName(name); name != "" {
			q.values[name] = strings.TrimSpace(value)
		}
	}
	return q, nil
}

// text returns a parameter's value; empty where it is absent.
func (q query) text(name string) string { return q.values[parameterName(name)] }

// number returns a whole number between lo and hi, fallback where the
// parameter is absent.
func (q query) number(name string, fallback, lo, hi int64) (int64, error) {
	text := q.text(name)
	if text == "" {
		return fallback, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < lo || n > hi {
		return 0, invalid("%s is %q, must be a whole number from %d to %d", name, clip(text), lo, hi)
	}
	return n, nil
}

// flag returns a parameter that is true or false; false where it is absent.
func (q query) flag(name string) (bool, error) {
	switch text := q.text(name); strings.ToLower(text) {
	case "", "false":
		return false, nil
	case "true":
		return true, nil
	default:
		return false, invalid("%s is %q, must be true or false", name, clip(text))
	}
}

// sinceTime returns the time after which changes are wanted, which must not lie
// too far back.
func (q query) sinceTime(now time.Time) (time.Time, error) {
	const name, form = "sinceTime", "a time of the last 14 days, such as 2021-05-19T18:35:49.924Z"
	text := q.text(name)
	if text == "" {
		return time.Time{}, missing(name, form)
	}
	since, ok := parseSince(text)
	switch {
	case !ok:
		return time.Time{}, invalid("%s is %q, must be %s", name, clip(text), form)
	case since.Before(now.Add(-maxSince)):
		return time.Time{}, invalid("%s is %q, more than 14 days ago: begin with a full export", name, clip(text))
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
