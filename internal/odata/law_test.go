package odata_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/odata"
)

// The model of a filter is made together with its text, from the rules of OData: it shares nothing
// with the parser. A row of the model is a map, where a missing key is null.

type record map[string]any

// schema has a field of each type, in pairs with and without nulls.
var schema = odata.NewSchema(
	odata.Field{Name: "name", Type: odata.Text},
	odata.Field{Name: "note", Type: odata.Text, Nullable: true},
	odata.Field{Name: "severity", Type: odata.Enum, Nullable: true, Values: []string{"None", "Low", "Medium", "High"}},
	odata.Field{Name: "machineId", Type: odata.Enum},
	odata.Field{Name: "cvssScore", Type: odata.Number, Nullable: true},
	odata.Field{Name: "isFixed", Type: odata.Bool, Nullable: true},
	odata.Field{Name: "seen", Type: odata.Time, Nullable: true},
	odata.Field{Name: "tags", Type: odata.Texts},
	odata.Field{Name: "secret", Type: odata.Text, Unfiltered: true},
	odata.Field{Name: "addresses", Type: odata.Opaque},
)

// Value gives the record's values as the package wants them.
func (r record) Value(field int) odata.Value {
	switch v := r[schema.Field(field).Name].(type) {
	case string:
		return odata.OfText(v)
	case float64:
		return odata.OfNumber(v)
	case bool:
		return odata.OfBool(v)
	case time.Time:
		return odata.OfTime(v)
	case []string:
		return odata.OfTexts(v)
	}
	return odata.Value{}
}

var (
	texts      = []string{"", "a", "A", "ab", "b'a", "ba", "zwölf ab", "null", "a) or (b"}
	severities = []string{"None", "Low", "Medium", "High"}
	ids        = []string{"00ff", "00fe", "abc1", "7"}
	numbers    = []float64{-1, 0, 0.5, 7, 9.8, 341}
	epoch      = time.Date(2026, 2, 9, 20, 46, 9, 446001400, time.UTC)
)

func drawRecord(t *rapid.T) record {
	r := record{"name": rapid.SampledFrom(texts).Draw(t, "name"), "machineId": rapid.SampledFrom(ids).Draw(t, "id"),
		"tags": rapid.SliceOfN(rapid.SampledFrom(texts), 0, 3).Draw(t, "tags")}
	maybe := func(key string, value any) {
		if rapid.IntRange(0, 3).Draw(t, key+" is there") > 0 {
			r[key] = value
		}
	}
	maybe("note", rapid.SampledFrom(texts).Draw(t, "note"))
	maybe("severity", rapid.SampledFrom(severities).Draw(t, "severity"))
	maybe("cvssScore", rapid.SampledFrom(numbers).Draw(t, "score"))
	maybe("isFixed", rapid.Bool().Draw(t, "fixed"))
	maybe("seen", drawTime(t))
	return r
}

func drawTime(t *rapid.T) time.Time {
	return epoch.Add(time.Duration(rapid.IntRange(-2, 2).Draw(t, "hours")) * time.Hour)
}

// wish is a filter as text and as the model decides it.
type wish struct {
	text string
	ok   func(record) bool
}

// spelled returns a word with letters of random case.
func spelled(t *rapid.T, word string) string {
	switch rapid.IntRange(0, 3).Draw(t, "case") {
	case 0:
		return strings.ToUpper(word)
	case 1:
		return strings.ToLower(word)
	}
	return word
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }

func drawWish(t *rapid.T, depth int) wish {
	kind := rapid.IntRange(0, 9).Draw(t, "kind")
	if depth == 0 || kind > 5 {
		return drawTerm(t)
	}
	a := drawWish(t, depth-1)
	if kind == 0 {
		return wish{spelled(t, "not") + " (" + a.text + ")", func(r record) bool { return !a.ok(r) }}
	}
	b := drawWish(t, depth-1)
	switch kind {
	case 1, 2:
		return wish{"(" + a.text + ") " + spelled(t, "or") + " (" + b.text + ")", func(r record) bool { return a.ok(r) || b.ok(r) }}
	case 3: // and binds closer than or
		c := drawTerm(t)
		return wish{c.text + " or (" + a.text + ")  and (" + b.text + ")",
			func(r record) bool { return c.ok(r) || (a.ok(r) && b.ok(r)) }}
	}
	return wish{"(" + a.text + ") " + spelled(t, "and") + " (" + b.text + ")", func(r record) bool { return a.ok(r) && b.ok(r) }}
}

