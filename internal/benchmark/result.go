package benchmark

// Result is what one check says of one device: a row of AssetConfiguration.
type Result struct {
	// Definition is shared between devices where it is one of the benchmark's
	// and must not be changed.
	Definition *Definition
	Applicable bool
	// Compliant is false where Applicable is.
	Compliant bool
}
