package agent

import (
	"context"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/console"
)

// minTimeLimit is the shortest time limit for collecting.
const minTimeLimit = time.Second

// Run runs the command.
func (c *Command) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	if err := c.check(k); err != nil {
		return err
	}
	switch {
	case c.Server == "":
		return c.write(ctx, t)
	case c.Every == 0:
		return c.reportOnce(ctx, t)
	}
	return c.reportEvery(ctx, t)
}

// check refuses flags that do not go together.
func (c *Command) check(k *kong.Context) error {
	if c.TimeLimit < minTimeLimit {
		return console.Usage("--time-limit is %v, must be at least %v", c.TimeLimit, minTimeLimit)
	}
	if c.Server == "" {
		for _, name := range []string{"enroll", "every", "state", "insecure-http", "ca-file"} {
			if console.OnLine(k, name) {
				return console.Usage("--%s needs --server", name)
			}
		}
		return nil
	}
	switch {
	case c.Output != "" || c.Pretty:
		return console.Usage("--output and --pretty exclude --server")
	case c.Every != 0 && c.Every < MinEvery:
		return console.Usage("--every is %v, must be at least %v", c.Every, MinEvery)
	}
	return nil
}
