package access

import (
	"context"
	"strconv"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// groupSetCmd is `muster group set`.
type groupSetCmd struct {
	File string `arg:"" help:"File of the rules, in JSON; - is standard input."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (groupSetCmd) Help() string {
	return `The new rules replace the old ones. Each rule names a group and has up to four conditions; a device must meet all of them. name, tag and platform are patterns (* and ?), device is an id or a whole name. The first rule that a device meets decides. If none does, the device is in the group that its reports name, if that group exists.

    {"groups": ["Lab"],
     "rules": [{"group": "Kiosks",  "device": "lobby.example.com"},
               {"group": "Servers", "tag": "prod", "platform": "WindowsServer*"},
               {"group": "Web",     "name": "web-??.*.example.com"}]}

Devices move with the next snapshot: their rows become Fixed in the old group and New in the new one. A group that no rule names any more keeps its number.

Examples:

    muster group set groups.json --data muster-data
    muster group list --rules --server http://127.0.0.1:8800 | jq ... | muster group set - --server http://127.0.0.1:8800

Exit statuses: 0 set, 1 failed, 3 data folder in use, 5 refused (the message says what and where), 6 server not reached.`
}

// Run sets the rules.
func (c *groupSetCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	open, err := connect.Opener(t, c.File)
	if err != nil {
		return err
	}
	return c.Work(ctx, k, t, connect.Need{Make: true}, func(s *connect.State) error {
		reply, err := connect.Ask(ctx, s, control.SetGroups(open), "setting groups")
		if err != nil {
			return err
		}
		return printGroups(t, c.JSON, reply)
	})
}

// groupListCmd is `muster group list`.
type groupListCmd struct {
	Rules bool `help:"Print only the rules, as muster group set reads them."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (groupListCmd) Help() string {
	return `Devices are counted as in the newest snapshot. A group that the rules neither name nor list gets no devices.

Examples:

    muster group list --data muster-data
    muster group list --rules --server http://127.0.0.1:8800 > groups.json

Exit statuses: 0 listed, 1 failed, 3 data folder in use, 5 not allowed, 6 server not reached.`
}

// Run lists groups.
func (c *groupListCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		reply, err := connect.Ask(ctx, s, control.ListGroups(), "listing groups")
		if err != nil {
			return err
		}
		if c.Rules {
			return t.JSON(reply.Value.Rules)
		}
		return printGroups(t, c.JSON, reply)
	})
}

// printGroups prints the groups of a reply.
func printGroups(t *console.Terminal, asJSON bool, reply control.Reply[control.GroupsReply]) error {
	return connect.Show(t, asJSON, reply, func(told control.GroupsReply) error {
		var rows [][]string
		for _, g := range told.Groups {
			note := ""
			if !g.Current {
				note = "no rule names it"
			}
			rows = append(rows, []string{strconv.FormatInt(g.ID, 10), g.Name, strconv.FormatInt(g.Devices, 10), note})
		}
		return t.Table([]string{"group", "name", "devices", ""}, rows)
	})
}
