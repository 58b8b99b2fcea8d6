package notifying

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/plain"
)

// Notify is `muster notify`.
type Notify struct {
	Set     setCmd     `cmd:"" help:"Make or replace a rule."`
	List    listCmd    `cmd:"" help:"List rules, and how they do."`
	Remove  removeCmd  `cmd:"" help:"Remove rules, with what is owed by them."`
	Test    testCmd    `cmd:"" help:"Send a test to the receiver of a rule."`
	Preview previewCmd `cmd:"" help:"Show what a rule would have told of the newest snapshot."`
	History historyCmd `cmd:"" help:"List notices, and what became of them."`
}

// exits ends the help of each command.
const exits = `

Exit statuses: 0 done, 1 failed, 2 wrong usage, 3 data folder in use, 5 refused (the message says what), 6 server not reached.`

// maxRule is how much of a file with a rule is read, in bytes.
const maxRule = 1 << 20

// setCmd is `muster notify set`.
type setCmd struct {
	File string `arg:"" help:"JSON file with the rule; - is standard input."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (setCmd) Help() string {
	return `The file has the rule and its receiver, as doc/notices.md describes them:

    {"name": "on-call", "events": ["exploited"], "severities": ["Critical", "High"], "rbacGroups": ["Servers"],
     "destination": {"kind": "webhook", "url": "https://hooks.example.com/muster", "secret": "at least 16 characters"}}

Secrets are in the file, and not on the command line, where others would see them. Without a destination a rule that exists keeps the one that it has. What changes after the newest snapshot is told.

Examples:

    muster notify set on-call.json --server http://127.0.0.1:8800
    muster notify set - --data muster-data < on-call.json` + exits
}

// Run sets a rule.
func (c *setCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	set, err := readRule(t, c.File)
	if err != nil {
		return err
	}
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		reply, err := connect.Ask(ctx, s, notices.SetRule(set.Name, set), "setting rule %q", set.Name)
		if err != nil {
			return err
		}
		return connect.Show(t, c.JSON, reply, func(r notices.Rule) error {
			_, err := fmt.Fprintf(t.Out, "set %s: tells %s what changes after snapshot %d\n", r.Name,
				plain.Inline(r.Destination.Place()), r.Since)
			return err
		})
	})
}

// readRule reads a rule from a file. An error does not show what the file has, since there are secrets in it.
func readRule(t *console.Terminal, name string) (set notices.Set, err error) {
	open, err := connect.Opener(t, name)
	if err != nil {
		return set, err
	}
	file, err := open()
	if err != nil {
		return set, err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxRule+1))
	if err != nil {
		return set, fmt.Errorf("reading %q: %w", name, err)
	}
	if len(text) > maxRule {
		return set, console.Usage("%q has more than %d bytes", name, maxRule)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&set); err != nil {
		return set, console.Usage("%q is no rule: %s", name, whyNot(err))
	}
	if set.Name == "" {
		return set, console.Usage("%q has no name", name)
	}
	return set, nil
}

// whyNot says why a file is no rule.
func whyNot(err error) string {
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) {
		return fmt.Sprintf("%s is a %s", kind.Field, kind.Value)
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// listCmd is `muster notify list`.
type listCmd struct{ connect.ReplyFlags }

// Help is the long part of the command's help.
func (listCmd) Help() string {
	return `Shows each rule with its receiver, without secrets, with what waits and what failed in the last 30 days, and why the last try failed.

Examples:

    muster notify list --server http://127.0.0.1:8800
    muster notify list --json --data muster-data | jq -r '.rules[] | select(.status.failures > 0).name'` + exits
}

// Run lists rules.
func (c *listCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		reply, err := connect.Ask(ctx, s, notices.ListRules(), "listing rules")
		if err != nil {
			return err
		}
		return connect.Show(t, c.JSON, reply, func(all notices.Rules) error {
			var rows [][]string
			for i := range all.Rules {
				r := &all.Rules[i]
				sent := ""
				if r.Status.SentTime != nil {
					sent = console.Instant(*r.Status.SentTime)
				}
				state := r.Status.State
				if r.Status.FailingTime != nil {
					state += " since " + console.Instant(*r.Status.FailingTime)
				}
				rows = append(rows, []string{r.Name, state, eventsOf(r), r.Destination.Place(),
					strconv.FormatInt(r.Status.Notices["waiting"], 10), strconv.FormatInt(r.Status.Notices["failed"], 10), sent,
					r.Status.Error})
			}
			return t.Table([]string{"rule", "state", "events", "receiver", "waiting", "failed", "sent", "error"}, rows)
		})
	})
}

func eventsOf(r *notices.Rule) string {
	var all []string
	for _, e := range r.Events {
		all = append(all, string(e))
	}
	return strings.Join(all, " ")
}

// removeCmd is `muster notify remove`.
type removeCmd struct {
	Rules []string `arg:"" name:"rule" help:"Names of rules."`
	connect.Flags
}

// Help is the long part of the command's help.
func (removeCmd) Help() string {
	return `What was told stays in the history for 30 days; what waits is not sent any more.

Examples:

    muster notify remove on-call --data muster-data` + exits
}

// Run removes rules, and stops at the first that is not there.
func (c *removeCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		for _, name := range c.Rules {
			if _, err := connect.Ask(ctx, s, notices.RemoveRule(name), "removing rule %q", name); err != nil {
				return err
			}
			fmt.Fprintf(t.Out, "removed %s\n", plain.Inline(name))
		}
		return nil
	})
}

// testCmd is `muster notify test`.
type testCmd struct {
	Rule string `arg:"" help:"Name of a rule."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (testCmd) Help() string {
	return `The server sends a message that says that it is a test, at once, whatever the rule's quiet hours. It fails if the receiver does not take it.

Examples:

    muster notify test on-call --server http://127.0.0.1:8800` + exits
}

// Run sends a test.
func (c *testCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		reply, err := connect.Ask(ctx, s, notices.TestRule(c.Rule), "testing rule %q", c.Rule)
		if err != nil {
			return err
		}
		err = connect.Show(t, c.JSON, reply, func(r notices.Tested) error {
			if r.Sent {
				_, err := fmt.Fprintf(t.Out, "the receiver of %s took the test\n", plain.Inline(c.Rule))
				return err
			}
			return nil
		})
		if err == nil && !reply.Value.Sent {
			return fmt.Errorf("the receiver of %q did not take the test: %s", c.Rule, reply.Value.Error)
		}
		return err
	})
}

