package access

import (
	"context"
	"fmt"
	"strconv"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/plain"
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
		return printGroups(t, c.JSON, false, reply)
	})
}

// groupListCmd is `muster group list`.
type groupListCmd struct {
	Rules bool `help:"Print only the rules, as muster group set reads them."`
	All   bool `help:"List also groups that were removed: no rule names them, they have no devices, and no client sees them."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (groupListCmd) Help() string {
	return `Devices are counted as in the newest snapshot. A group that the rules neither name nor list gets no devices; it is listed as long as it has some, or a client sees it.

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
		return printGroups(t, c.JSON, c.All, reply)
	})
}

// groupRemoveCmd is `muster group remove`.
type groupRemoveCmd struct {
	Group  string `arg:"" help:"Name or number of the group."`
	DryRun bool   `help:"Change nothing and print what would be done."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (groupRemoveCmd) Help() string {
	return `Removes the group and every rule that puts devices into it. With the next snapshot its devices move to where the remaining rules put them, else to the group that their reports name, if the rules know that one, else to no group: their rows become Fixed in the old group and New in the new one. Then the group is no longer listed. Its number is never used for another group; naming the group again gives it the number back.

A group that clients or enrolments name is refused: change or remove those first, so that no client sees more or less than it should.

Examples:

    muster group remove Kiosks --dry-run --data muster-data
    muster group remove Kiosks --server http://127.0.0.1:8800

Exit statuses: 0 removed, 1 failed, 3 data folder in use, 5 no such group, or it is in use, 6 server not reached.`
}

// Run removes a group.
func (c *groupRemoveCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		all, err := connect.Ask(ctx, s, control.ListGroups(), "listing groups")
		if err != nil {
			return err
		}
		wanted := c.Group
		for _, g := range all.Value.Groups {
			if strconv.FormatInt(g.ID, 10) == wanted {
				wanted = g.Name
			}
		}
		found, err := control.NamedGroup(all.Value.Groups, wanted)
		if err != nil {
			return s.Explain(err)
		}
		if found.ID == 0 {
			return fmt.Errorf("%w: %q stands for devices in no group", control.ErrInput, c.Group)
		}
		text := fmt.Sprintf("removed %s; its %d devices move with the next snapshot", found.Name, found.Devices)
		if c.DryRun {
			text = fmt.Sprintf("would remove %s; its %d devices would move with the next snapshot", found.Name, found.Devices)
			return t.Lines([]string{plain.Inline(text)})
		}
		reply, err := connect.Ask(ctx, s, control.RemoveGroup(found.ID), "removing group %q", found.Name)
		if err != nil {
			return err
		}
		return connect.Show(t, c.JSON, reply, func(control.GroupsReply) error {
			return t.Lines([]string{plain.Inline(text)})
		})
	})
}

// printGroups prints the groups of a reply.
func printGroups(t *console.Terminal, asJSON, all bool, reply control.Reply[control.GroupsReply]) error {
	return connect.Show(t, asJSON, reply, func(told control.GroupsReply) error {
		var rows [][]string
		for _, g := range told.Groups {
			note := ""
			switch {
			case g.Current:
			case !all && g.Devices == 0 && g.Clients == 0:
				continue
			default:
				note = "no rule names it"
			}
			rows = append(rows, []string{strconv.FormatInt(g.ID, 10), g.Name, strconv.FormatInt(g.Devices, 10), note})
		}
		return t.Table([]string{"group", "name", "devices", ""}, rows)
	})
}
