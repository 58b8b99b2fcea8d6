package access

// Exported for the tests of this package.
const (
	ClientColumns   = clientColumns
	MaxApplications = maxApplications
)
