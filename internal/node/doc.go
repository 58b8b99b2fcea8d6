// Package node runs a server, or works on what muster keeps without one: a data folder with its lock,
// database, key and files, or the places that several nodes share (Open), the address and certificates
// of the server (Listen), its scheduled tasks (Schedule), and its stop (Running). It takes settings as
// values; flags, help and printing belong to the program.
//
// A data folder belongs to one process at a time; the lock file names it. That process may
// serve the folder to others (Start) or to itself over a pipe (Here), with the same API. Places, a
// PostgreSQL database and a store of files, may be worked on by any number of processes at a time.
package node
