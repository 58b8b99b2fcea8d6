// Command muster shows for a whole fleet what is installed on every device,
// what is wrong with it, and what changed.
//
// One file holds one command: its flags as a documented struct, its help, and Run. The files
// main.go (one command line in, one exit status out) and cli.go (the commands, and what errors
// mean as exit statuses) join them. The rooms below are
//
//	connect    --data, --database and --server behind one interface, for all commands
//	access     clients, enrolments, organizations, groups, keys
//	answers    what is known about devices
//	manual     help, version, manual pages, completion
//
// Package console holds output, settings and exit statuses. Package control holds the
// calls of the API and their client.
package main

import "github.com/muster-project/muster/internal/console"

// version is set by the Makefile. build returns what `muster --version` prints.
var version = console.UnknownVersion

func build() string { return console.BuildVersion(version) }
