// Command muster tells for a whole fleet what is installed on every device,
// what is wrong with it, and what changed.
//
// One file holds one command: its flags as a documented struct, its help, and
// Run. What they share:
//
//	main.go       run: one command line in, one exit status out
//	cli.go        the commands, and what errors mean as exit statuses
//	state.go      --data and --server, made alike
//	ask.go        a request and how its reply is printed
//	login.go      who asks a server
//
// How a program speaks to people, reads settings and ends is package console;
// the calls of the API and the client of them are package control.
//
// A command that needs the state speaks to the API, whether a server answers it
// or, with --data, this very process: the same handler serves a pipe then. So
// there is one way to do a thing, and one place where it is checked.
package main
