package main

// program is a program that was built.
type program struct {
	name, path string
	content    []byte
}
