// Package facts reads the settings of a Linux machine by family: each family is a kind of file, or
// of kernel setting, for checks. The table in the comment of package collect lists the families
// with their keys and values.
//
// Each family has a source file. They only read through package disk, so that a hostile disk can
// do no harm, and stay within the limits of a family.
package facts
