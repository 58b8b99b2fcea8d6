// Package confirm keeps the titles that people of an installation have confirmed: what a title is that nothing else
// knows. They are a data set of titles of their own, the feed "confirmed", which adds to all others and which this
// package alone writes.
package confirm

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/titles"
)

// Feed is the name of the feed of kind "titles" that has them, and File that of its only file.
const (
	Feed = "confirmed"
	File = "confirmed.titles"
)

// Title is a confirmed title.
type Title struct {
	Vendor string `json:"vendor"`
	Name   string `json:"name"`
	// Product is a CPE pair, "vendor:product"; "" says that the title is of no product.
	Product string    `json:"product"`
	By      string    `json:"by"`
	At      time.Time `json:"at"`
}

// key is what titles are the same by.
func (t Title) key() subject.Title {
	return subject.Title{Vendor: subject.CleanVendor(t.Vendor), Name: subject.CleanName(t.Name, "")}
}

// The limits of a title and of all of them.
const (
	maxText   = 300 // bytes
	maxTitles = 10_000
)

var (
	// ErrInvalid says what a title must be.
	ErrInvalid = errors.New("title")
	// ErrUnknown says that a title was not confirmed.
	ErrUnknown = errors.New("no such title was confirmed")
	// ErrForeign says that the feed was not written by this package.
	ErrForeign = errors.New("the feed \"confirmed\" of kind titles was imported by hand: remove it first")
)

// Check refuses a title that cannot be kept.
func (t Title) Check() error {
	for what, text := range map[string]string{"vendor": t.Vendor, "name": t.Name} {
		if len(text) > maxText || strings.ContainsFunc(text, unicode.IsControl) || strings.ToValidUTF8(text, "") != text {
			return fmt.Errorf("%w: %s must have at most %d bytes, and no control characters", ErrInvalid, what, maxText)
		}
	}
	if t.key().Name == "" {
		return fmt.Errorf("%w: name is empty, or nothing but a version", ErrInvalid)
	}
	if t.Product == "" {
		return nil
	}
	vendor, product, ok := strings.Cut(t.Product, ":")
	if !ok || !isPart(vendor) || !isPart(product) {
		return fmt.Errorf("%w: product is not of the form vendor:product, as CPE names have it: lower case, without blanks", ErrInvalid)
	}
	return nil
}

// isPart reports whether a text can be a part of a CPE name.
func isPart(text string) bool {
	return text != "" && len(text) <= maxText && !strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r > '~' || unicode.IsUpper(r) || r == ':' || r == '/' || r == '|'
	})
}

// mark begins the lines that the titles are read back from; the blocks between them are made from them.
const mark = "#confirmed "

const head = `titles 1
# Titles that were confirmed on this installation. muster title confirm and muster title remove write this file.
`

// Parse reads the titles of a text that Render wrote. An empty text has none.
func Parse(text string) (list []Title, err error) {
	blocks := 0
	for line := range strings.Lines(text) {
		if said, ok := strings.CutPrefix(line, mark); ok {
			var t Title
			if err := json.Unmarshal([]byte(said), &t); err != nil || t.Check() != nil {
				return nil, ErrForeign
			}
			list = append(list, t)
		} else if strings.HasPrefix(line, "product") || strings.HasPrefix(line, "none") {
			blocks++
		}
	}
	if blocks != len(list) {
		return nil, ErrForeign
	}
	return list, nil
}

// Render writes titles as a data set.
func Render(list []Title) string {
	var b strings.Builder
	b.WriteString(head)
	for _, t := range list {
		b.WriteString(t.block())
	}
	return b.String()
}

// block writes one title. What is known of its product by muster's own set holds here, too.
func (t Title) block() string {
	said, _ := json.Marshal(t) // of texts and a time: it cannot fail
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s%s\n", mark, said)
	if t.Product == "" {
		b.WriteString("none\n")
	} else {
		vendor, name, _ := strings.Cut(t.Product, ":")
		pair, lifecycle := "a:"+t.Product, ""
		if known, err := titles.Parse(titles.Default()); err == nil {
			if p := known.ByPair(alias.Pair{Subject: pair}); p != nil && !p.Excluded {
				vendor, name, lifecycle = p.Vendor, p.Name, p.Lifecycle
			}
		}
		fmt.Fprintf(&b, "product %s/%s\n\tcpe     %s\n", vendor, name, pair)
		if lifecycle != "" {
			fmt.Fprintf(&b, "\teol     %s\n", lifecycle)
		}
	}
	fmt.Fprintf(&b, "\tvendor  %s\n\ttitle   %s\n\tsource  confirmed on %s\n", orNone(escaped(t.Vendor)), escaped(t.Name),
		t.At.UTC().Format(time.DateOnly))
	return b.String()
}

func escaped(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// orNone writes a maker as tables do, which read "-" as none.
func orNone(vendor string) string {
	if vendor = strings.TrimSpace(vendor); vendor == "" || vendor[0] == '-' {
		return "-" + vendor
	}
	return vendor
}

// Add returns the text with a title; one of the same vendor and name is replaced.
func Add(text string, t Title) (string, error) {
	list, err := Parse(text)
	if err == nil {
		err = t.Check()
	}
	if err != nil {
		return "", err
	}
	list = slices.DeleteFunc(list, func(other Title) bool { return other.key() == t.key() })
	if len(list) >= maxTitles {
		return "", fmt.Errorf("%w: %d are confirmed, more is not possible: import a data set of titles", ErrInvalid, len(list))
	}
	text = Render(append(list, t))
	if _, err := titles.Check([]titles.File{{Name: File, Text: text}}); err != nil {
		return "", fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return text, nil
}

// Remove returns the text without a title, "" without the last one, and the title.
func Remove(text string, t Title) (rest string, removed Title, err error) {
	list, err := Parse(text)
	if err != nil {
		return "", Title{}, err
	}
	at := slices.IndexFunc(list, func(other Title) bool { return other.key() == t.key() })
	if at < 0 {
		return "", Title{}, ErrUnknown
	}
	removed = list[at]
	if list = slices.Delete(list, at, at+1); len(list) == 0 {
		return "", removed, nil
	}
	return Render(list), removed, nil
}

// Amend returns an operator's alias table with the confirmed titles. What the operator's own table says of a title
// holds; a text of confirmed titles that has a fault adds nothing.
func Amend(overrides, confirmed string) string {
	list, err := Parse(confirmed)
	own, bad := alias.Parse(overrides)
	if err != nil || bad != nil || len(list) == 0 {
		return overrides
	}
	var b strings.Builder
	b.WriteString(titles.Join([]string{overrides}))
	for _, t := range list {
		if _, known := own.Find(alias.Entry{Vendor: t.Vendor, Name: t.Name}); !known {
			b.WriteString(t.block())
		}
	}
	if _, err := alias.Parse(b.String()); err != nil {
		return overrides
	}
	return b.String()
}
