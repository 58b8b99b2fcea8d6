// Package upkeep reads how a Linux machine is kept: whether updates install themselves, from where it has the time,
// what sessions are limited to, what it says to who logs in, and where its logs go. Like those of package facts, which
// it extends, its families answer a question about the machine as its program would.
package upkeep
