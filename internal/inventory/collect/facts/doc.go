// Package facts reads the settings of a Linux machine, by family: each is a kind of
// file, or of the kernel's own, that checks are about. What the families are, and
// what their keys and values mean, is the table in the comment of package collect.
//
// A file a family. They read through package disk alone, so that nothing on a disk
// can do harm, and stay within the limits of a family.
package facts
