package jwt

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	// maxToken is the largest token or assertion, in bytes.
	maxToken = 16 << 10
	// Skew is how far the clocks of the issuer and the checker of a token may differ.
	Skew = 5 * time.Minute
)

// Token is a signed JWT (RFC 7515, section 3.1). Until Verify has passed its content is
// untrusted, and may only be used to choose a key.
type Token struct {
	Text   string
	Header Object
	Claims Object
}

// Parse splits and decodes a token. It refuses headers by which a token would bring its
// own key, or change how it is read.
func Parse(text string) (*Token, error) {
	if len(text) > maxToken {
		return nil, fmt.Errorf("it has %d bytes, at most %d are allowed", len(text), maxToken)
	}
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return nil, errors.New("not a JWT: want three dot-separated parts")
	}
	c := &Token{Text: text}
	if err := decodePart(parts[0], &c.Header); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if err := decodePart(parts[1], &c.Claims); err != nil {
		return nil, fmt.Errorf("payload: %w", err)
	}
	for _, name := range []string{"jwk", "jku", "x5u", "crit", "b64", "zip"} {
		if _, there := c.Header[name]; there {
			return nil, fmt.Errorf("the header member %q is not allowed", name)
		}
	}
	switch strings.TrimPrefix(strings.ToLower(c.Header.Text("typ")), "application/") {
	case "", "jwt", "at+jwt":
		return c, nil
	}
	return nil, errors.New("typ is not that of an access token or assertion")
}

// decodePart reads one of the first two parts of a token.
func decodePart(part string, into *Object) error {
	text, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return errors.New("not base64url")
	}
	if err := json.Unmarshal(text, into); err != nil || *into == nil {
		return errors.New("not a JSON object")
	}
	return nil
}

// Verify checks the signature with a key, by one of the key's algorithms.
func (c *Token) Verify(key any, algorithms ...jose.SignatureAlgorithm) error {
	named := jose.SignatureAlgorithm(c.Header.Text("alg"))
	if !slices.Contains(algorithms, named) {
		return fmt.Errorf("algorithm %q does not fit the key", Printable(string(named)))
	}
	signature, err := base64.RawURLEncoding.Strict().DecodeString(c.Text[strings.LastIndexByte(c.Text, '.')+1:])
	if err != nil || !HasSigned(key, named, c.Signed(), signature) {
		return errors.New("wrong signature")
	}
	return nil
}

// Signed returns the signed part: the token without its signature.
func (c *Token) Signed() string { return c.Text[:strings.LastIndexByte(c.Text, '.')] }

// CheckTimes checks exp, which is required, nbf and iat.
func (c *Token) CheckTimes(now time.Time) (expires time.Time, err error) {
	expires, ok, err := c.Claims.Time("exp")
	if err != nil {
		return expires, err
	}
	if !ok {
		return expires, errors.New("exp is missing")
	}
	if now.After(expires.Add(Skew)) {
		return expires, fmt.Errorf("it expired at %s", expires.Format(time.RFC3339))
	}
	for _, name := range []string{"nbf", "iat"} {
		begin, ok, err := c.Claims.Time(name)
		if err != nil {
			return expires, err
		}
		if ok && now.Add(Skew).Before(begin) {
			return expires, fmt.Errorf("it is not valid before %s", begin.Format(time.RFC3339))
		}
	}
	return expires, nil
}

// Object is a JSON object; its members are read by their exact names.
type Object map[string]json.RawMessage

// Text returns a member that is a string, "" if it is not one.
func (o Object) Text(name string) string {
	var s string
	if json.Unmarshal(o[name], &s) != nil {
		return ""
	}
	return s
}

// Texts returns a member that is a list of strings, or one string of words separated by spaces
// (RFC 6749, section 3.3). A name with dots that is not a member is a path through objects:
// realm_access.roles.
func (o Object) Texts(name string) []string {
	raw := o.Find(name)
	var list []string
	if json.Unmarshal(raw, &list) == nil {
		return list
	}
	var one string
	if json.Unmarshal(raw, &one) == nil {
		return strings.Fields(one)
	}
	return nil
}

// Find returns a member by its name or path; nil if there is none.
func (o Object) Find(name string) json.RawMessage {
	if raw, ok := o[name]; ok {
		return raw
	}
	outer, rest, ok := strings.Cut(name, ".")
	var inner Object
	if !ok || json.Unmarshal(o[outer], &inner) != nil {
		return nil
	}
	return inner.Find(rest)
}

// Audience returns the member aud: one string or a list (RFC 7519, section
// 4.1.3).
func (o Object) Audience() []string {
	if one := o.Text("aud"); one != "" {
		return []string{one}
	}
	var list []string
	if json.Unmarshal(o["aud"], &list) != nil {
		return nil
	}
	return list
}

// lastSecond is the last second of the year 9999; later times are refused.
const lastSecond = 253402300799

// Time returns a member that is a time in seconds since 1970, and whether it exists.
func (o Object) Time(name string) (t time.Time, ok bool, err error) {
	raw, ok := o[name]
	if !ok {
		return time.Time{}, false, nil
	}
	var seconds float64
	if json.Unmarshal(raw, &seconds) != nil || string(raw) == "null" || seconds < 0 || seconds > lastSecond {
		return time.Time{}, false, fmt.Errorf("%s is not a time", name)
	}
	return time.Unix(int64(seconds), 0).UTC(), true, nil
}

// Printable shortens text from outside for messages.
func Printable(text string) string { return PrintableTo(text, 100) }

// PrintableTo cuts text to a number of bytes, and removes what is not printable.
func PrintableTo(text string, longest int) string {
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text[:min(len(text), longest)], ""))
	return text
}
