// Package covered reads back how far devices were assessed, and their findings by severity, from the
// sheets of a snapshot. What was
// read lately is cached in a compact form, because lists ask for the same ranges again and again.
package covered
