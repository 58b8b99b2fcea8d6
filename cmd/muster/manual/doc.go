// Package manual has the commands that say how muster is used: help, version, man and completion.
// All of them read the model of the command line, so they know every command and flag.
package manual
