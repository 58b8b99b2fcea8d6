// Package console is what command lines have in common, those of muster and of
// its agent: streams, tables, progress, settings, exit statuses, and the flags by
// which a server is reached.
//
// A Program carries out one command line and returns an exit status. It speaks to
// people by these rules:
//
//   - what was asked for goes to standard output, everything else to standard
//     error;
//   - one line says one thing: lower case, no full stop, "muster: error: …",
//     then, where there is something to do about it, "muster: hint: …";
//   - tables are for people, and may change; --json is for programs, and may not;
//   - what takes longer than two seconds shows how far it is, on a terminal only;
//   - whatever it prints can be seen: see package plain.
//
// A setting is a flag that has a variable. Where it is not on the command line its
// variable counts, then the file of --config, then its default.
package console
