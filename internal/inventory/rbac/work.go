package rbac

import "strings"

// work is what may still be done to place a device, in steps.
type work struct{ left int }

// isOver tells that more was done than may be.
func (w *work) isOver() bool { return w.left < 0 }

// fold is what is compared: case aside.
func fold(s string) string { return strings.ToLower(s) }
