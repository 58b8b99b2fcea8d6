// Package xccdf makes reports of results that OpenSCAP and other tools write: XCCDF 1.1 and 1.2 (NIST IR 7275), a test
// result in its benchmark or alone, and ARF (NIST IR 7694), which has them beside the content and the assets.
//
// A document is read once, from front to back, and is never in memory: of a benchmark the texts of its rules are kept,
// of a test result its words. At the end both are joined:
//
//	bytes ──markup──▶ elements ──▶ benchmarks (rules) ──┐
//	                           └─▶ runs (results) ──────┴──▶ one report for each device and benchmark
//
// A rule's id is its configurationId. A rule that passes or was fixed is compliant, one that fails is not, one that is
// not applicable says so; every other word gives no result, and is counted: silence is not health (decision 134).
package xccdf
