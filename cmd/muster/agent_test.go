package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// waitAudited waits until the audit log of a data folder has an event so often:
// audited DIR EVENT 3.
func waitAudited(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[2])
	ts.Check(err)
	path, event := ts.MkAbs(filepath.Join(args[0], "audit.jsonl")), `"event":`+strconv.Quote(args[1])
	for range 300 {
		if text, err := os.ReadFile(path); err == nil && strings.Count(string(text), event) >= want {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	ts.Fatalf("%s has not %d times %s", path, want, event)
}
