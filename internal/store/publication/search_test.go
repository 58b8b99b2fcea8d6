package publication

import (
	"testing"

	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/databasetest"
)

// Placing finds devices by indexes and never reads the whole fleet.
func TestLargeFleetsAreSearched(t *testing.T) {
	databasetest.Searched(t, openRooms(t, database.Config{}).db, []databasetest.Search{
		{Query: forgottenDevices, Parameters: 2, By: "device_by_time (organization=? AND received<?)"},
		{Query: unseenDevices, Parameters: 3, By: "device_by_time (organization=? AND received<?)"},
		{Query: movedDevices, Parameters: 2, By: "device_moved (organization=?)"},
		{Query: newDevices, Parameters: 1, By: "device_moved (organization=?)"},
		{Query: forgetDevice, Parameters: 3, By: "(organization=? AND id=?)"},
		{Query: hideDevice, Parameters: 5, By: "(organization=? AND id=?)"},
		{Query: admitNewDevice, Parameters: 3, By: "(organization=? AND id=?)"},
		{Query: moveDevice, Parameters: 3, By: "(organization=? AND id=?)"},
		{Query: moveByRules, Parameters: 10, By: "(organization=? AND id=?)"},
	})
}
