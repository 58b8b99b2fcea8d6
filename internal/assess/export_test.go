package assess

// EndOfSupport is exported for tests, because no catalog of today says that a whole product will
// end.
var EndOfSupport = endOfSupport

// BatchOf and UpdateOf are exported for tests: few feeds of tests have what all makers write.
var (
	BatchOf  = batchOf
	UpdateOf = updateOf
)
