// Package rule compiles what all feeds state about one subject, a CPE pair or a package, into
// rules. A rule is an interval of places in the ordered list of every version that the statements
// name, so matching compares integers.
//
// Statements of feeds may contradict each other. What counts then is in matching.md, section 3.1.
package rule
