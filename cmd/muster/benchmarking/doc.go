// Package benchmarking has the commands for benchmarks: which checks of settings there are, and whether files
// of checks are sound. They need no server and no data folder.
package benchmarking

// Benchmark is `muster benchmark`.
type Benchmark struct {
	Lint lintCmd `cmd:"" help:"Say what is wrong in files of checks."`
	Test testCmd `cmd:"" help:"Try checks with their cases."`
	List listCmd `cmd:"" help:"List checks, with what they read, want and advise."`
}
