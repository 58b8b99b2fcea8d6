// Package trail keeps the audit log in files, and reads it back in pages.
//
// The newest lines are in one file. When that has its size, it is renamed, with the time in its name,
// compressed, and a new one begins; only a number of older files is kept (package lumberjack).
//
// A reader's [Place] is a line in a file. The file is known by its first line, and the line by the
// bytes before it, without compression: neither changes when files are renamed and compressed. Lines
// are only added, so a reader that goes on from place to place sees each line once. If the file of a
// place is no longer kept, the reader is told ([ErrGone]): it has missed lines.
//
// A page reads a bounded number of bytes, whatever it finds in them.
package trail
