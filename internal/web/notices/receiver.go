package notices

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/web/page"
)

// receiverSecrets are the inputs that no page shows again.
func receiverSecrets() []string { return []string{"url", "secret", "authorization", "password"} }

// receiverForms are the forms about receivers.
func receiverForms() []*page.Form {
	return []*page.Form{
		{Path: "/notices/add", Plan: planAdding, Do: addRule, Secrets: receiverSecrets()},
		{Path: "/notices/rules/{name}/receiver", Plan: planReceiver, Do: setReceiver, Secrets: receiverSecrets()},
		{Path: "/notices/rules/{name}/test", Plan: planTest, Do: testRule},
	}
}

// listed reads a list: one a line, or with commas between.
func listed(text string) (all []string) {
	for _, one := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' || r == ',' }) {
		if one = strings.TrimSpace(one); one != "" {
			all = append(all, one)
		}
	}
	return all
}

// readReceiver reads a receiver.
func readReceiver(values url.Values) *notice.Destination {
	text := func(name string) string { return strings.TrimSpace(values.Get(name)) }
	d := &notice.Destination{Kind: notice.Kind(text("kind")), CA: text("ca")}
	switch d.Kind {
	case notice.Webhook:
		d.URL, d.Format = text("url"), notice.Format(text("format"))
		d.Secret, d.Authorization = values.Get("secret"), values.Get("authorization")
		d.Project, d.IssueType, d.Labels = text("project"), text("issueType"), listed(values.Get("labels"))
	case notice.Mail:
		d.Address, d.TLS, d.From, d.To = text("address"), text("tls"), text("from"), listed(values.Get("to"))
		d.User, d.Password = text("user"), values.Get("password")
	case notice.Syslog:
		d.Address = text("address")
	}
	return d
}

// receiverInputs are the inputs of a kind of receiver, with what is no secret.
func receiverInputs(d *notice.Destination) []page.Input {
	all := []page.Input{page.Filled(), {Name: "kind", Kind: "hidden", Value: string(d.Kind)}}
	switch d.Kind {
	case notice.Webhook:
		all = append(all, webhookInputs(d)...)
	case notice.Mail:
		all = append(all, page.Input{Name: "address", Label: "Server", Kind: "text", Value: d.Address, Required: true,
			Hint: "host and port, such as mail.example.com:587"},
			page.Input{Name: "tls", Label: "TLS", Kind: "choice", Choices: []page.Choice{
				{Value: notice.StartTLS, Label: "by STARTTLS", Chosen: d.TLS != notice.TLS},
				{Value: notice.TLS, Label: "from the first byte (port 465)", Chosen: d.TLS == notice.TLS}}},
			page.Input{Name: "from", Label: "From", Kind: "text", Value: d.From, Required: true, Hint: "a mail address"},
			page.Input{Name: "to", Label: "To", Kind: "long", Value: strings.Join(d.To, "\n"), Required: true, Hint: "mail addresses, one a line"},
			page.Input{Name: "user", Label: "User", Kind: "text", Value: d.User, Hint: "empty: the server asks for none"},
			page.Input{Name: "password", Label: "Password", Kind: "password", Hint: notShown})
	case notice.Syslog:
		all = append(all, page.Input{Name: "address", Label: "Server", Kind: "text", Value: d.Address, Required: true,
			Hint: "host and port, such as log.example.com:6514; always with TLS"})
	}
	return append(all, page.Input{Name: "ca", Label: "Certificates that are trusted", Kind: "long", Value: d.CA,
		Hint: "PEM, in the place of the system's; empty: the system's"})
}

// notShown is what the hints of secrets say.
const notShown = "a secret: it is not shown again"

func webhookInputs(d *notice.Destination) []page.Input {
	var formats []page.Choice
	for _, f := range notice.Formats() {
		label := string(f)
		if f != notice.Plain {
			label += " (not tried against the real service)"
		}
		formats = append(formats, page.Choice{Value: string(f), Label: label, Chosen: f == d.Format})
	}
	return []page.Input{
		{Name: "url", Label: "Address", Kind: "text", Required: true, Hint: "https://…; " + notShown},
		{Name: "format", Label: "Format", Kind: "choice", Choices: formats},
		{Name: "secret", Label: "Secret that signs", Kind: "password", Hint: "at least 16 characters; the format muster needs it; " + notShown},
		{Name: "authorization", Label: "Authorization", Kind: "password", Hint: "the value of that header, such as Bearer …; " + notShown},
		{Name: "project", Label: "Project", Kind: "text", Value: d.Project, Hint: "of Jira alone"},
		{Name: "issueType", Label: "Type of issue", Kind: "text", Value: d.IssueType, Hint: "of Jira alone"},
		{Name: "labels", Label: "Labels", Kind: "text", Value: strings.Join(d.Labels, ", "), Hint: "of issues, with commas between"},
	}
}

// isKind tells whether there is a kind of receiver.
func isKind(k notice.Kind) bool {
	return slices.ContainsFunc(kindNames(), func(n [2]string) bool { return n[0] == string(k) })
}

// problemOf says what is wrong with a receiver that somebody has filled in.
func problemOf(values url.Values, d *notice.Destination) string {
	if values.Get(page.FilledName) == "" {
		return ""
	}
	if err := d.Check(); err != nil {
		return fmt.Sprintf("The receiver is refused: %v.", err)
	}
	return ""
}

