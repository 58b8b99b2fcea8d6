// Package control is the contract of the calls below /v1, and a client of them.
//
// Every wire type is written once, here or, where it is stored in the same form, in counts and
// inventory: package api serves them; the program, the agent, the demonstration and tests send
// and read them. A function for each call that they make (ListClients, SendReports, …)
// returns a Request, which holds the address, the method, the body, and the type of the
// reply. A Session sends it: it gets and renews tokens, retries when a server is
// busy, and distinguishes a refusal (*Error, with the code of the body), a refused token call
// (ErrLogin), and a server that did not answer (ErrNoAnswer).
//
//	s := control.NewSession(control.Config{Base: base, HTTP: client, Login: login})
//	devices, err := control.Do(ctx, s, control.ListGroups())
//
// The package knows no flags, no terminal and no hints: programs with a user add those. It
// imports only defender, counts and inventory, so that an agent that links it stays small.
package control
