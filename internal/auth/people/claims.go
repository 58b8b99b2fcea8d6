package people

import (
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"github.com/muster-project/muster/internal/auth/jwt"
	"github.com/muster-project/muster/internal/inventory/parse"
)

const (
	// maxClaimed is how many values of a claim are kept, maxClaim the longest of them, in bytes. Longer ones name no
	// value of a role.
	maxClaimed = 2000
	maxClaim   = maxText
	// maxName is the longest name of a person, in bytes.
	maxName = 200
)

// valuesOf returns the values of a claim, in order and each once, and whether the claim is there: of a list its
// texts, of an object its names (as some providers name roles), of one text that. An e-mail address counts only if the
// provider has verified it.
func valuesOf(claims jwt.Object, name string) (values []string, there bool) {
	raw := claims.Find(name)
	if raw == nil || string(raw) == "null" {
		return []string{}, false
	}
	values = []string{}
	var list []any
	var object jwt.Object
	var one string
	switch {
	case name == "email" && !verified(claims):
		return values, false
	case json.Unmarshal(raw, &list) == nil:
		for _, value := range list {
			if text, is := value.(string); is {
				values = append(values, text)
			}
		}
	case json.Unmarshal(raw, &object) == nil:
		for value := range object {
			values = append(values, value)
		}
	case json.Unmarshal(raw, &one) == nil:
		values = append(values, one)
	}
	values = slices.DeleteFunc(values, func(v string) bool { return v == "" || len(v) > maxClaim })
	slices.Sort(values)
	values = slices.Compact(values)
	return values[:min(len(values), maxClaimed)], true
}

// verified tells whether the provider has verified the e-mail address. Some send a text.
func verified(claims jwt.Object) bool {
	return string(claims.Find("email_verified")) == "true" || claims.Text("email_verified") == "true"
}

// saysTooMany tells whether a provider says that it left groups out because there are too many: Entra ID refers to
// another call, by distributed claims (OpenID Connect Core, section 5.6.2), or hasgroups.
func saysTooMany(claims jwt.Object, name string) bool {
	var elsewhere jwt.Object
	_ = json.Unmarshal(claims["_claim_names"], &elsewhere) // nil if it is none
	_, there := elsewhere[name]
	return there || string(claims["hasgroups"]) == "true"
}

// visible returns a text without what cannot be printed, as a name in one line.
func visible(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	return parse.Clip(strings.TrimSpace(text), maxName)
}
