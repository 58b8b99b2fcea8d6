package benchmark

// Result is the result of one check for one device: a row of AssetConfiguration.
type Result struct {
	// Definition is shared between devices if it is one of the benchmark's, and must not be
	// changed.
	Definition *Definition
	Applicable bool
	// Compliant is false if Applicable is.
	Compliant bool
}
