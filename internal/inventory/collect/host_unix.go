//go:build !windows && !darwin

package collect

import (
	"context"

	"github.com/muster-project/muster/internal/inventory"
)

// collectHost makes the report of this machine.
func collectHost(ctx context.Context, config Config) (*inventory.Report, []Warning, error) {
	config.Root = "/"
	return collectTree(ctx, config)
}
