// Package trusttest is a model of which parts of a report count: the table of doc/design.md,
// section 2.1.1, in the plainest code, written only from the table. It imports nothing of this
// module, above all nothing that decides, so that the program and the model were thought through
// separately. Tests run both on the same random histories and compare (internal/api,
// TestTrustLaw).
//
// It contains what decides and what can be seen of a decision. Everything else, such as the forms
// of reports, times and files, is left out.
package trusttest
