package trust

// Rank says who named a device. A name means the devices of the lowest rank that has any.
type Rank int

// Ranks lists them in the order in which a name is looked up.
func Ranks() []Rank { return []Rank{ByFleet, ByCredential, ByScoped} }

// The ranks, as they are stored.
const (
	ByFleet      Rank = 0
	ByCredential Rank = 1
	ByScoped     Rank = 2
)
