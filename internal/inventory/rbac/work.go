package rbac

import "strings"

// work is the remaining work for placing a device, in steps.
type work struct{ left int }

// isOver reports whether the work is used up.
func (w *work) isOver() bool { return w.left < 0 }

// fold returns the form in which strings are compared: without case.
func fold(s string) string { return strings.ToLower(s) }
