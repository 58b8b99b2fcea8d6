// Package agent is `muster collect` and `muster-agent`: it collects a machine and, given a
// server, reports it. [Command] is the command line of both.
//
// A new machine exchanges the secret of an enrolment for its own credential (type link),
// which lies in the agent's folder (type home). With --every an [Agent] keeps running: it
// decides when to collect, when to send, and what to do while the server does not answer.
//
//	collect ──▶ spool ──▶ send ──▶ server
//	  ▲ jitter   newest     │ fails: back-off, Retry-After
//	  └──────────────── wait ◀┘
//
// A report replaces the one before it, so only the newest report of a source is sent: a
// server that was away for a week gets one report of a machine and not forty-two. Waiting
// reports lie in a folder, in case the machine stops, and are sent first after a restart.
//
// Many machines act at the same time: they are switched on together, installed together,
// and lose their server together. So nothing happens at a fixed time: the first report is
// spread over some minutes, the second over a whole interval, every other one comes up to
// a tenth earlier or later, and after failures the waits grow and have random lengths.
//
// Clock, randomness and the sending function are arguments of an Agent. The package writes
// to the agent's folder, and to the file that --output names.
//
// Every device runs it, so its dependencies are limited: no database, no API, no
// intelligence, and less than 10 MB in all (doc/decision/0041).
package agent
