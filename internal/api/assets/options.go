package assets

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/odata"
)

// The options of lists: contract.md, section 9. They have a $ before their names; names without one are
// the client's own.
var (
	filterOption  = edge.TakesText("$filter", "only objects for which this is true, such as severity eq 'High'")
	orderOption   = edge.TakesText("$orderby", "keys to sort by, each with asc or desc")
	topOption     = edge.TakesText("$top", "at most so many objects, and no nextLink")
	skipOption    = edge.TakesText("$skip", "leave out so many objects at the beginning")
	selectOption  = edge.TakesText("$select", "only these keys")
	countOption   = edge.TakesText("$count", "true also tells how many objects there are")
	formatOption  = edge.TakesText("$format", "json")
	tokenOption   = edge.TakesText("$skiptoken", "the value from a nextLink, unchanged")
	tagParameter  = edge.NeededText("tag", "the tag")
	startsWithTag = edge.TakesFlag("useStartsWithFilter", "true also finds tags that begin with the text")
)

// listOptions are those of every list, selfOptions those of one object.
func listOptions() []edge.Parameter {
	return []edge.Parameter{filterOption, orderOption, topOption, skipOption, selectOption, countOption, formatOption,
		tokenOption}
}

func selfOptions() []edge.Parameter { return []edge.Parameter{selectOption, formatOption} }

// maxSkip is the greatest $skip, larger than any list.
const maxSkip = 1 << 40

// options are those of a request, read.
type options struct {
	filter    *odata.Filter
	orders    odata.Orders
	selection odata.Selection
	skip      int64
	// limit is the number of objects of the page; linked says that a nextLink may follow.
	limit  int
	linked bool
	count  bool
	token  string
}

// text tells lists apart whose objects or order differ.
func (o *options) text(schema *odata.Schema) string {
	text := o.filter.String()
	for _, by := range o.orders.List {
		text += "\x00" + schema.Field(by.Field).Name
		if by.Descending {
			text += " desc"
		}
	}
	return text
}

// asks tells whether a filter or an order is about one of some keys.
func (o *options) asks(schema *odata.Schema, keys ...string) bool {
	fields := o.filter.Fields()
	for _, by := range o.orders.List {
		fields = append(fields, by.Field)
	}
	return slices.ContainsFunc(fields, func(n int) bool { return slices.Contains(keys, schema.Field(n).Name) })
}

// given are the options of a query by their names in lower case; of a repeated one the last counts,
// because clients append to a nextLink what they asked for at first. An option that is not offered is an
// error: its meaning would be lost.
func given(raw string, offered []edge.Parameter) (map[string]string, error) {
	values := map[string]string{}
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		name, _ = url.QueryUnescape(name) // edge has checked both
		if value, _ = url.QueryUnescape(value); !strings.HasPrefix(strings.TrimSpace(name), "$") {
			continue
		}
		name = strings.ToLower(strings.TrimSpace(name))
		if !slices.ContainsFunc(offered, func(p edge.Parameter) bool { return p.Name == name }) {
			return nil, wrong("%s is not offered by this call", edge.Clip(name))
		}
		values[name] = strings.TrimSpace(value)
	}
	if format := cmp.Or(values[formatOption.Name], "json"); !strings.HasPrefix(strings.ToLower(format), "json") &&
		!strings.HasPrefix(strings.ToLower(format), "application/json") {
		return nil, wrong("$format is %q, must be json", edge.Clip(format))
	}
	return values, nil
}

// wrong returns the error of an option: 400 ODataError.
func wrong(format string, args ...any) error {
	return edge.Refuse(http.StatusBadRequest, defender.CodeODataError, format, args...)
}

// explained turns errors of package odata into replies.
func explained(err error) error {
	var fault *odata.Error
	if errors.As(err, &fault) {
		return wrong("%v", fault)
	}
	return err
}

// readOptions reads the options of a list whose pages have most objects at most.
func readOptions(raw string, schema *odata.Schema, most int) (o options, err error) {
	values, err := given(raw, listOptions())
	if err != nil {
		return o, err
	}
	o = options{limit: most, linked: true, token: values[tokenOption.Name]}
	for name, read := range map[string]func(text string) error{
		"$filter":  func(text string) (err error) { o.filter, err = schema.Filter(text); return err },
		"$orderby": func(text string) (err error) { o.orders, err = schema.Orders(text); return err },
		"$select":  func(text string) (err error) { o.selection, err = schema.Selection(text); return err },
		"$skip":    func(text string) (err error) { o.skip, err = odata.Whole("$skip", text, maxSkip); return err },
		"$count":   func(text string) (err error) { o.count, err = odata.Count(text); return err },
		"$top": func(text string) error {
			n, err := odata.Whole("$top", text, int64(most))
			o.limit, o.linked = int(n), false
			return err
		},
	} {
		if text := values[name]; text != "" {
			if err := read(text); err != nil {
				return o, explained(err)
			}
		}
	}
	return o, nil
}

// nextQuery returns the query of the next page: what the client sent, in its order, with other values of
// $skip and $skiptoken. Repeated pairs are left out, so that the link of a client that appends to it does
// not grow.
func nextQuery(raw string, skip int64, token string) string {
	var pairs []string
	for pair := range strings.SplitSeq(raw, "&") {
		name, _, _ := strings.Cut(pair, "=")
		name, _ = url.QueryUnescape(name)
		name = strings.ToLower(strings.TrimSpace(name))
		if pair == "" || name == skipOption.Name || name == tokenOption.Name || slices.Contains(pairs, pair) {
			continue
		}
		pairs = append(pairs, pair)
	}
	return strings.Join(append(pairs, skipOption.Name+"="+strconv.FormatInt(skip, 10), tokenOption.Name+"="+token), "&")
}
