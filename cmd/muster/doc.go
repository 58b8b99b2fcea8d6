// Command muster shows for a whole fleet what is installed on every device,
// what is wrong with it, and what changed.
//
// One file holds one command: its flags as a documented struct, its help, and
// Run. What they share:
//
//	main.go       run: one command line in, one exit status out
//	cli.go        the commands, and what errors mean as exit statuses
//	state.go      --data and --server behind one interface
//	ask.go        sends a request and prints the reply
//	login.go      the credentials for a server
//
// Package console holds output, settings and exit statuses. Package control holds the
// calls of the API and their client.
//
// A command that needs the state calls the API. With --server a server answers; with
// --data this process answers over a pipe, with the same handler. So every operation has
// one implementation and one place where it is checked.
package main

// version is what `muster --version` prints; the Makefile sets it.
var version = "unknown"
