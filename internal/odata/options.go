package odata

import (
	"fmt"
	"mime"
	"strconv"
	"strings"
)

// maxOrders is how many fields $orderby may have.
const maxOrders = 16

// Order is a field of $orderby.
type Order struct {
	Field      int
	Descending bool
}

// Orders is what rows are sorted by: the first field counts, then the second, and so on.
type Orders struct {
	schema *Schema
	List   []Order
}

// Orders reads a value of $orderby.
func (s *Schema) Orders(text string) (Orders, error) {
	const option = "$orderby"
	if err := checkLength(option, text); err != nil {
		return Orders{}, err
	}
	orders, at := Orders{schema: s}, 0
	for part := range strings.SplitSeq(text, ",") {
		words := strings.Fields(part)
		begin := at + len(part) - len(strings.TrimLeft(part, " \t\r\n"))
		at += len(part) + 1
		if len(words) == 0 || len(words) > 2 || len(words) == 2 && !isDirection(words[1]) {
			return Orders{}, fault(option, text, begin, "expected a property with asc or desc, found %s", shown(part))
		}
		number, ok := s.Number(words[0])
		if !ok || !ordered(&s.fields[number]) {
			return Orders{}, fault(option, text, begin, "%s", s.unknown(words[0], ordered))
		}
		if orders.has(number) {
			return Orders{}, fault(option, text, begin, "%s is there twice", s.fields[number].Name)
		}
		if len(orders.List) == maxOrders {
			return Orders{}, fault(option, text, begin, "more than %d properties", maxOrders)
		}
		orders.List = append(orders.List, Order{number, len(words) == 2 && strings.EqualFold(words[1], "desc")})
	}
	return orders, nil
}

func isDirection(word string) bool {
	return strings.EqualFold(word, "asc") || strings.EqualFold(word, "desc")
}

// ordered tells whether rows can be sorted by a field.
func ordered(f *Field) bool { return f.Type != Texts && f.Type != Opaque }

func (o Orders) has(field int) bool {
	for _, known := range o.List {
		if known.Field == field {
			return true
		}
	}
	return false
}

// Compare orders two rows; 0 if nothing in $orderby tells them apart. A null is before all else,
// and so are the values of an Enum that it does not list.
func (o Orders) Compare(a, b Row) int {
	for _, by := range o.List {
		order := o.schema.fields[by.Field].order(a.Value(by.Field), b.Value(by.Field))
		if by.Descending {
			order = -order
		}
		if order != 0 {
			return order
		}
	}
	return 0
}

// order orders two values for sorting.
func (f *Field) order(a, b Value) int {
	switch {
	case a.IsNull() && b.IsNull():
		return 0
	case a.IsNull():
		return -1
	case b.IsNull():
		return 1
	}
	order, _ := f.compare(a, b)
	return order
}

// Selection tells which fields a reply has, by their numbers; nil means all.
type Selection []bool

// Has tells whether a field is selected.
func (s Selection) Has(field int) bool { return s == nil || s[field] }

// Selection reads a value of $select.
func (s *Schema) Selection(text string) (Selection, error) {
	const option = "$select"
	if err := checkLength(option, text); err != nil {
		return nil, err
	}
	chosen, all, at := make(Selection, len(s.fields)), false, 0
	for part := range strings.SplitSeq(text, ",") {
		name := strings.TrimSpace(part)
		number, ok := s.Number(name)
		switch {
		case ok:
			chosen[number] = true
		case name == "*":
			all = true
		default:
			return nil, fault(option, text, at, "%s", s.unknown(name, func(*Field) bool { return true }))
		}
		at += len(part) + 1
	}
	if all {
		return nil, nil
	}
	return chosen, nil
}

// Whole reads a value of $top or $skip: a whole number from 0 to most.
func Whole(option, text string, most int64) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || n > most {
		return 0, &Error{Option: option, Problem: fmt.Sprintf("%s is not a whole number from 0 to %d", shown(text), most)}
	}
	return n, nil
}

// Count reads a value of $count.
func Count(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, &Error{Option: "$count", Problem: shown(text) + " is not true or false"}
}

// Format checks a value of $format: JSON is the only form of a reply, and the metadata of its shape are minimal.
func Format(text string) error {
	if text == "" || strings.EqualFold(text, "json") {
		return nil
	}
	media, parameters, err := mime.ParseMediaType(text)
	shape := strings.ToLower(parameters["odata.metadata"] + parameters["metadata"])
	if err != nil || media != "application/json" || shape != "" && shape != "minimal" {
		return &Error{Option: "$format", Problem: shown(text) + " is not json, the form of all replies"}
	}
	return nil
}
