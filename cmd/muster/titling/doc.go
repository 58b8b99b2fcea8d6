// Package titling has the commands for titles of software that nothing identifies: which there are on how many devices,
// and what people confirm them to be.
package titling

// Title is `muster title`.
type Title struct {
	Unknown unknownCmd `cmd:"" help:"List software that nothing identifies, by devices."`
	Confirm confirmCmd `cmd:"" help:"Confirm which product a title is."`
	List    listCmd    `cmd:"" help:"List the titles that were confirmed."`
	Remove  removeCmd  `cmd:"" help:"Remove a title that was confirmed."`
}
