package render

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/muster-project/muster/internal/notice"
)

// The limits of services, in characters.
const (
	maxSlack  = 2900  // a text of a block: 3,000
	maxBlocks = 45    // of a message: 50
	maxIssue  = 60000 // a body of an issue: GitHub 65,536, Jira 32,767
	maxJira   = 30000
	maxTitle  = 240 // GitHub 256, Jira and GitLab 255
	maxCard   = 20000
)

// Body returns the JSON that a webhook gets in its format.
func Body(to *notice.Destination, d *notice.Delivery) ([]byte, error) {
	var body any
	switch to.Format {
	case "", notice.Plain:
		body = d
	case notice.Slack:
		body = slack(d)
	case notice.Teams:
		body = teams(d)
	case notice.Jira:
		body = jira(to, d)
	case notice.GitHub:
		body = map[string]any{"title": Title(d, maxTitle), "body": fenced(cut(Text(d), maxIssue)) + below(d), "labels": labels(to)}
	case notice.GitLab:
		body = map[string]any{"title": Title(d, maxTitle), "description": fenced(cut(Text(d), maxIssue)) + below(d),
			"labels": strings.Join(to.Labels, ",")}
	default:
		return nil, fmt.Errorf("the format %q is unknown", to.Format)
	}
	data, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("encoding a notice: %w", err)
	}
	return data, nil
}

func labels(to *notice.Destination) []string { return append([]string{}, to.Labels...) }

// slack makes a message of blocks of plain text, in which nothing is markup. The text beside them, of which
// notifications are made, has Slack's three characters escaped.
func slack(d *notice.Delivery) any {
	escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;").Replace(Title(d, maxTitle))
	type text struct {
		Type  string `json:"type"`
		Text  string `json:"text"`
		Emoji bool   `json:"emoji"`
	}
	type block struct {
		Type   string `json:"type"`
		Text   text   `json:"text"`
		Button any    `json:"accessory,omitempty"`
	}
	var blocks []block
	for i := range d.Notices {
		if len(blocks) == maxBlocks {
			blocks = append(blocks, block{Type: "section", Text: text{Type: "plain_text", Text: fmt.Sprintf("and %d more", len(d.Notices)-i)}})
			break
		}
		var out strings.Builder
		writeNotice(&out, &d.Notices[i])
		one := block{Type: "section", Text: text{Type: "plain_text", Text: cut(out.String(), maxSlack)}}
		if link := d.Notices[i].Link; link != "" {
			one.Button = map[string]any{"type": "button", "text": text{Type: "plain_text", Text: "Open"}, "url": link}
		}
		blocks = append(blocks, one)
	}
	return map[string]any{"text": escaped, "blocks": blocks}
}

// teams makes an adaptive card. Its texts are runs, in which nothing is markup: blocks of text would read Markdown.
func teams(d *notice.Delivery) any {
	type run struct {
		Type   string `json:"type"`
		Text   string `json:"text"`
		Weight string `json:"weight,omitempty"`
	}
	block := func(runs ...run) map[string]any { return map[string]any{"type": "RichTextBlock", "inlines": runs} }
	card := map[string]any{"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
		"body": []any{block(run{"TextRun", Title(d, maxTitle), "Bolder"}), block(run{Type: "TextRun", Text: cut(Text(d), maxCard)})}}
	if link := d.Link(); link != "" {
		card["actions"] = []any{map[string]string{"type": "Action.OpenUrl", "title": "Open", "url": link}}
	}
	return map[string]any{"type": "message", "attachments": []any{map[string]any{
		"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": nil, "content": card}}}
}

// jira makes an issue for version 3 of Jira's API, whose texts are documents: a text in them is no markup.
func jira(to *notice.Destination, d *notice.Delivery) any {
	content := []any{map[string]any{"type": "codeBlock",
		"content": []any{map[string]string{"type": "text", "text": cut(Text(d), maxJira)}}}}
	if link := d.Link(); link != "" {
		content = append(content, map[string]any{"type": "paragraph", "content": []any{map[string]any{"type": "text", "text": link,
			"marks": []any{map[string]any{"type": "link", "attrs": map[string]string{"href": link}}}}}})
	}
	return map[string]any{"fields": map[string]any{
		"project": map[string]string{"key": to.Project}, "issuetype": map[string]string{"name": to.IssueType},
		"summary": Title(d, maxTitle), "labels": labels(to),
		"description": map[string]any{"type": "doc", "version": 1, "content": content},
	}}
}

// below is the link of a delivery below a block of code, in which nobody could follow it. Its characters are those of
// an address, which Markdown leaves alone between angle brackets.
func below(d *notice.Delivery) string {
	if link := d.Link(); link != "" {
		return "\n<" + link + ">\n"
	}
	return ""
}

// fenced makes a block of code of Markdown, in which nothing is markup, a mention or a command: its fence is longer
// than any row of backticks in it.
func fenced(text string) string {
	longest, row := 2, 0
	for _, r := range text {
		if r != '`' {
			row = 0
			continue
		}
		row++
		longest = max(longest, row)
	}
	fence := strings.Repeat("`", longest+1)
	return fence + "text\n" + strings.TrimSuffix(text, "\n") + "\n" + fence + "\n"
}
