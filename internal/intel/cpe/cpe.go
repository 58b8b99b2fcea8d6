// Package cpe reads Common Platform Enumeration names: the formatted string of CPE 2.3
// ("cpe:2.3:a:mozilla:firefox:…") and the older URI ("cpe:/a:mozilla:firefox:…"), both of NISTIR
// 7695. Values are returned unquoted and in lower case, because sources disagree on case
// (windows_10_22H2) and names are compared byte for byte.
package cpe

import (
	"fmt"
	"strings"
)

// maxLength bounds a name; real names have less than 300 bytes.
const maxLength = 2048

const (
	formattedPrefix = "cpe:2.3:"
	uriPrefix       = "cpe:/"
)

// Parse parses a complete name. A formatted string must have all eleven attributes; a URI may end
// early, and the missing attributes are ANY.
func Parse(s string) (Name, error) {
	return parse(s, true)
}

// ParsePrefix parses a name that may end after the product or any later attribute, as
// endoflife.date writes them ("cpe:2.3:a:mozilla:firefox").
func ParsePrefix(s string) (Name, error) {
	return parse(s, false)
}

func parse(s string, complete bool) (Name, error) {
	if len(s) > maxLength {
		return Name{}, fmt.Errorf("CPE of %d bytes: %w", len(s), ErrSyntax)
	}
	name, err := Name{}, ErrSyntax
	if rest, ok := cutPrefixFold(s, formattedPrefix); ok {
		name, err = parseFormatted(rest, complete)
	} else if rest, ok := cutPrefixFold(s, uriPrefix); ok {
		name, err = parseURI(rest)
	}
	if err == nil {
		err = name.check()
	}
	if err != nil {
		return Name{}, fmt.Errorf("CPE %q: %w", s, err)
	}
	return name, nil
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// check refuses names that do not identify one product; all other attributes may be ANY.
func (n Name) check() error {
	if n.Part != "a" && n.Part != "o" && n.Part != "h" {
		return fmt.Errorf("part %q: %w", n.Part, ErrSyntax)
	}
	for _, value := range [...]string{n.Vendor, n.Product} {
		if value == "" || value == NA {
			return fmt.Errorf("vendor or product missing: %w", ErrSyntax)
		}
	}
	return nil
}

// Narrowing returns the attributes that narrow down a product, target software and software
// edition, with "not applicable" as ANY.
func (n Name) Narrowing() (targetSW, swEdition string) {
	return optional(n.TargetSW), optional(n.SWEdition)
}

// WithUpdate returns a version with a name's update: "4.2.8:p18". An update that is ANY or not applicable is
// none.
func WithUpdate(version, update string) string {
	if update = optional(update); update == "" {
		return version
	}
	return version + ":" + update
}

func optional(attribute string) string {
	if attribute == NA {
		return ""
	}
	return attribute
}

func parseFormatted(s string, complete bool) (Name, error) {
	fields := splitUnquoted(s)
	if len(fields) > 11 || len(fields) < identifying || complete && len(fields) < 11 {
		return Name{}, fmt.Errorf("%d instead of 11: %w", len(fields), ErrFields)
	}
	var n Name
	for i, attribute := range n.attributes() {
		if i == len(fields) {
			break
		}
		value, wild := unquote(fields[i])
		if wild && i < identifying {
			return Name{}, ErrWildcard
		}
		*attribute = value
	}
	return n, nil
}

// splitUnquoted splits s at the colons without a backslash before them.
func splitUnquoted(s string) []string {
	var fields []string
	start := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case ':':
			fields = append(fields, s[start:i])
			start = i + 1
		}
	}
	return append(fields, s[start:])
}

// unquote returns a value of a formatted string without backslashes and in lower case, and whether
// it contains an unquoted wildcard. "*" alone, and an empty field, are ANY.
func unquote(field string) (value string, wild bool) {
	if field == "*" {
		return "", false
	}
	var b strings.Builder
	for i := 0; i < len(field); i++ {
		switch {
		case field[i] == '\\' && i+1 < len(field):
			i++
		case field[i] == '*' || field[i] == '?':
			wild = true
		}
		b.WriteByte(field[i])
	}
	return strings.ToLower(b.String()), wild
}
