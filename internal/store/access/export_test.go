package access

// For the tests of this package.
const (
	ClientColumns   = clientColumns
	MaxApplications = maxApplications
)
