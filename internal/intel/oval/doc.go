// Package oval reads definitions of the Open Vulnerability and Assessment Language that publishers of rpm
// distributions make (https://oval-community-guidelines.readthedocs.io): Oracle (com.oracle.elsa), SUSE
// (org.opensuse.security) and Microsoft for Azure Linux and CBL-Mariner (com.microsoft).
//
// A definition has a tree of criteria, each a test of an object by a state, all in lists of their own:
//
//	definition ── criteria AND ──┬─ criterion ── test ─┬─ object: oraclelinux-release
//	                             │                     └─ state: version matches ^8
//	                             └─ criteria OR ─────── criterion ── test ─┬─ object: openssl
//	                                                                       └─ state: evr less than 1:1.1.1k-4.el8
//
// The tree is reduced to alternatives, each a release, a package and bounds of its version (reduce.go). What a
// criterion tests that no package shows is told by its comment, whose wording each publisher keeps: that a release is
// installed, the architecture, an enabled module, a package of Ksplice. That a package is signed is taken for true.
// A definition with an alternative that cannot be reduced so is left out, and told.
//
// Files of several hundred megabytes are read as a stream; what is kept of them is bounded (read.go).
package oval
