package security

import "errors"

var errNoBuiltIn = errors.New("the built-in accounts are not among the accounts that Windows lists")

// The relative ids of the built-in accounts, whatever their names.
const (
	administratorID = 500
	guestID         = 501
)

// accountDisabled is the flag UF_ACCOUNTDISABLE.
const accountDisabled = 2

// account is an account of this machine.
type account struct {
	name  string
	flags uint32
	id    uint32
}

// accountFacts tells the names of the built-in accounts, and whether they are enabled.
func accountFacts(all []account) (map[string]string, error) {
	facts := map[string]string{}
	for _, a := range all {
		who := map[uint32]string{administratorID: "Administrator", guestID: "Guest"}[a.id]
		if who == "" {
			continue
		}
		facts[who+" Name"], facts[who+" Enabled"] = a.name, "yes"
		if a.flags&accountDisabled != 0 {
			facts[who+" Enabled"] = "no"
		}
	}
	if len(facts) < 4 {
		return nil, errNoBuiltIn
	}
	return facts, nil
}
