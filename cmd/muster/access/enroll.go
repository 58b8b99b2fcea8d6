package access

import (
	"context"
	"fmt"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// enrollCreateCmd is `muster enroll create`.
type enrollCreateCmd struct {
	Name     string        `arg:"" help:"Name of the enrolment."`
	Lifetime time.Duration `default:"24h" help:"How long the secret is valid, up to a year."`
	Count    int64         `default:"1" help:"How many devices may use the secret."`
	Group    string        `placeholder:"NAME" help:"RBAC group of the devices, unless a rule matches."`
	Adopt    bool          `help:"Also enrol known devices that have no credential and are in the group or in none."`
	Trust    []string      `placeholder:"WHAT,..." enum:"name,platform,tags" help:"Which parts of its identity a device may change by itself: name, platform, tags. Otherwise the first name and platform stay, and tags count when a manager accepts them."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (enrollCreateCmd) Help() string {
	return `Each device exchanges the secret once for its own credential: muster collect --server URL --enroll SECRET. The secret is shown once: only its hash is kept. A device that is already known needs --adopt, muster enroll accept or muster enroll reset.

Examples:

    muster enroll create lisbon --lifetime 168h --count 250 --server https://muster.example.com
    muster enroll create kiosks --count 20 --group Kiosks --data muster-data --json
    muster enroll create imported --count 5000 --adopt --server https://muster.example.com

Exit statuses: 0 made, 1 failed, 2 wrong usage, 3 data folder in use, 5 refused, such as an unknown group, 6 server not reached.`
}

// Run makes an enrolment.
func (c *enrollCreateCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	life := int64(c.Lifetime / time.Second)
	wanted := control.EnrollmentRequest{Name: c.Name, LifetimeSeconds: &life, Count: &c.Count, Group: c.Group,
		Adopt: c.Adopt, Trust: c.Trust}
	return c.Work(ctx, k, t, connect.Need{Make: true}, func(s *connect.State) error {
		reply, err := connect.Ask(ctx, s, control.CreateEnrollment(wanted), "making enrolment %q", c.Name)
		if err != nil {
			return s.AdviseGroup(ctx, err, c.Group)
		}
		t.Warn("the secret is shown only once: only its hash is kept")
		return connect.Show(t, c.JSON, reply, func(made control.CreatedEnrollment) error {
			rows := [][]string{{"secret", made.Secret}, {"valid until", console.Instant(made.ExpiresTime)},
				{"devices", fmt.Sprint(made.Count)}}
			if made.Group != "" {
				rows = append(rows, []string{"group", made.Group})
			}
			return t.Table([]string{"enrolment", made.ID}, rows)
		})
	})
}

// enrollListCmd is `muster enroll list`.
type enrollListCmd struct {
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (enrollListCmd) Help() string {
	return `Enrolments that ended a month ago or earlier are not listed.

Examples:

    muster enroll list --server https://muster.example.com
    muster enroll list --data muster-data --json

Exit statuses: 0 listed, 1 failed, 3 data folder in use, 5 not allowed, 6 server not reached.`
}

// Run lists enrolments.
func (c *enrollListCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return connect.List(ctx, k, t, &c.ReplyFlags, control.ListEnrollments(), "listing enrolments", func(all control.EnrollmentList) error {
		var rows [][]string
		for _, e := range all.Enrollments {
			note := ""
			if !e.Active {
				note = "ended"
			}
			rows = append(rows, []string{e.ID, e.Name, e.Group, fmt.Sprintf("%d of %d", e.Used, e.Count),
				console.Instant(e.ExpiresTime), note})
		}
		return t.Table([]string{"enrolment", "name", "group", "devices", "valid until", ""}, rows)
	})
}

// enrollRemoveCmd is `muster enroll remove`.
type enrollRemoveCmd struct {
	Enrolments []string `arg:"" name:"enrolment" help:"Ids or names of enrolments."`
	connect.Flags
}

// Help is the long part of the command's help.
func (enrollRemoveCmd) Help() string {
	return `Devices that were enrolled with the secret keep their credentials.

Examples:

    muster enroll remove lisbon --server https://muster.example.com

Exit statuses: 0 removed, 1 failed, 3 data folder in use, 5 no such enrolment, 6 server not reached.`
}

// Run removes enrolments, and stops at the first one that is not found.
func (c *enrollRemoveCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		return s.ForEach(ctx, t, connect.Errand{Doing: "removing enrolment", Done: "removed",
			Find: control.FindEnrollment, Request: control.RemoveEnrollment},
			c.Enrolments)
	})
}

// enrollAcceptCmd is `muster enroll accept`.
type enrollAcceptCmd struct {
	Devices []string `arg:"" name:"device" help:"Ids or whole names of devices."`
	connect.Flags
}

// Help is the long part of the command's help.
func (enrollAcceptCmd) Help() string {
	return `The secret of an enrolment is not enough to enrol a device that is already known, for example from imported reports. This command allows it: once, within a week. The agent of the device keeps trying meanwhile.

Examples:

    muster enroll accept web1.example.com --server https://muster.example.com

Exit statuses: 0 done, 1 failed, 3 data folder in use, 5 no such device, or it has a credential, 6 server not reached.`
}

// Run allows devices to enrol, and stops at the first one that may not.
func (c *enrollAcceptCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		return s.ForEach(ctx, t, connect.Errand{Doing: "accepting device", Done: "accepted",
			Find: control.FindDevice, Request: control.AdmitDevice}, c.Devices)
	})
}

// enrollResetCmd is `muster enroll reset`.
type enrollResetCmd struct {
	Devices []string `arg:"" name:"device" help:"Ids or whole names of devices."`
	connect.Flags
}

// Help is the long part of the command's help.
func (enrollResetCmd) Help() string {
	return `The secret of an enrolment cannot replace the credential of an enrolled device. If the agent lost its folder, or the credential must end, this command revokes the credential. The device cannot report until it enrols again, which it may do once, within a week. What is known about the device stays.

Examples:

    muster enroll reset web1.example.com --server https://muster.example.com

Exit statuses: 0 done, 1 failed, 3 data folder in use, 5 no such device, or it has no credential, 6 server not reached.`
}

// Run revokes credentials of devices, and stops at the first device that has none.
func (c *enrollResetCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		return s.ForEach(ctx, t, connect.Errand{Doing: "resetting device", Done: "reset",
			Find: control.FindDevice, Request: control.RemoveCredential},
			c.Devices)
	})
}
