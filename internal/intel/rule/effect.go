package rule

// Effect is what a statement does to a component, as a code for programs.
type Effect string

// The effects.
const (
	// Affects says that the component is affected.
	Affects Effect = "affects"
	// Denies says that it is not affected, which overrules sources that are trusted less.
	Denies Effect = "denies"
	// OtherVersion says that the installed version is outside of the range.
	OtherVersion Effect = "otherVersion"
	// NoVersion says that the installed version or a bound cannot be compared.
	NoVersion Effect = "noVersion"
	// OtherPlatform says that the statement is about other platforms.
	OtherPlatform Effect = "otherPlatform"
	// OtherBuild says that the range ends after the installed build of Windows.
	OtherBuild Effect = "otherBuild"
	// OtherSoftware says that the statement is about a part of other software or of another
	// ecosystem.
	OtherSoftware Effect = "otherSoftware"
	// OtherEdition says that the statement is about another edition.
	OtherEdition Effect = "otherEdition"
	// OtherStream says that the statement is about another module stream.
	OtherStream Effect = "otherStream"
	// Overruled says that a more trusted source decides otherwise about a bound or about platforms.
	Overruled Effect = "overruled"
	// Outweighed says that a more trusted source says that the component is not affected.
	Outweighed Effect = "outweighed"
	// UpdateMissing says that the update that fixes it is missing, UpdateInstalled that it is installed, or one that
	// replaces it, and UpdateUnknown that neither the build nor the list of updates tells.
	UpdateMissing   Effect = "updateMissing"
	UpdateInstalled Effect = "updateInstalled"
	UpdateUnknown   Effect = "updateUnknown"
)
