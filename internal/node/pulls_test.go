package node

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/muster-project/muster/defender"
)

// A loop that counts $skip by itself stays in the snapshot that its $skip=0 began with, whichever nodes
// answer; one that begins again is in the newest one, on every node.
func TestLoopsBySkipStayInASnapshotOnAllNodes(t *testing.T) {
	one, two := twoNodes(t, newPlaces(t))
	servers := []string{serveTrusted(t, one), serveTrusted(t, two)}
	machines := func(from, skip int) (names []string) {
		t.Helper()
		status, body := fetch(t, http.MethodGet, fmt.Sprintf("%s/api/machines?$orderby=computerDnsName&$top=2&$skip=%d",
			servers[from%2], skip), "")
		var reply defender.Page[struct{ ComputerDNSName string }]
		if err := json.Unmarshal(body, &reply); err != nil || status != http.StatusOK {
			t.Fatalf("status %d: %v: %s", status, err, body)
		}
		for _, m := range reply.Value {
			names = append(names, m.ComputerDNSName)
		}
		return names
	}
	for i := range 5 {
		receiveOne(t, one, fmt.Sprintf("m%d", i))
	}
	publish(t, one)
	for begin := range 2 { // at either node
		first := machines(begin, 0)
		receiveOne(t, two, fmt.Sprintf("a%d", begin)) // before all others
		publish(t, two)
		loop := append(first, machines(begin+1, 2)...)
		loop = append(loop, machines(begin, 4)...)
		loop = append(loop, machines(begin+1, 6)...)
		seen := map[string]bool{}
		for _, name := range loop {
			seen[name] = true
		}
		if len(loop) != 5+begin || len(seen) != 5+begin || seen[fmt.Sprintf("a%d", begin)] {
			t.Errorf("loop %d: %q", begin, loop)
		}
	}
}
