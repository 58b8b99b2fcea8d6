// Package quality holds the quality gate: suites that compare findings and products with labels
// from elsewhere, and a baseline that they must not fall below. It has only tests.
//
//	make quality                  run every suite, compare with the baseline, check doc/quality.md
//	make quality UPDATE=-update   then write the baseline and doc/quality.md
//
// A suite has inputs, an oracle and rows. The oracle says which rows are right: another program
// such as dpkg, a small reader of the source that shares no code with muster, or a table of
// published facts. No label comes from muster. Each row is judged once: wanted by the oracle or not,
// given by muster or not. The four counts, precision, recall and F1 are printed.
//
// The gate fails if a suite has a false negative that the baseline does not name, a lower F1, fewer
// rows that the oracle wants, or a false positive where the suite allows none. A waiver
// (testdata/waivers.txt) takes a row out of the figures, with a reason; waivers are counted. A
// waiver that no row needs fails.
//
// go test runs the suites that need only this repository and ordinary programs. Suites of real data
// need MUSTER_QUALITY, which make sets, and the folder shared beside the clone. Suites that did not
// run are named.
//
// To add a suite, write a function func(*tally) and a line of the table in suites_test.go.
package quality
