package assets

import (
	"net/http"
	"slices"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/odata"
)

// The options of lists: contract.md, section 9. They need their $; names without one are the client's own.
var (
	filterOption  = edge.TakesOption("$filter", "only objects for which this is true, such as severity eq 'High'")
	orderOption   = edge.TakesOption("$orderby", "keys to sort by, each with asc or desc")
	topOption     = edge.TakesOption("$top", "at most so many objects, and no nextLink")
	skipOption    = edge.TakesOption("$skip", "leave out so many objects at the beginning")
	selectOption  = edge.TakesOption("$select", "only these keys")
	countOption   = edge.TakesOption("$count", "true also tells how many objects there are")
	tokenOption   = edge.TakesOption("$skiptoken", "the value from a nextLink, unchanged")
	tagParameter  = edge.NeededText("tag", "the tag")
	startsWithTag = edge.TakesFlag("useStartsWithFilter", "true also finds tags that begin with the text")
)

// listOptions are those of every list, selfOptions those of one object.
func listOptions() []edge.Parameter {
	return []edge.Parameter{filterOption, orderOption, topOption, skipOption, selectOption, countOption, edge.FormatOption,
		tokenOption}
}

func selfOptions() []edge.Parameter { return []edge.Parameter{selectOption, edge.FormatOption} }

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

// wrong returns the error of an option: 400 ODataError.
func wrong(format string, args ...any) error {
	return edge.Refuse(http.StatusBadRequest, defender.CodeODataError, format, args...)
}

// readOptions reads the options of a list whose pages have most objects at most.
func readOptions(q edge.Query, schema *odata.Schema, most int) (o options, err error) {
	o = options{limit: most, linked: true, token: q.Text(tokenOption)}
	for _, option := range []struct {
		edge.Parameter
		read func(text string) error
	}{
		{filterOption, func(text string) (err error) { o.filter, err = schema.Filter(text); return err }},
		{orderOption, func(text string) (err error) { o.orders, err = schema.Orders(text); return err }},
		{selectOption, func(text string) (err error) { o.selection, err = schema.Selection(text); return err }},
		{skipOption, func(text string) (err error) { o.skip, err = odata.Whole(skipOption.Name, text, maxSkip); return err }},
		{countOption, func(text string) (err error) { o.count, err = odata.Count(text); return err }},
		{topOption, func(text string) error {
			n, err := odata.Whole(topOption.Name, text, int64(most))
			o.limit, o.linked = int(n), false
			return err
		}},
	} {
		if text := q.Text(option.Parameter); text != "" {
			if err := option.read(text); err != nil {
				return o, err
			}
		}
	}
	return o, nil
}