// previewCmd is `muster notify preview`.
type previewCmd struct {
	Rule string `arg:"" help:"Name of a rule."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (previewCmd) Help() string {
	return `Compares the newest snapshot with the one before by the rule, and sends nothing. A rule with "dryRun": true does so after each snapshot, and keeps what it would have sent in the history.

Examples:

    muster notify preview on-call --server http://127.0.0.1:8800
    muster notify preview on-call --json --data muster-data | jq -r '.notices[].title'` + exits
}

// Run shows what a rule would have told.
func (c *previewCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		reply, err := connect.Ask(ctx, s, notices.PreviewRule(c.Rule), "previewing rule %q", c.Rule)
		if err != nil {
			return err
		}
		return connect.Show(t, c.JSON, reply, func(p notices.Preview) error {
			for i := range p.Notices {
				fmt.Fprintln(t.Out, plain.Inline(p.Notices[i].Title))
			}
			if p.Silent != "" {
				t.Warn("nothing is told of snapshot %d: %s", p.Snapshot, plain.Inline(p.Silent))
			}
			_, err := fmt.Fprintf(t.Out, "notices from snapshot %d to %d: %d\n", p.Previous, p.Snapshot, len(p.Notices))
			return err
		})
	})
}

// historyCmd is `muster notify history`.
type historyCmd struct {
	Rule  string `placeholder:"RULE" help:"Only notices of this rule."`
	State string `placeholder:"STATE" help:"Only notices in this state: waiting, sent, failed, dry or silent."`
	Limit int    `default:"100" help:"List at most so many, the newest; 0: all."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (historyCmd) Help() string {
	return `Notices of the last 30 days, newest first: waiting to be sent, sent, failed (given up after three days), dry (the rule sends nothing), or silent (the changes of a snapshot are not told; the title says why).

Examples:

    muster notify history --state failed --server http://127.0.0.1:8800
    muster notify history --rule on-call --limit 0 --json --data muster-data` + exits
}

// Run lists notices, in JSON page by page.
func (c *historyCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	if c.Limit < 0 {
		return console.Usage("--limit is %d, must be 0 or more", c.Limit)
	}
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		var rows [][]string
		for page := (notices.Listing{Rule: c.Rule, State: c.State}); ; {
			page.Limit = 1000
			if c.Limit > 0 {
				page.Limit = min(1000, c.Limit-len(rows))
			}
			reply, err := connect.Ask(ctx, s, notices.ListHistory(page), "listing notices")
			if err != nil {
				return err
			}
			if c.JSON {
				if err := t.JSON(reply.JSON); err != nil {
					return err
				}
			}
			for i := range reply.Value.Notices {
				rows = append(rows, rowOf(&reply.Value.Notices[i]))
			}
			page.After = reply.Value.Next
			if page.After == "" || c.Limit > 0 && len(rows) >= c.Limit {
				break
			}
		}
		if c.JSON {
			return nil
		}
		return t.Table([]string{"made", "rule", "state", "tries", "title", "error"}, rows)
	})
}

func rowOf(n *notices.Told) []string {
	return []string{console.Instant(n.MadeTime), n.Rule, n.State, strconv.FormatInt(n.Tries, 10), n.Notice.Title, n.Error}
}
