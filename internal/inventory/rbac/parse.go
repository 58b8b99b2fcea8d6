package rbac

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// Parse reads rules in JSON (see the package comment). Unknown and repeated keys are refused.
// Errors wrap ErrInvalid and say what is wrong and where.
func Parse(data []byte) (*Rules, error) {
	if len(data) > MaxSize {
		return nil, invalid("", "%d bytes, at most %d are allowed", len(data), MaxSize)
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF")) // PowerShell writes one
	if !utf8.Valid(data) {
		return nil, invalid("", "the text is not UTF-8")
	}
	p := parser{data: data, tokens: json.NewDecoder(bytes.NewReader(data))}
	groups, rules, err := p.rules()
	if err == nil {
		err = p.end()
	}
	if err != nil {
		return nil, err
	}
	return New(groups, rules)
}

// parser reads tokens, because decoding into structs ignores repeated keys and keys in another
// case.
type parser struct {
	data   []byte
	tokens *json.Decoder
}

func (p *parser) rules() (groups []string, rules []Rule, err error) {
	err = p.object(func(key string) error {
		switch key {
		case "groups":
			return p.array(key, MaxGroups, func() error {
				name, err := p.text()
				groups = append(groups, name)
				return err
			})
		case "rules":
			return p.array(key, MaxRules, func() error {
				rule, err := p.rule()
				rules = append(rules, rule)
				return err
			})
		}
		return invalid("", "the key %q is unknown (there are groups and rules)", clip(key))
	})
	return groups, rules, err
}

func (p *parser) rule() (rule Rule, err error) {
	members := map[string]*string{
		"group": &rule.Group, "device": &rule.Device, "name": &rule.Name, "tag": &rule.Tag, "platform": &rule.Platform,
	}
	err = p.object(func(key string) error {
		member, known := members[key]
		if !known {
			return invalid("", "the key %q is unknown (there are group, device, name, tag and platform)", clip(key))
		}
		text, err := p.text()
		if err == nil && text == "" {
			err = invalid("", "is empty")
		}
		*member = text
		return inMember(err, key)
	})
	return rule, err
}

// object reads an object; member reads the value of each key.
func (p *parser) object(member func(key string) error) error {
	if err := p.delimiter('{', "an object"); err != nil {
		return err
	}
	seen := map[string]bool{}
	for p.tokens.More() {
		token, err := p.next()
		if err != nil {
			return err
		}
		key, _ := token.(string) // JSON has no other keys
		if seen[key] {
			return invalid("", "the key %q is repeated", clip(key))
		}
		seen[key] = true
		if err := member(key); err != nil {
			return err
		}
	}
	return p.delimiter('}', "the end of an object")
}

// array reads the array of a key, of at most most items; item reads each item.
func (p *parser) array(key string, most int, item func() error) error {
	if err := p.delimiter('[', "an array"); err != nil {
		return inMember(err, key)
	}
	for i := 0; p.tokens.More(); i++ {
		if i == most {
			return invalid(key, "has more than %d entries", most)
		}
		if err := item(); err != nil {
			return within(err, key, i)
		}
	}
	return inMember(p.delimiter(']', "the end of an array"), key)
}

func (p *parser) text() (string, error) {
	token, err := p.next()
	if err != nil {
		return "", err
	}
	text, ok := token.(string)
	if !ok {
		return "", p.unexpected("a string", token)
	}
	return text, nil
}

func (p *parser) delimiter(want json.Delim, what string) error {
	token, err := p.next()
	if err == nil && token != want {
		err = p.unexpected(what, token)
	}
	return err
}

// end checks that nothing follows.
func (p *parser) end() error {
	token, err := p.tokens.Token()
	if err == nil {
		return p.unexpected("the end of the text", token)
	}
	if !errors.Is(err, io.EOF) {
		return p.malformed(err)
	}
	return nil
}

func (p *parser) next() (json.Token, error) {
	token, err := p.tokens.Token()
	if err != nil {
		return nil, p.malformed(err)
	}
	return token, nil
}

func (p *parser) unexpected(want string, found json.Token) error {
	text, err := json.Marshal(found)
	if _, isDelimiter := found.(json.Delim); isDelimiter || err != nil {
		return invalid("", "line %d: %s was expected, found %v", p.line(p.tokens.InputOffset()), want, found)
	}
	return invalid("", "line %d: %s was expected, found %s", p.line(p.tokens.InputOffset()), want, clip(string(text)))
}

func (p *parser) malformed(err error) error {
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax):
		return invalid("", "line %d: %v", p.line(syntax.Offset), err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return invalid("", "line %d: the text ends too early", p.line(int64(len(p.data))))
	}
	return invalid("", "line %d: %v", p.line(p.tokens.InputOffset()), err)
}

// line returns the number of the line at an offset, counted from 1.
func (p *parser) line(offset int64) int {
	return 1 + bytes.Count(p.data[:min(max(offset, 0), int64(len(p.data)))], []byte("\n"))
}

// clip cuts outside text for messages.
func clip(text string) string { return parse.Clip(text, 64) }
