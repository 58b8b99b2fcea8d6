// Command muster tells for a whole fleet what is installed on every device,
// what is wrong with it, and what changed.
//
// One file holds one command: its flags as a documented struct, its help, and
// Run. What they share:
//
//	main.go       run: one command line in, one exit status out
//	cli.go        the commands, and how a command line is read
//	settings.go   variables MUSTER_* and the file of --config
//	status.go     errors to exit statuses and hints, in one place
//	terminal.go   how the program speaks to people
//	folder.go     the data folder: opened, locked, closed
//	state.go      --data and --server, made alike
//	login.go      who asks a server: tokens, kept and renewed
//	agent/        what collect --every does between two reports
//
// A command that needs the state speaks to the API, whether a server answers it
// or, with --data, this very process: the same handler serves a pipe then. So
// there is one way to do a thing, and one place where it is checked.
package main