func drawTerm(t *rapid.T) wish {
	switch rapid.IntRange(0, 6).Draw(t, "term") {
	case 0:
		return drawFunction(t)
	case 1:
		return drawIn(t)
	case 2:
		return drawTags(t)
	case 3:
		key := rapid.SampledFrom([]string{"note", "severity", "cvssScore", "isFixed", "seen", "name"}).Draw(t, "key")
		isNull := func(r record) bool { return r[key] == nil }
		if rapid.Bool().Draw(t, "ne") {
			return wish{spelled(t, key) + " ne null", func(r record) bool { return !isNull(r) }}
		}
		return wish{"null eq " + spelled(t, key), isNull}
	}
	return drawComparison(t)
}

// drawValue draws a value of a field: as text, and how it compares with a value that is not null.
func drawValue(t *rapid.T, key string) (text string, compare func(any) int) {
	switch key {
	case "name", "note":
		v := rapid.SampledFrom(texts).Draw(t, "text")
		return quoted(v), func(x any) int { return strings.Compare(x.(string), v) }
	case "severity":
		i := rapid.IntRange(0, 3).Draw(t, "severity")
		return quoted(spelled(t, severities[i])), func(x any) int { return slices.Index(severities, x.(string)) - i }
	case "machineId":
		v := rapid.SampledFrom(ids).Draw(t, "id")
		text := spelled(t, v)
		if v[0] > '9' || rapid.Bool().Draw(t, "quoted") {
			text = quoted(text)
		}
		return text, func(x any) int { return strings.Compare(x.(string), v) }
	case "cvssScore":
		v := rapid.SampledFrom(numbers).Draw(t, "number")
		text := rapid.SampledFrom([]string{"%v", "'%v'", "%.2f", "%e"}).Draw(t, "form")
		return fmt.Sprintf(text, v), func(x any) int {
			switch {
			case x.(float64) < v:
				return -1
			case x.(float64) > v:
				return 1
			}
			return 0
		}
	case "isFixed":
		v := rapid.Bool().Draw(t, "bool")
		return spelled(t, fmt.Sprint(v)), func(x any) int {
			if x.(bool) == v {
				return 0
			}
			return 1
		}
	}
	v := drawTime(t)
	zone := time.FixedZone("", 3600*rapid.SampledFrom([]int{0, 2, -5}).Draw(t, "zone"))
	return rapid.SampledFrom([]string{v.Format(time.RFC3339Nano), v.In(zone).Format(time.RFC3339Nano),
		quoted(v.Format("2006-01-02 15:04:05.9999999")), strings.Replace(v.In(zone).Format(time.RFC3339Nano), "+", " ", 1),
	}).Draw(t, "form"), func(x any) int { return x.(time.Time).Compare(v) }
}

