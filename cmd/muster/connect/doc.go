// Package connect gives commands a server to work with: that of --server, or with --data this
// process itself, which answers over a pipe with the same handler. So every operation has one
// implementation and one place where it is checked.
//
// A command embeds Flags, or ReplyFlags if it prints a reply, and calls Work with what it does
// to the State. Ask sends a request; Show and List print the reply. Credentials for a server
// come from variables (login.go).
package connect
