package assess

// EndOfSupport is tested by itself: no catalog of today says that a whole
// product will end.
var EndOfSupport = endOfSupport
