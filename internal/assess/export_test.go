package assess

// EndOfSupport is exported for tests, because no catalog of today says that a whole product will
// end.
var EndOfSupport = endOfSupport
