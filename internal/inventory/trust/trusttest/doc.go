// Package trusttest is a model of what a report is believed about: the table of
// doc/design.md, section 2.1.1, in the plainest code, written from the table
// alone. It imports nothing of this module, above all nothing that decides, so
// that what it and the program agree on was thought twice. Tests give both the
// same random lives and compare (internal/api, TestTrustLaw).
//
// It knows what decides and what is seen of a decision. Everything else, such
// as the forms of reports, times and files, is left out.
package trusttest
