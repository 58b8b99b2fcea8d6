package coverage

// State says how far something was assessed. The zero State is not assessed.
type State uint8

// The states, worst first.
const (
	NotAssessed State = iota
	// Partly says that only a part of what is known was looked at; the Reason says which part is
	// missing.
	Partly
	Assessed
)

// Reason says why something is not, or only partly, assessed.
type Reason uint8

// The reasons. They are stored as numbers: add new ones at the end.
const (
	// NoReason belongs to Assessed.
	NoReason Reason = iota
	// NoDistributionFeed says that no feed has advisories for the distribution and release.
	NoDistributionFeed
	// ReleaseUnknown says that a report does not name the release of its distribution.
	ReleaseUnknown
	// NoBuildRevision says that a Windows build has no revision, so updates cannot be told.
	NoBuildRevision
	// BuildNewer says that the build is newer than everything in the feeds.
	BuildNewer
	// NoEcosystemFeed says that no feed has advisories for the package's ecosystem.
	NoEcosystemFeed
	// NoProductCode says that no exact key identifies the product.
	NoProductCode
	// NoProductFeed says that the product is known, and no feed of CVE records is imported.
	NoProductFeed
	// NoVersion says that the software has no version that can be compared.
	NoVersion
	// FeedPart says that a feed has only a part of what its publisher lists.
	FeedPart
	// FeedOld says that a feed is older than its limit.
	FeedOld
	// ReasonCount is the number of reasons.
	ReasonCount int = iota
)

// Answer is the coverage of one piece of software.
type Answer struct {
	State  State
	Reason Reason
	// Feeds are the names of the feeds that were asked, ascending.
	Feeds []string
}
