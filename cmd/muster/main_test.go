package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/agent"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/console/consoletest"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/node"

	"github.com/muster-project/muster/internal/testneed"
)

var update = flag.Bool("update", false, "write the helps in testdata/script and the table in doc/config.md anew")

// TestMain runs the test binary as one of the programs in scripts if its name says so. The tests
// themselves do not see the settings of their user.
func TestMain(m *testing.M) {
	programs := map[string]func(){"muster": shiftedMain, "muster-agent": agentMain, "get": printReply, "rclone": copyObjects}
	if programs[filepath.Base(os.Args[0])] == nil {
		testneed.ForgetSettings()
	}
	testscript.Main(m, programs)
}

// clockVariable says how far the clock of a program is to be ahead of the machine's.
const clockVariable = "MUSTER_TEST_CLOCK"

// shiftedMain is muster, on a machine whose clock may be wrong.
func shiftedMain() {
	if by, err := time.ParseDuration(os.Getenv(clockVariable)); err == nil {
		if err := shiftClock(by); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(console.StatusFailed)
		}
	}
	main()
}

// agentMain is muster-agent, to report to the servers of the scripts.
func agentMain() {
	os.Exit(agent.Program(version).Run(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// TestScripts runs the manual: every command, as people use it.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			e.Setenv("COLUMNS", "100")
			e.Setenv("HOME", e.WorkDir)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": consoletest.Exits, "serving": serving, "published": waitPublished, "damage": damage, "find": find,
			"audited": waitAudited, "login": loginScript,
		},
	})
}

// printReply is the program `get URL`: it prints the body of a reply to the caller of MUSTER_TOKEN.
// Errors go to standard error, with exit status 1.
func printReply() {
	response, err := getAs(os.Getenv(connect.TokenVariable), os.Args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	defer response.Body.Close()
	out, status := os.Stdout, 0
	if response.StatusCode != http.StatusOK {
		fmt.Fprintln(os.Stderr, response.Status)
		out, status = os.Stderr, 1
	}
	if _, err := io.Copy(out, response.Body); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(status)
}

// getAs gets an address with a token; "" sends none.
func getAs(token, address string) (*http.Response, error) {
	request, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	return http.DefaultClient.Do(request)
}

// loginScript sets MUSTER_TOKEN, or another variable, to a token of the client
// in a file, asked of the server at URL: login data/administrator.json TOKEN.
func loginScript(ts *testscript.TestScript, _ bool, args []string) {
	var who control.Issued
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &who))
	token, err := tokenOf(ts.Getenv("URL"), who)
	ts.Check(err)
	ts.Setenv(append(args, connect.TokenVariable)[1], token)
}

// serving waits until a server holds a data folder, and sets URL to its
// address: serving DIR.
func serving(ts *testscript.TestScript, _ bool, args []string) {
	path := ts.MkAbs(filepath.Join(args[0], node.LockFile))
	for range 300 {
		if file, err := os.Open(path); err == nil {
			h := node.ReadHolder(file)
			file.Close()
			if h.URL != "" && replies("", h.URL+"/readyz") {
				ts.Setenv("URL", h.URL)
				return
			}
		}
		time.Sleep(100 * time.Millisecond)
	}
	ts.Fatalf("no server holds %s", args[0])
}

// waitPublished waits until the server at URL has a snapshot: published 2.
func waitPublished(ts *testscript.TestScript, _ bool, args []string) {
	for range 300 {
		if replies(ts.Getenv(connect.TokenVariable), ts.Getenv("URL")+"/v1/generations/"+args[0]) {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	ts.Fatalf("there is no snapshot %s", args[0])
}

// replies tells whether a server replies ok and no generation is running.
func replies(token, address string) bool {
	response, err := getAs(token, address)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return err == nil && response.StatusCode == http.StatusOK && !strings.Contains(string(text), `"state":"running"`)
}

// damage changes a byte in the middle of every file below a folder whose path
// has a text in it: damage DIR flat-va.
func damage(ts *testscript.TestScript, _ bool, args []string) {
	damaged := 0
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.Contains(path, args[1]) {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		data[len(data)/2] ^= 1
		damaged++
		return os.WriteFile(path, data, 0o600)
	}))
	if damaged == 0 {
		ts.Fatalf("no file with %q below %s", args[1], args[0])
	}
}

// find sets FOUND to the first text in a file between two others:
// find FILE BEFORE AFTER.
func find(ts *testscript.TestScript, _ bool, args []string) {
	_, rest, ok := strings.Cut(ts.ReadFile(args[0]), args[1])
	found, _, end := strings.Cut(rest, args[2])
	if !ok || !end {
		ts.Fatalf("nothing between %q and %q in %s", args[1], args[2], args[0])
	}
	ts.Setenv("FOUND", found)
}
