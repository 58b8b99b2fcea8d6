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

// String returns the state's name in files and replies.
func (s State) String() string {
	switch s {
	case NotAssessed:
		return "notAssessed"
	case Partly:
		return "partly"
	case Assessed:
		return "assessed"
	}
	return "unknown"
}

// Reason says why something is not, or only partly, assessed.
type Reason uint8

// The reasons. They are stored as numbers: add new ones at the end.
const (
	// NoReason belongs to Assessed.
	NoReason Reason = iota
	// NoDistributionFeed says that no feed has advisories for the distribution and release.
	NoDistributionFeed
	// ReleaseUnknown says that a report does not name the distribution, or its release, or that a
	// build of Windows is none of the known releases.
	ReleaseUnknown
	// NoBuildRevision says that a Windows build has no revision, so updates cannot be told.
	NoBuildRevision
	// BuildNewer says that the build is newer than everything in the feeds.
	BuildNewer
	// NoEcosystemFeed says that no feed has advisories for the package's ecosystem.
	NoEcosystemFeed
	// NoProductCode says that no exact key identifies the product.
	NoProductCode
	// NoProductFeed says that the product is known, and that no feed of CVE records is imported, or
	// none that names this operating system.
	NoProductFeed
	// NoVersion says that the software has no version that can be compared.
	NoVersion
	// FeedPart says that a feed has only a part of what its publisher lists.
	FeedPart
	// FeedOld says that a feed is older than its limit.
	FeedOld
	// StandIn says that advisories of a distribution that rebuilds the same packages were asked,
	// because the distribution has no feed of its own (decision 12).
	StandIn
	// NoHotfixList says that some CVEs are only told by the update that fixes them, and that the report does not say
	// whether it is installed.
	NoHotfixList
	// NoFixedBuild says that the product is known, and that its CVE records name no version with a fix, or none of the
	// installed release line.
	NoFixedBuild
	// ReasonCount is the number of reasons.
	ReasonCount int = iota
)

// String returns the reason's name in files and replies.
func (r Reason) String() string {
	switch r {
	case NoReason:
		return "none"
	case NoDistributionFeed:
		return "noDistributionFeed"
	case ReleaseUnknown:
		return "releaseUnknown"
	case NoBuildRevision:
		return "noBuildRevision"
	case BuildNewer:
		return "buildNewer"
	case NoEcosystemFeed:
		return "noEcosystemFeed"
	case NoProductCode:
		return "noProductCode"
	case NoProductFeed:
		return "noProductFeed"
	case NoVersion:
		return "noVersion"
	case FeedPart:
		return "feedPart"
	case FeedOld:
		return "feedOld"
	case StandIn:
		return "standIn"
	case NoHotfixList:
		return "noHotfixList"
	case NoFixedBuild:
		return "noFixedBuild"
	}
	return "unknown"
}

// Explain returns the reason as a clause for people: "no feed has advisories for the release".
func (r Reason) Explain() string {
	switch r {
	case NoReason:
		return ""
	case NoDistributionFeed:
		return "no feed has advisories for the distribution and release"
	case ReleaseUnknown:
		return "the report does not name a known release"
	case NoBuildRevision:
		return "the Windows build has no revision, so updates cannot be told"
	case BuildNewer:
		return "the build is newer than everything in the feeds"
	case NoEcosystemFeed:
		return "no feed has advisories for the package's ecosystem"
	case NoProductCode:
		return "no product code: no exact key identifies the product"
	case NoProductFeed:
		return "no feed has CVE records for the product"
	case NoVersion:
		return "no version that can be compared"
	case FeedPart:
		return "a feed has only a part of what its publisher lists"
	case FeedOld:
		return "a feed is older than its limit"
	case StandIn:
		return "judged by the advisories of a related distribution"
	case NoHotfixList:
		return "some CVEs are told by installed updates alone, and the report does not list them"
	case NoFixedBuild:
		return "the maker's records name no version of the installed release that has a fix"
	}
	return "unknown"
}

// Answer is the coverage of one piece of software.
type Answer struct {
	State  State
	Reason Reason
	// Wants names what would help, where one thing would: an ecosystem of OSV ("Debian:12", "npm"),
	// or a kind of feed ("cve5"). An ecosystem contains capitals or a colon or is a language's; no
	// kind is one. Empty: nothing that muster can read.
	Wants string
	// Feeds are the names of the feeds that were asked, ascending: all that could say something,
	// whether or not they do.
	Feeds []string
}
