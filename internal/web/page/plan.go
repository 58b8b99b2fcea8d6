package page

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/plain"
)

// Plan is what a form shows.
type Plan struct {
	// Title is the page's, Verb is on the button.
	Title, Verb string
	// Lead says what this is, Will what will happen: in numbers.
	Lead string
	Will []string
	// Grave: what happens is not undone by a form.
	Grave  bool
	Inputs []Input
	// Back is where one goes who does not want it.
	Back string
	// Problem is why it cannot be done as it is filled in.
	Problem string
}

// lacks says which value that is needed a form lacks; "" if it has all.
func (p *Plan) lacks(form url.Values) string {
	for _, i := range p.Inputs {
		if i.Required && strings.TrimSpace(form.Get(i.Name)) == "" {
			return i.Label + " is needed."
		}
	}
	return ""
}

// Input is a field of a form.
type Input struct {
	Name, Label, Hint string
	// Kind is "text", "long" (several lines), "date", "time", "number", "yes" (a box to tick), "choice", "password" or
	// "hidden".
	Kind     string
	Value    string
	Required bool
	Choices  []Choice
}

// Choice is one of an input's choices.
type Choice struct {
	Value, Label string
	Chosen       bool
}

// Checked tells whether a box is ticked.
func (i Input) Checked() bool { return i.Value != "" }

// Unseen tells whether the value has characters that cannot be seen, or that turn a line around: the form shows it
// escaped, and keeps it. Whoever makes an address that fills a form in has nobody send what they do not see.
func (i Input) Unseen() bool {
	text := strings.ReplaceAll(i.Value, "\r\n", "\n")
	return len(i.Choices) == 0 && plain.Text(text) != text
}

// Done is what a form has done.
type Done struct {
	// Told says it for people.
	Told string
	// To is the address of the page that is shown then, with a line that says what was done.
	To string
	// Secret is shown once, and kept nowhere: in place of the page To.
	Secret *Secret
}

// Secret is what only the reply to a form shows.
type Secret struct {
	// Lines have a name and a value; the secret is in one of them.
	Lines [][2]string
	// Commands are to be pasted.
	Commands string
}

// The names of what every form has beside its own values.
const (
	tokenName = "token"
	markName  = "mark"
	seenName  = "seen"
	typedName = "typed"
)

// own tells whether a value is the form's own, not one of those that every form has.
func own(name string) bool {
	return !slices.Contains([]string{tokenName, markName, seenName, typedName}, name)
}

// digest is what a form remembers of what it has shown: it is compared, and no secret.
func digest(lines []string) string {
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:16])
}

// shown are the values of a form as a browser sends them that changes none.
func (p *Plan) shown() url.Values {
	values := url.Values{}
	for _, i := range p.Inputs {
		value := i.Value
		if i.Kind == "yes" && i.Checked() {
			value = "yes"
		}
		if len(i.Choices) > 0 {
			at := max(0, slices.IndexFunc(i.Choices, func(c Choice) bool { return c.Chosen }))
			value = i.Choices[at].Value
		}
		values.Set(i.Name, value)
	}
	return values
}

// typed is the digest of the values of a form. Browsers send other ends of lines than they were sent.
func typed(values url.Values) string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		text := strings.TrimSpace(strings.ReplaceAll(strings.Join(values[name], "\n"), "\r", ""))
		if own(name) && text != "" {
			all = append(all, name+"="+text)
		}
	}
	return digest(all)
}