func drawComparison(t *rapid.T) wish {
	key := rapid.SampledFrom([]string{"name", "note", "severity", "machineId", "cvssScore", "isFixed", "seen"}).Draw(t, "key")
	text, compare := drawValue(t, key)
	all := map[string]func(int) bool{
		"eq": func(n int) bool { return n == 0 }, "ne": func(n int) bool { return n != 0 },
		"gt": func(n int) bool { return n > 0 }, "ge": func(n int) bool { return n >= 0 },
		"lt": func(n int) bool { return n < 0 }, "le": func(n int) bool { return n <= 0 },
	}
	names := []string{"eq", "ne", "gt", "ge", "lt", "le"}
	if key == "isFixed" {
		names = names[:2]
	}
	name := rapid.SampledFrom(names).Draw(t, "operator")
	ok := func(r record) bool {
		if r[key] == nil {
			return name == "ne"
		}
		return all[name](compare(r[key]))
	}
	if rapid.IntRange(0, 4).Draw(t, "turned") == 0 {
		mirror := map[string]string{"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}
		return wish{text + " " + mirror[name] + " " + key, ok}
	}
	return wish{spelled(t, key) + " " + spelled(t, name) + " " + text, ok}
}

func drawFunction(t *rapid.T) wish {
	key := rapid.SampledFrom([]string{"name", "note", "severity"}).Draw(t, "key")
	name := rapid.SampledFrom([]string{"contains", "startswith", "endswith"}).Draw(t, "function")
	part := rapid.SampledFrom([]string{"", "a", "b", "'", "ö", "ig", "Lo"}).Draw(t, "part")
	of := map[string]func(a, b string) bool{"contains": strings.Contains, "startswith": strings.HasPrefix,
		"endswith": strings.HasSuffix}[name]
	ok := func(r record) bool {
		text, there := r[key].(string)
		if key == "severity" {
			return there && of(strings.ToLower(text), strings.ToLower(part))
		}
		return there && of(text, part)
	}
	text := spelled(t, name) + "( " + key + " ," + quoted(part) + ")"
	switch rapid.IntRange(0, 5).Draw(t, "compared") {
	case 0:
		return wish{text + " eq true", ok}
	case 1:
		return wish{text + " eq false", func(r record) bool { return !ok(r) }}
	}
	return wish{text, ok}
}

func drawIn(t *rapid.T) wish {
	key := rapid.SampledFrom([]string{"name", "note", "severity", "machineId", "cvssScore", "seen"}).Draw(t, "key")
	var listed []string
	var compares []func(any) int
	for range rapid.IntRange(1, 4).Draw(t, "values") {
		text, compare := drawValue(t, key)
		listed, compares = append(listed, text), append(compares, compare)
	}
	null := rapid.IntRange(0, 3).Draw(t, "null") == 0
	if null {
		listed = append(listed, "null")
	}
	return wish{key + " in(" + strings.Join(listed, ", ") + ")", func(r record) bool {
		if r[key] == nil {
			return null
		}
		return slices.ContainsFunc(compares, func(c func(any) int) bool { return c(r[key]) == 0 })
	}}
}

func drawTags(t *rapid.T) wish {
	v := rapid.SampledFrom(texts).Draw(t, "tag")
	has := func(r record) bool { return slices.Contains(r["tags"].([]string), v) }
	switch rapid.IntRange(0, 5).Draw(t, "form") {
	case 0:
		return wish{"tags eq " + quoted(v), has}
	case 1:
		return wish{"tags ne " + quoted(v), func(r record) bool { return !has(r) }}
	case 2:
		return wish{"tags/any()", func(r record) bool { return len(r["tags"].([]string)) > 0 }}
	case 3:
		return wish{"tags/any(x: startswith(x,'a') and not (x eq " + quoted(v) + "))", func(r record) bool {
			return slices.ContainsFunc(r["tags"].([]string), func(tag string) bool { return strings.HasPrefix(tag, "a") && tag != v })
		}}
	}
	return wish{"tags/any(t:t eq " + quoted(v) + ")", has}
}

// TestFiltersAreTheirModel compares random filters with their model over random rows, as they were
// written and as String writes them; and checks that Equals loses no row.
func TestFiltersAreTheirModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := drawWish(t, 3)
		filter, err := schema.Filter(want.text)
		if err != nil {
			t.Fatalf("%s: %v", want.text, err)
		}
		again, err := schema.Filter(filter.String())
		if err != nil || again.String() != filter.String() {
			t.Fatalf("%s\nis written as %s\nand read back as %s: %v", want.text, filter, again, err)
		}
		for range 20 {
			r := drawRecord(t)
			checkParts(t, filter, r)
			if got := filter.Match(r); got != want.ok(r) || again.Match(r) != got {
				t.Fatalf("%s\nof %v: %t, want %t; written as %s: %t", want.text, r, got, want.ok(r), filter, again.Match(r))
			}
			for _, key := range []string{"name", "machineId", "severity", "cvssScore", "tags"} {
				checkEquals(t, filter, r, key)
			}
		}
	})
}

