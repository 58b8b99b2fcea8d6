// Package settings reads the settings of a Mac by family. doc/facts.md lists the families with their facts.
//
// A setting of macOS stands in property lists: a profile's, which macOS writes below /Library/Managed Preferences, and
// those that users and administrators set. [table] has each fact with its places in the order in which macOS asks
// them; the first that is set is the value. Defaults are known by checks, because they change with releases.
//
// What no file tells is asked of macOS's own tools, which package collect runs (command.go). They are asked only on
// the machine itself: of a copy their families are not in the report.
//
// Everything else is read through a [disk.Tree], so nothing here needs macOS. Settings of sshd and sudo are those of
// the same programs on Linux, and read by the same code.
//
// [disk.Tree]: github.com/muster-project/muster/internal/inventory/collect/disk.Tree
package settings
