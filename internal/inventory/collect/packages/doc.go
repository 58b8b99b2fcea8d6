// Package packages lists the packages installed by the package managers of a Linux machine: dpkg,
// apk and rpm, whose databases package rpmdb reads.
//
// A [Manager] reads one database, only through package disk. An incomplete list would make
// installed software look removed, so if anything cannot be read the result is an error and no
// list.
package packages
