package agent

import (
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/inventory/collect"
)

// Program is muster-agent: only Command.
func Program(version string) *console.Program {
	const name = "muster-agent"
	line := &struct {
		Command
		console.GlobalFlags
	}{Command: NewCommand(name, version)}
	return &console.Program{Name: name, About: line.Command.Help(), Version: version, Line: line, Meanings: Meanings()}
}

// Meanings are the exit statuses of Command's errors that package console does not know.
func Meanings() []console.Meaning {
	return []console.Meaning{{Err: collect.ErrNothing, Status: console.StatusInput},
		{Err: collect.ErrOS, Status: console.StatusUsage}}
}