// checkParts checks that the parts of a filter together are the filter, and that a filter does not depend
// on fields that it is not about.
func checkParts(t *rapid.T, filter *odata.Filter, r record) {
	all := true
	for _, part := range filter.Parts() {
		all = all && part.Match(r)
		bare := record{}
		for _, field := range part.Fields() {
			name := schema.Field(field).Name
			bare[name] = r[name]
		}
		if part.Match(bare) != part.Match(r) {
			t.Fatalf("%s is about fields %v, and depends on more than those of %v", part, part.Fields(), r)
		}
	}
	if all != filter.Match(r) {
		t.Fatalf("%s matches %v: %t; its parts: %t", filter, r, filter.Match(r), all)
	}
}

// checkEquals checks that a row that matches has one of the values that Equals gives for a field.
func checkEquals(t *rapid.T, filter *odata.Filter, r record, key string) {
	field, _ := schema.Number(key)
	values, ok := filter.Equals(field)
	if !ok || !filter.Match(r) {
		return
	}
	found := false
	switch v := r[key].(type) {
	case string:
		found = slices.Contains(values, v) || key != "name" && slices.Contains(values, strings.ToLower(v))
	case float64:
		found = slices.Contains(values, fmt.Sprint(v))
	case []string:
		found = slices.ContainsFunc(v, func(text string) bool { return slices.Contains(values, text) })
	}
	if !found {
		t.Fatalf("%s matches %v, but Equals says that %s is one of %q", filter, r, key, values)
	}
}

// TestOrdersSort checks that sorting by random orders gives an order that the model agrees with.
func TestOrdersSort(t *testing.T) {
	keys := []string{"name", "note", "severity", "machineId", "cvssScore", "isFixed", "seen"}
	rapid.Check(t, func(t *rapid.T) {
		chosen := rapid.SliceOfNDistinct(rapid.SampledFrom(keys), 1, 3, rapid.ID[string]).Draw(t, "keys")
		var parts []string
		var falling []bool
		for _, key := range chosen {
			way := rapid.SampledFrom([]string{"", " asc", " DESC", "  desc "}).Draw(t, "way")
			parts, falling = append(parts, spelled(t, key)+way), append(falling, strings.Contains(strings.ToLower(way), "desc"))
		}
		orders, err := schema.Orders(strings.Join(parts, ","))
		if err != nil {
			t.Fatal(err)
		}
		rows := rapid.SliceOfN(rapid.Custom(drawRecord), 0, 8).Draw(t, "rows")
		slices.SortStableFunc(rows, func(a, b record) int { return orders.Compare(a, b) })
		for i := 1; i < len(rows); i++ {
			if modelOrder(rows[i-1], rows[i], chosen, falling) > 0 {
				t.Fatalf("by %q:\n%v\nis before\n%v", parts, rows[i-1], rows[i])
			}
		}
	})
}

// modelOrder orders two records; what is null comes first.
func modelOrder(a, b record, keys []string, falling []bool) int {
	for i, key := range keys {
		x, y := sortable(a[key], key), sortable(b[key], key)
		if x == y {
			continue
		}
		if (x < y) != falling[i] {
			return -1
		}
		return 1
	}
	return 0
}

// sortable returns a value as a text that sorts as the value does.
func sortable(v any, key string) string {
	switch v := v.(type) {
	case nil:
		return ""
	case float64:
		return fmt.Sprintf("1%012.3f", v+1000)
	case bool:
		return fmt.Sprintf("1%d", map[bool]int{true: 1}[v])
	case time.Time:
		return "1" + v.Format("2006-01-02T15:04:05.000000000")
	case string:
		if key == "severity" {
			return fmt.Sprintf("1%d", slices.Index(severities, v))
		}
		return "1" + v
	}
	panic(fmt.Sprintf("%T has no order", v))
}
