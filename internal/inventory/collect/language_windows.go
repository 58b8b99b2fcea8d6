package collect

import (
	"context"

	"github.com/muster-project/muster/internal/inventory"
)

// addLanguages adds nothing: an agent for Windows has no room for packages of languages of Linux machines, and Collect
// warns who asks for them.
func (m *machine) addLanguages(context.Context, Config, *inventory.Report) {}
