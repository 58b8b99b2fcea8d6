package fleet

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
)

// domain is where all devices are; example.com is nobody's (RFC 2606).
const domain = ".corp.example.com"

// device is what never changes about a device.
type device struct {
	seed   uint64
	number int
	role   *role
	name   string
	// user is the login of who uses it, account his security identifier.
	user, account string
	tags          []string
	// lag is how far the device is behind with updates: 0 is up to date, 1 has
	// never been updated.
	lag float64
}

// neglect bends how devices are spread between up to date and forgotten: the
// higher, the more are up to date.
const neglect = 0.8

func (f Fleet) device(i int) *device {
	r := roll(f.Seed, topicIdentity, i)
	role := &roles[pattern[i%len(pattern)]]
	given, family := one(r, givenNames), one(r, familyNames)
	d := &device{
		seed: f.Seed, number: i, role: role,
		name: fmt.Sprintf("%s-%04d%s", role.prefix, i+1, domain),
		user: given + "." + family + strconv.Itoa(i+1),
		lag:  math.Pow(r.Float64(), neglect),
	}
	d.account = fmt.Sprintf("S-1-5-21-%d-%d-%d-%d", 1000000000+f.Seed%1000000000, 2718281828, 3141592653, 1100+i)
	d.tags = []string{role.tag, "site:" + one(r, sites)}
	if d.lag < 0.03 {
		d.tags = append(d.tags, "pilot")
	}
	return d
}

// guid returns the identifier that installers gave something on the device.
func (d *device) guid(name string) string { return guid(d.seed, d.number, name) }

// report makes the device's report, without a time.
func (d *device) report(s *state) *inventory.Report {
	system := &d.role.systems[s.system]
	r := &inventory.Report{
		Device: inventory.Device{
			ID:             inventory.DeriveID(d.guid("machine"), d.name),
			Name:           d.name,
			OSPlatform:     system.platform,
			OSVersion:      system.versions[s.build],
			OSArchitecture: d.role.architecture,
			Tags:           d.tags,
		},
		Source:         "collect",
		Software:       d.software(s),
		Facts:          d.facts(s),
		Configurations: d.configurations(s),
	}
	if d.role.hotfixes != nil {
		r.Hotfixes = append([]string{}, d.role.hotfixes...)
	}
	return r
}

// software lists what is installed, by name, so that normalizing finds nothing
// to sort: entries are large, and moving them would take longest of all.
func (d *device) software(s *state) []inventory.Software {
	unsorted := make([]inventory.Software, 0, s.count()*3/2)
	for i, at := range s.installed {
		if at != absent {
			p := d.role.products[i]
			unsorted = p.install(unsorted, d, p.versions()[at])
		}
	}
	order := make([]int, len(unsorted))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(unsorted[a].Name, unsorted[b].Name) })
	list := make([]inventory.Software, len(unsorted))
	for i, at := range order {
		list[i] = unsorted[at]
	}
	return list
}

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
