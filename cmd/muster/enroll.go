package main

import (
	"context"
	"fmt"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// enrollCreateCmd is `muster enroll create`.
type enrollCreateCmd struct {
	Name     string        `arg:"" help:"Name of the enrolment, for people."`
	Lifetime time.Duration `default:"24h" help:"How long the secret is good, up to a year."`
	Count    int64         `default:"1" help:"For how many devices."`
	Group    string        `placeholder:"NAME" help:"RBAC group that the devices are put in; it counts where no rule matches."`
	Adopt    bool          `help:"Take devices that are known already and have no credential, if they are in the group or in none."`
	Trust    []string      `placeholder:"WHAT,..." enum:"name,platform,tags" help:"What of its identity counts whenever a device says it: name, platform, tags. Else name and platform count as they were first, and tags when they are accepted."`
	replyFlags
}

// Help is the long part of the command's help.
func (enrollCreateCmd) Help() string {
	return `Devices trade the secret, each once, for a credential of their own: muster collect --server URL --enroll SECRET. It is shown this once, only its hash is kept. A device that is known already is let in by --adopt, by muster enroll accept or by muster enroll reset.

Examples:

    muster enroll create lisbon --lifetime 168h --count 250 --server https://muster.example.com
    muster enroll create kiosks --count 20 --group Kiosks --data muster-data --json
    muster enroll create imported --count 5000 --adopt --server https://muster.example.com

Exit statuses: 0 made, 1 failed, 2 wrong usage, 3 data folder in use, 5 refused, such as an unknown group, 6 server not reached.`
}

// Run makes an enrolment.
func (c *enrollCreateCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	life := int64(c.Lifetime / time.Second)
	wanted := control.EnrollmentRequest{Name: c.Name, LifetimeSeconds: &life, Count: &c.Count, Group: c.Group, Adopt: c.Adopt, Trust: c.Trust}
	return c.work(ctx, k, t, need{make: true}, func(s *state) error {
		reply, err := askFor(ctx, s, control.CreateEnrollment(wanted), "making enrolment %q", c.Name)
		if err != nil {
			return err
		}
		t.Warn("the secret is shown this once, only its hash is kept")
		return show(t, c.JSON, reply, func(made control.CreatedEnrollment) error {
			rows := [][]string{{"secret", made.Secret}, {"good until", instant(made.ExpiresTime)}, {"devices", fmt.Sprint(made.Count)}}
			if made.Group != "" {
				rows = append(rows, []string{"group", made.Group})
			}
			return t.Table([]string{"enrolment", made.ID}, rows)
		})
	})
}

// enrollListCmd is `muster enroll list`.
type enrollListCmd struct {
	replyFlags
}

// Help is the long part of the command's help.
func (enrollListCmd) Help() string {
	return `Those that ended a month ago or more are not listed.

Examples:

    muster enroll list --server https://muster.example.com
    muster enroll list --data muster-data --json

Exit statuses: 0 listed, 1 failed, 3 data folder in use, 5 not allowed, 6 server not reached.`
}

// Run lists enrolments.
func (c *enrollListCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return list(ctx, k, t, &c.replyFlags, control.ListEnrollments(), "listing enrolments", func(all control.EnrollmentList) error {
		var rows [][]string
		for _, e := range all.Enrollments {
			note := ""
			if !e.Active {
				note = "over"
			}
			rows = append(rows, []string{e.ID, e.Name, e.Group, fmt.Sprintf("%d of %d", e.Used, e.Count), instant(e.ExpiresTime), note})
		}
		return t.Table([]string{"enrolment", "name", "group", "devices", "good until", ""}, rows)
	})
}

// enrollRemoveCmd is `muster enroll remove`.
type enrollRemoveCmd struct {
	Enrolments []string `arg:"" name:"enrolment" help:"Ids, or names that one enrolment has."`
	stateFlags
}

// Help is the long part of the command's help.
func (enrollRemoveCmd) Help() string {
	return `Devices that were enrolled with the secret keep their credentials.

Examples:

    muster enroll remove lisbon --server https://muster.example.com

Exit statuses: 0 removed, 1 failed, 3 data folder in use, 5 no such enrolment, 6 server not reached.`
}

// Run removes enrolments, and stops at the first that there is not.
func (c *enrollRemoveCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.work(ctx, k, t, need{}, func(s *state) error {
		return s.forEach(ctx, t, errand{"removing enrolment", "removed", control.FindEnrollment, control.RemoveEnrollment}, c.Enrolments)
	})
}

// enrollAcceptCmd is `muster enroll accept`.
type enrollAcceptCmd struct {
	Devices []string `arg:"" name:"device" help:"Ids or whole names of devices."`
	stateFlags
}

// Help is the long part of the command's help.
func (enrollAcceptCmd) Help() string {
	return `A device that is known, from imported reports for one, is not enrolled by whoever knows a secret of an enrolment. This lets it in: once, within a week. Its agent goes on asking meanwhile.

Examples:

    muster enroll accept web1.example.com --server https://muster.example.com

Exit statuses: 0 done, 1 failed, 3 data folder in use, 5 no such device, or it has a credential, 6 server not reached.`
}

// Run lets devices be enrolled, and stops at the first that may not.
func (c *enrollAcceptCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.work(ctx, k, t, need{}, func(s *state) error {
		return s.forEach(ctx, t, errand{"accepting device", "accepted", control.FindDevice, control.AdmitDevice}, c.Devices)
	})
}

// enrollResetCmd is `muster enroll reset`.
type enrollResetCmd struct {
	Devices []string `arg:"" name:"device" help:"Ids or whole names of devices."`
	stateFlags
}

// Help is the long part of the command's help.
func (enrollResetCmd) Help() string {
	return `A device that is enrolled keeps its credential, whoever knows a secret of an enrolment. Where its agent's folder was lost, or its credential is to end, this takes the credential away: it reports no more until it is enrolled again, which it may be once within a week. What is known of it stays.

Examples:

    muster enroll reset web1.example.com --server https://muster.example.com

Exit statuses: 0 done, 1 failed, 3 data folder in use, 5 no such device, or it has no credential, 6 server not reached.`
}

// Run takes credentials of devices away, and stops at the first that has none.
func (c *enrollResetCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.work(ctx, k, t, need{}, func(s *state) error {
		return s.forEach(ctx, t, errand{"resetting device", "reset", control.FindDevice, control.RemoveCredential}, c.Devices)
	})
}
