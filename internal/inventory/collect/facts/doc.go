// Package facts reads the settings of a Linux machine by family. A family answers a question about the machine as its
// program would: doc/facts.md lists them with their keys and values.
//
// What a family finds ([Found]) is values, where they were set, and which keys depend on a file that could not be read:
// such a file costs those keys, and not the family. A value is only given if it is certain.
//
// Each family has a source file. They only read through package disk, so that a hostile disk can
// do no harm, and stay within the limits of a family.
package facts
