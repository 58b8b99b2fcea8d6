package page

import (
	"html/template"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/plain"
)

// words are the functions of templates.
func words() template.FuncMap {
	return template.FuncMap{"number": Number, "instant": Instant, "day": Day, "show": plain.Inline, "lines": plain.Text, "severity": SeverityOf,
		"path": url.PathEscape}
}

// Number writes a number with commas between thousands.
func Number(n int64) string {
	digits := strconv.FormatInt(n, 10)
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 && digits[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Count writes a number with its noun, of which more is the plural.
func Count(n int64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return Number(n) + " " + more
}

// Instant writes a time in UTC; a dash for none.
func Instant(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format("2006-01-02 15:04 UTC")
}

// Day writes the day of a time in UTC; a dash for none.
func Day(t *time.Time) string {
	if t == nil || t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.DateOnly)
}

// Percent writes a share of 0 to 1; a dash for nil.
func Percent(share *float64) string {
	switch {
	case share == nil:
		return "-"
	case *share < 0.001:
		return "<0.1 %"
	}
	return strconv.FormatFloat(100**share, 'f', 1, 64) + " %"
}

// Score writes a score with one decimal; a dash for none.
func Score(s float64) string {
	if s == 0 {
		return "-"
	}
	return strconv.FormatFloat(s, 'f', 1, 64)
}

// SeverityOf returns the word of a severity in the spelling of rows, and how many of the four bars of its mark are
// full.
func SeverityOf(name string) struct {
	Word string
	Bars int
} {
	type mark = struct {
		Word string
		Bars int
	}
	switch strings.ToLower(name) {
	case "critical":
		return mark{"Critical", 4}
	case "high":
		return mark{"High", 3}
	case "medium":
		return mark{"Medium", 2}
	case "low":
		return mark{"Low", 1}
	}
	return mark{"Unrated", 0}
}

// query encodes pairs of names and values, without those that are empty.
func query(pairs ...string) string {
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			values.Set(pairs[i], pairs[i+1])
		}
	}
	return values.Encode()
}

// Link returns an address with a query.
func Link(path string, pairs ...string) string {
	if q := query(pairs...); q != "" {
		return path + "?" + q
	}
	return path
}

// ProductMark stands between vendor and name in the address of a product.
const ProductMark = "-_-"

// ProductPath is the address of a product's page.
func ProductPath(vendor, name string) string {
	return "/software/" + url.PathEscape(vendor+ProductMark+name)
}

// maxSplits is how many places of an address of a product are tried.
const maxSplits = 8

// ProductsAt returns the vendors and names that an address of a product may mean; nil if it is none.
func ProductsAt(address string) (all [][2]string) {
	for from := 0; len(all) < maxSplits; {
		at := strings.Index(address[from:], ProductMark)
		if at < 0 {
			break
		}
		at += from
		all = append(all, [2]string{address[:at], address[at+len(ProductMark):]})
		from = at + 1
	}
	return all
}

// ProductFilter is what the filter software has for a product.
func ProductFilter(vendor, name string) string { return vendor + "/" + name }

// ProductName is a product for people.
func ProductName(vendor, name string) string {
	if vendor == "" || strings.EqualFold(vendor, name) {
		return name
	}
	return vendor + " " + name
}

// First returns the first text that is not empty.
func First(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
