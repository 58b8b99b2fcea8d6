package api_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/store/storetest"
)

// reached has the errors that clients got in tests, as status and code.
var reached sync.Map

// reach remembers a reply if it is an error of contract.md, section 7.
func reach(status int, body []byte) {
	var e defender.ErrorBody
	if status >= 400 && json.Unmarshal(body, &e) == nil && e.Error.Code != "" {
		reached.Store(fmt.Sprint(status, " ", e.Error.Code), true)
	}
}

// TestMain runs all tests. If all of them ran, it checks that each row of the table of errors in
// doc/api.md, and each success of /openapi.json, was reached.
func TestMain(m *testing.M) {
	flag.Parse()
	status := m.Run()
	if status == 0 && wholeRun() && storetest.OnFolder() {
		for _, e := range missed() {
			fmt.Println("doc/api.md has the error", e, "which no test reaches")
			status = 1
		}
		for _, success := range described.unseen() {
			fmt.Println("/openapi.json has", success, "which no test reaches")
			status = 1
		}
	}
	os.Exit(status)
}

// wholeRun tells whether no test was left out.
func wholeRun() bool {
	for _, name := range []string{"run", "skip", "list", "fuzz"} {
		if flag.Lookup("test."+name).Value.String() != "" {
			return false
		}
	}
	return !testing.Short() && flag.Lookup("test.bench").Value.String() == ""
}

// missed lists the documented errors that no client got.
func missed() (missed []string) {
	text, err := os.ReadFile("../../doc/api.md")
	if err != nil {
		return []string{err.Error()}
	}
	_, table, _ := strings.Cut(string(text), "<!-- errors -->")
	table, _, _ = strings.Cut(table, "<!-- end of errors -->")
	for _, row := range regexp.MustCompile("(?m)^\\| (\\d+) \\| `(\\w+)` \\|").FindAllStringSubmatch(table, -1) {
		if _, ok := reached.Load(row[1] + " " + row[2]); !ok {
			missed = append(missed, row[1]+" "+row[2])
		}
	}
	return missed
}
