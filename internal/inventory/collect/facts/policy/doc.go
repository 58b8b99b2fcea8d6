// Package policy reads what a Linux machine permits: how people log in and with what passwords, what it lets in from
// the network, whom it lets become root. Like those of package facts, which it extends, its families answer a question
// about the machine as its program would.
package policy
