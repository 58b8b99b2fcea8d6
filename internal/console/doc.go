// Package console holds what the command lines of muster and its agent share: streams,
// tables, progress, settings, exit statuses, and the flags to reach a server.
//
// A Program runs one command line and returns an exit status. Its output follows these
// rules:
//
//   - results go to standard output, everything else to standard error;
//   - a message is one line, lower case, without a full stop: "muster: error: …", then,
//     if people can do something about it, "muster: hint: …";
//   - tables are for people and may change; --json is for programs and may not;
//   - what takes longer than two seconds shows its progress, on a terminal only;
//   - all printed characters are visible: see package plain.
//
// A setting is a flag that has a variable. The command line takes precedence over the
// variable, the variable over the file of --config, the file over the default.
package console
