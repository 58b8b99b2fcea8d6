package notices

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/web/page"
)

// home is the address of the rules.
const home = "/notices"

// rulePath is the address of a rule's page, or of one below it.
func rulePath(name, below string) string { return "/notices/rules/" + url.PathEscape(name) + below }

// eventWords are what a rule tells, for people.
func eventWords(e notice.Event) string {
	return map[notice.Event]string{
		notice.Finding:   "a finding that is new, or whose severity rose",
		notice.Exploited: "a finding that is exploited, or in CISA's list, and was not",
		notice.Fixed:     "a finding that was mended on the device",
		notice.Coverage:  "devices that are assessed less than before",
		notice.Feed:      "a feed that has become older than its limit",
		notice.Silent:    "devices that were not seen for 7 days",
		notice.Exception: "an exception that ends soon",
		notice.More:      "more than " + strconv.Itoa(notice.MaxNotices) + " messages of a snapshot",
		notice.Unknown:   "changes that are not told",
	}[e]
}

// eventNames are the events in few words, as the column of a table has them.
func eventNames(all []notice.Event) string {
	var names []string
	for _, e := range all {
		names = append(names, string(e))
	}
	return strings.Join(names, ", ")
}

// tellsText says what a rule tells.
func tellsText(r *notice.Rule) string {
	var all []string
	for _, e := range r.Events {
		text := eventWords(e)
		if e == notice.Exception {
			text = "an exception that ends in " + page.Count(int64(cmp.Or(r.AheadDays, notice.DefaultAhead)), "day", "days")
		}
		all = append(all, text)
	}
	return strings.Join(all, "; ")
}

// ofText says of which findings and devices. names are those of groups by number.
func ofText(r *notice.Rule, names map[int64]string) string {
	var all []string
	if len(r.Severities) > 0 {
		all = append(all, "severity "+strings.Join(r.Severities, ", "))
	}
	if len(r.Groups) > 0 {
		all = append(all, "groups "+strings.Join(groupTexts(r.Groups, names), ", "))
	}
	if len(r.Products) > 0 {
		var some []string
		for _, p := range r.Products {
			some = append(some, strings.TrimSpace(p.Vendor+" "+p.Name))
		}
		all = append(all, "software "+strings.Join(some, ", "))
	}
	return cmp.Or(strings.Join(all, "; "), "all")
}

func groupTexts(groups []int64, names map[int64]string) (all []string) {
	for _, g := range groups {
		all = append(all, cmp.Or(names[g], strconv.FormatInt(g, 10)))
	}
	return all
}

// byText says what has one message.
func byText(r *notice.Rule) string {
	if r.By == notice.ByProduct {
		return "a product, with its CVEs and devices"
	}
	return "a CVE, with its devices"
}

// whenText says when a message is sent.
func whenText(r *notice.Rule) string {
	text := "at once"
	if r.Digest != "" {
		text = "at " + r.Digest + ", all of a day as one"
	}
	if r.Quiet != nil {
		text += "; not from " + r.Quiet.From + " to " + r.Quiet.To
	}
	if r.Digest != "" || r.Quiet != nil {
		text += " (" + cmp.Or(r.Zone, "UTC") + ")"
	}
	return text
}

// modeOf is how a rule is switched, for forms; modeText for people.
func modeOf(r *notice.Rule) string {
	switch {
	case r.Off:
		return "off"
	case r.DryRun:
		return "dry"
	}
	return "on"
}

func modeText(mode string) string {
	return map[string]string{"on": "on", "dry": "dry run: it keeps what it would send, and sends nothing",
		"off": "off: it makes nothing"}[mode]
}

// stateText is the state of a rule in a word or two.
func stateText(s *notices.Status) string {
	return cmp.Or(map[string]string{"ok": "on", "dryRun": "dry run"}[s.State], s.State)
}

// placeText is a receiver for people.
func placeText(d *notice.Destination) string {
	kind := string(d.Kind)
	if d.Format != "" && d.Format != notice.Plain {
		kind += " for " + string(d.Format)
	}
	return kind + ": " + d.Place()
}

// toldStates are the states of messages, for people.
func toldStates() [][2]string {
	return [][2]string{{"waiting", "waits"}, {"sent", "sent"}, {"failed", "given up"}, {"dry", "dry run, not sent"},
		{"silent", "not told"}}
}

func toldText(state string) string {
	for _, s := range toldStates() {
		if s[0] == state {
			return s[1]
		}
	}
	return state
}

// about is the page of what a notice is about.
func about(n *notice.Notice) string {
	switch n.Event {
	case notice.Finding, notice.Fixed:
		if n.Event == notice.Finding && n.CVECount > 1 && len(n.Products) == 1 {
			return page.ProductPath(n.Products[0].Vendor, n.Products[0].Name)
		}
		if len(n.CVEs) > 0 {
			return "/vulnerabilities/" + url.PathEscape(n.CVEs[0].ID)
		}
	case notice.Coverage:
		return "/coverage"
	case notice.Silent:
		return "/devices?silent=true"
	case notice.Feed:
		return "/intelligence"
	case notice.Exception:
		return "/exceptions"
	case notice.More:
		return "/changes"
	}
	return ""
}

// namesOf are the names of groups.
func namesOf(all []control.Group) map[int64]string {
	names := map[int64]string{}
	for _, g := range all {
		names[g.ID] = g.Name
	}
	return names
}

// counted says how many notices there are, by what they tell.
func counted(all []notice.Notice) string {
	by := map[notice.Event]int64{}
	for i := range all {
		by[all[i].Event]++
	}
	var parts []string
	for _, e := range slices.Concat(notice.Events(), []notice.Event{notice.More}) {
		if n := by[e]; n > 0 {
			parts = append(parts, page.Number(n)+" "+string(e))
		}
	}
	text := page.Count(int64(len(all)), "message", "messages")
	if len(parts) > 0 {
		text += " (" + strings.Join(parts, ", ") + ")"
	}
	return text
}
