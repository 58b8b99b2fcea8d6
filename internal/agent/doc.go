// Package agent is `muster collect` and `muster-agent`: it collects a machine and, where
// it is told a server, reports it. [Command] is the command line of both.
//
// A machine that is new trades the secret of an enrolment for a credential of its own
// (a link does, to a server), which lies in a folder of the agent's (its home). With
// --every an [Agent] goes on: when to collect, when to send, and what to do while the
// server is away.
//
//	collect ──▶ spool ──▶ send ──▶ server
//	  ▲ jitter   newest     │ fails: back-off, Retry-After
//	  └──────────────── wait ◀┘
//
// A report replaces the one before it, so only the newest of a source is worth
// sending: a server that was away for a week gets one report of a machine and
// not forty-two. What waits is in a folder, in case the machine stops, and goes
// out first when it is up again.
//
// Many machines do the same at the same time: they are switched on together,
// installed together, and lose their server together. So nothing happens at a
// fixed time: the first report is spread over some minutes, the second over a
// whole interval, every other comes a tenth earlier or later, and failures are
// followed by longer and longer waits, each of random length.
//
// Clock, chance and the way to the server are what an Agent is given. The package
// writes to the agent's folder, and to the file that --output names.
//
// Every device carries it, so what it links is counted: no database, no API, no
// intelligence, and less than 10 MB in all (doc/decision/0041).
package agent
