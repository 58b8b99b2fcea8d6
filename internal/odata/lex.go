package odata

import (
	"regexp"
	"strings"
	"unicode/utf8"
)

// token is a piece of a filter.
type token struct {
	kind tokenKind
	// text is the piece; of a quoted text what it means, without quotes.
	text string
	at   int // offset in bytes
}

type tokenKind uint8

const (
	endToken    tokenKind = iota
	nameToken             // a field, an operator, a function, true, false or null
	quotedToken           // a text in quotes
	bareToken             // a number, a time or a GUID without quotes
	signToken             // one of ( ) , : /
)

// is tells whether the token is a name, in any case, or a sign.
func (t token) is(text string) bool {
	return t.kind == nameToken && strings.EqualFold(t.text, text) || t.kind == signToken && t.text == text
}

// shown returns the token for errors.
func (t token) shown() string {
	if t.kind == endToken {
		return "the end"
	}
	return shown(t.text)
}

var (
	guidAhead = regexp.MustCompile(`^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\b`)
	nameAhead = regexp.MustCompile(`^[A-Za-z_@][A-Za-z0-9_.@]*`)
	bareAhead = regexp.MustCompile(`^[-+]?[0-9.][0-9A-Za-z.:+_-]*`)
	// zoneAhead is the zone of a time whose + came as a space.
	zoneAhead   = regexp.MustCompile(`^ [0-9]{2}:[0-9]{2}\b`)
	withoutZone = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+$`)
)

// lex takes a filter apart.
func lex(option, text string) ([]token, *Error) {
	var all []token
	for at := 0; ; {
		at += len(text[at:]) - len(strings.TrimLeft(text[at:], " \t\r\n"))
		if at == len(text) {
			return append(all, token{endToken, "", at}), nil
		}
		t, size := next(text, at)
		if size == 0 {
			if text[at] == '\'' {
				return nil, fault(option, text, at, "a quote is not closed")
			}
			r, _ := utf8.DecodeRuneInString(text[at:])
			return nil, fault(option, text, at, "unexpected %q", r)
		}
		all = append(all, t)
		at += size
	}
}

// next returns the token at an offset and its size in bytes; 0 if there is none.
func next(text string, at int) (t token, size int) {
	rest := text[at:]
	if strings.IndexByte("(),:/", rest[0]) >= 0 {
		return token{signToken, rest[:1], at}, 1
	}
	if rest[0] == '\'' {
		inside, size := unquote(rest)
		return token{quotedToken, inside, at}, size
	}
	if guid := guidAhead.FindString(rest); guid != "" {
		return token{bareToken, guid, at}, len(guid)
	}
	if name := nameAhead.FindString(rest); name != "" {
		return token{nameToken, name, at}, len(name)
	}
	bare := bareAhead.FindString(rest)
	if zone := zoneAhead.FindString(rest[len(bare):]); zone != "" && withoutZone.MatchString(bare) {
		return token{bareToken, bare + "+" + zone[1:], at}, len(bare) + len(zone)
	}
	return token{bareToken, bare, at}, len(bare)
}

// unquote returns the text in quotes at the beginning of rest, and its size with them; 0 if it is
// not closed. Two quotes in it mean one.
func unquote(rest string) (inside string, size int) {
	for size = 1; ; size += 2 {
		i := strings.IndexByte(rest[size:], '\'')
		if i < 0 {
			return "", 0
		}
		if size += i; size+1 == len(rest) || rest[size+1] != '\'' {
			return strings.ReplaceAll(rest[1:size], "''", "'"), size + 1
		}
	}
}

// quote returns text in quotes.
func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
