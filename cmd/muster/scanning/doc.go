// Package scanning has the command that needs neither a server nor a data folder: it assesses this
// machine, a folder of one, or a document.
package scanning
