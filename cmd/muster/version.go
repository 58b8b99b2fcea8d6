package main

// version is what `muster --version` prints; the Makefile sets it.
var version = "unknown"
