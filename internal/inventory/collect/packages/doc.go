// Package packages lists what the package managers of a Linux machine have
// installed: dpkg, apk and rpm, whose databases package rpmdb reads.
//
// A [Manager] reads one database, through package disk alone. A list with holes
// would make installed software look removed, so whatever cannot be read is an error
// and no list.
package packages
