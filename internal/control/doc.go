// Package control is the contract of a server's own calls, those below /v1, and
// the client of them.
//
// Every wire type is written here once: package api serves them; the program,
// the agent, the demonstration and tests send and read them. A function for each
// call that they make (ListClients, SendReports, …) returns a Request, which knows the address,
// the method, the body, and the type of the reply. A Session sends it: it asks
// for tokens and renews them, asks a busy server again, and tells from each other
// what a server refused (*Error, with the code of the body), a token call that
// was refused (ErrLogin), and a server that did not answer (ErrNoAnswer).
//
//	s := control.NewSession(control.Config{Base: base, HTTP: client, Login: login})
//	devices, err := control.Do(ctx, s, control.ListGroups())
//
// The package knows no flags, no terminal and no advice: those who have a person
// in front of them add it. It imports defender and inventory alone, so that an
// agent that links it stays small.
package control
