package fleet

// domain is the domain of all devices; example.com belongs to nobody (RFC 2606).
const domain = ".corp.example.com"

// device is the part of a device that never changes.
type device struct {
	host
	role *role
	name string
	tags []string
	// lag is how far the device is behind with updates: 0 is up to date, 1 was never updated.
	lag float64
}

// neglect shapes the distribution of lag: the higher, the more devices are up to date.
const neglect = 0.8

// The people and places of the organization.
var (
	givenNames = []string{
		"anna", "ben", "clara", "david", "elif", "felix", "grace", "hugo", "ines", "jonas", "kenji", "lea", "mateo", "nora",
		"oskar", "priya", "quentin", "rosa", "samir", "tanja", "umut", "vera", "wei", "xenia", "yusuf", "zoe",
	}
	familyNames = []string{
		"almeida", "bauer", "castillo", "dubois", "eriksen", "fischer", "garcia", "haddad", "ivanova", "jansen", "kowalski",
		"larsen", "moreau", "nguyen", "okafor", "petrov", "quinn", "rossi", "schmidt", "tanaka", "ueda", "vasquez", "weber",
		"xu", "yilmaz", "zimmermann",
	}
	sites = []string{"berlin", "lisbon", "montreal", "osaka", "warsaw"}
)