// planAdding says what a new rule does: nothing yet.
func planAdding(ctx context.Context, v *page.Visit, values url.Values) (page.Plan, error) {
	d := readReceiver(values)
	if d.Kind == "" {
		d.Kind = notice.Webhook
	}
	if !isKind(d.Kind) {
		return page.Plan{}, edge.Invalid("kind is %q, must be webhook, mail or syslog", edge.Clip(string(d.Kind)))
	}
	name := strings.TrimSpace(values.Get("name"))
	p := page.Plan{Title: "Add a rule: " + string(d.Kind), Verb: "Make the rule", Back: home, Problem: problemOf(values, d),
		Lead: "First who is told. What is told is said on the next page, with what it would have told of the newest snapshot.",
		Will: []string{"A rule is made that sends nothing yet: it is a dry run, of findings that are exploited.",
			"A test can be sent before it is turned on."}}
	p.Inputs = append([]page.Input{{Name: "name", Label: "Name of the rule", Kind: "text", Value: name, Required: true,
		Hint: "letters, digits, dots, hyphens and underscores"}}, receiverInputs(d)...)
	if name == "" {
		return p, nil
	}
	if err := newRule(name).Check(); err != nil {
		p.Problem = fmt.Sprintf("The rule is refused: %v.", err)
		return p, nil
	}
	all, err := page.Ask(ctx, v.API, notices.ListRules())
	if slices.ContainsFunc(all.Rules, func(r notices.Rule) bool { return r.Name == name }) {
		p.Problem = fmt.Sprintf("There is a rule %q.", name)
	}
	return p, err
}

// newRule is a rule as it is made: what it tells is said later.
func newRule(name string) *notice.Rule {
	return &notice.Rule{Name: name, Events: []notice.Event{notice.Exploited}, DryRun: true}
}

// addRule makes the rule, as a dry run.
func addRule(ctx context.Context, v *page.Visit, values url.Values) (page.Done, error) {
	name := strings.TrimSpace(values.Get("name"))
	set := notices.Set{Rule: *newRule(name), Destination: readReceiver(values)}
	made, err := page.Ask(ctx, v.API, notices.SetRule(name, set))
	return page.Done{Told: fmt.Sprintf("The rule %s was made, with the receiver %s. It is a dry run: say what it tells, and turn it on.", name,
		placeText(&made.Destination)), To: rulePath(name, "/change")}, err
}

// planReceiver says what another receiver changes. Its numbers do not follow from what is typed, so that secrets are
// typed once.
func planReceiver(ctx context.Context, v *page.Visit, values url.Values) (page.Plan, error) {
	r, err := ruleOf(ctx, v)
	if err != nil {
		return page.Plan{}, err
	}
	d := &r.Destination
	if kind := notice.Kind(values.Get("kind")); values.Get(page.FilledName) != "" || isKind(kind) && kind != d.Kind {
		d = readReceiver(values)
	}
	if !isKind(d.Kind) {
		return page.Plan{}, edge.Invalid("kind is %q, must be webhook, mail or syslog", edge.Clip(string(d.Kind)))
	}
	p := page.Plan{Title: "Change the receiver of " + r.Name, Verb: "Change the receiver", Back: rulePath(r.Name, ""),
		Problem: problemOf(values, d), Inputs: receiverInputs(d),
		Lead: "Now " + placeText(&r.Destination) + ". What is secret is not shown: give all of it again.",
		Will: []string{"Messages of the rule go to the receiver below from now on."}}
	if n := r.Status.Notices["waiting"]; n > 0 {
		p.Will = append(p.Will, page.Count(n, "message that waits goes", "messages that wait go")+" there, too.")
	}
	if r.Status.Failures > 0 {
		p.Will = append(p.Will, "It is tried at once: the failures of the receiver before are forgotten.")
	}
	return p, nil
}

// setReceiver sets the receiver of a rule, which stays as it is otherwise.
func setReceiver(ctx context.Context, v *page.Visit, values url.Values) (page.Done, error) {
	r, err := ruleOf(ctx, v)
	if err != nil {
		return page.Done{}, err
	}
	set := notices.Set{Rule: r.Rule, Destination: readReceiver(values)}
	made, err := page.Ask(ctx, v.API, notices.SetRule(r.Name, set))
	return page.Done{Told: fmt.Sprintf("The rule %s has the receiver %s.", r.Name, placeText(&made.Destination)), To: rulePath(r.Name, "")}, err
}

// planTest says to whom a test is sent.
func planTest(ctx context.Context, v *page.Visit, _ url.Values) (page.Plan, error) {
	r, err := ruleOf(ctx, v)
	if err != nil {
		return page.Plan{}, err
	}
	return page.Plan{Title: "Send a test by " + r.Name, Verb: "Send it", Back: rulePath(r.Name, ""),
		Will: []string{"A message that says that it is a test is sent to " + placeText(&r.Destination) + " at once, whatever its quiet hours."}}, nil
}

// testRule sends the test. A receiver that does not take it is a refusal: it can be tried again.
func testRule(ctx context.Context, v *page.Visit, _ url.Values) (page.Done, error) {
	told, err := page.Ask(ctx, v.API, notices.TestRule(v.PathValue("name")))
	if err == nil && !told.Sent {
		err = edge.Refuse(http.StatusConflict, "", "the receiver did not take the test: %s", told.Error)
	}
	return page.Done{Told: "The receiver took the test.", To: rulePath(v.PathValue("name"), "")}, err
}
