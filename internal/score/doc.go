// Package score computes how exposed devices are, and how well they are configured: doc/matching.md,
// section 8. It is pure.
//
// A finding has a load, which depends on its severity and on the known exploits. The load of a device
// is the sum of those of its findings, an integer, so that it does not depend on their order. The
// exposure of a device follows from its load, and that of a fleet is the mean of its devices'. So
// mending a finding never raises an exposure (score_test.go).
//
// Risk is the one order of findings, for lists and scans.
package score
