// Package table reads tables of devices and their programs that tools export as separated values: Intune's
// reports, and queries and reports of Configuration Manager.
//
// A table is known by the names of its columns, which [Find] looks for in the first lines: reports have titles
// above them. The same thing has several names, by tool and by view, so a [Row] has values by what they mean.
// Whoever reads a table in another form, such as JSON, asks [RoleOf] for the meaning of a name.
package table
