package ecosystem

// Base says which release of which distribution the packages of a derivative's release are taken from.
type Base struct {
	// Of is the derivative's release, or the beginning of it before a dot; empty for all.
	Of string
	// ID and Release are of the other distribution. An empty release is the derivative's own.
	ID, Release string
}

// Whose releases say so themselves (os-release(5): UBUNTU_CODENAME, DEBIAN_CODENAME) need no row; see On.
var (
	mintBases = []Base{
		{"17", "ubuntu", "14.04"}, {"18", "ubuntu", "16.04"}, {"19", "ubuntu", "18.04"}, {"20", "ubuntu", "20.04"},
		{"21", "ubuntu", "22.04"}, {"22", "ubuntu", "24.04"},
		// LMDE, Mint's edition on Debian
		{"4", "debian", "10"}, {"5", "debian", "11"}, {"6", "debian", "12"}, {"7", "debian", "13"},
	}
	zorinBases = []Base{
		{"15", "ubuntu", "18.04"}, {"16", "ubuntu", "20.04"}, {"17", "ubuntu", "22.04"}, {"18", "ubuntu", "24.04"},
	}
	elementaryBases = []Base{
		{"5", "ubuntu", "18.04"}, {"6", "ubuntu", "20.04"}, {"7", "ubuntu", "22.04"}, {"8", "ubuntu", "24.04"},
	}
	devuanBases = []Base{
		{"3", "debian", "10"}, {"4", "debian", "11"}, {"5", "debian", "12"}, {"6", "debian", "13"},
	}
	// sameUbuntu and sameDebian have the releases of their base.
	sameUbuntu = []Base{{"", "ubuntu", ""}}
	sameDebian = []Base{{"", "debian", ""}}
	// rolling is Debian's testing, whose packages come from sid, and whose fixes have the versions that sid's have.
	rolling = []Base{{"", "debian", "sid"}}
)

// The marks of derivatives in the versions of packages that they made: their name, the code names of Mint's
// releases, the release and the commit in versions of Pop!_OS ("~1726766035~22.04~4092a0e"). Raspberry Pi OS of 64
// bits calls itself Debian.
var (
	mintMarks = []string{"mint", "+ulyana", "+ulyssa", "+uma", "+una", "+vanessa", "+vera", "+victoria", "+virginia",
		"+wilma", "+xia", "+zara", "+zena", "+debbie", "+elsie", "+faye", "+gigi"}
	popMarks        = []string{"pop", "~18.04~", "~20.04~", "~20.10~", "~21.04~", "~21.10~", "~22.04~", "~24.04~"}
	elementaryMarks = []string{"elementary", "~ubuntu5", "~ubuntu6", "~ubuntu7", "~ubuntu8"}
	raspberryMarks  = []string{"+rpt", "+rpi"}
)
