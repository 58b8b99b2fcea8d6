package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/muster-project/muster/internal/console/consoletest"
	"github.com/muster-project/muster/internal/testneed"
)

var update = flag.Bool("update", false, "write the helps in testdata/script anew")

// TestMain makes a program of the scripts' command.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) != "muster-agent" {
		testneed.ForgetSettings()
	}
	testscript.Main(m, map[string]func(){"muster-agent": main})
}

// TestScripts runs the manual of the agent. How it reports to a server is in the scripts of
// cmd/muster, which has a server.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:           "testdata/script",
		UpdateScripts: *update,
		Setup: func(e *testscript.Env) error {
			e.Setenv("COLUMNS", "100")
			e.Setenv("HOME", e.WorkDir)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": consoletest.Exits},
	})
}

// ours are the packages of this module that the agent may link.
var ours = []string{
	"cmd/muster-agent", "defender", "internal/agent", "internal/console", "internal/control", "internal/control/mending",
	"internal/counts", "internal/counts/why", "internal/durable", "internal/except/written",
	"internal/inventory", "internal/inventory/collect", "internal/inventory/collect/disk",
	"internal/inventory/collect/extension", "internal/inventory/collect/facts",
	"internal/inventory/collect/facts/boot", "internal/inventory/collect/facts/policy", "internal/inventory/collect/facts/upkeep",
	"internal/inventory/collect/language", "internal/inventory/collect/library",
	"internal/inventory/collect/effective",
	"internal/inventory/collect/macos", "internal/inventory/collect/macos/plist", "internal/inventory/collect/macos/settings",
	"internal/inventory/collect/packages", "internal/inventory/collect/rpmdb",
	"internal/inventory/collect/windows", "internal/inventory/collect/windows/security", "internal/inventory/parse", "internal/inventory/table",
	"internal/inventory/rbac",
	"internal/plain",
}

// others are the modules besides the standard library that it may link.
var others = []string{
	"github.com/alecthomas/kong", "github.com/fxamacker/cbor/v2", "github.com/klauspost/compress",
	"github.com/package-url/packageurl-go",
	"github.com/x448/float16", "golang.org/x/sys", "golang.org/x/term", "golang.org/x/text",
}

// TestTheAgentLinksNoServer: on no system does it link the store, the API, intelligence or an SQL
// engine.
func TestTheAgentLinksNoServer(t *testing.T) {
	const module = "github.com/muster-project/muster/"
	for _, system := range []string{"linux", "windows", "darwin"} {
		list := exec.Command(testneed.Command(t, "go"), "list", "-deps", "-f",
			"{{if not .Standard}}{{.ImportPath}}{{end}}", ".")
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		out, err := list.Output()
		if err != nil {
			t.Fatal(err)
		}
		packages := strings.Fields(string(out))
		if len(packages) < len(ours) {
			t.Errorf("%s: %d packages", system, len(packages))
		}
		for _, name := range packages {
			own, isOurs := strings.CutPrefix(name, module)
			allowed := slices.ContainsFunc(others, func(m string) bool { return name == m || strings.HasPrefix(name, m+"/") })
			if isOurs {
				allowed = slices.Contains(ours, own)
			}
			if !allowed {
				t.Errorf("%s: the agent links %s", system, name)
			}
		}
	}
}

// TestTheAgentLinksNoEngine checks the packages of the standard library, too.
func TestTheAgentLinksNoEngine(t *testing.T) {
	out, err := exec.Command(testneed.Command(t, "go"), "list", "-deps", ".").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name := range strings.FieldsSeq(string(out)) {
		if name == "database/sql" || name == "html/template" || name == "encoding/xml" ||
			strings.HasPrefix(name, "github.com/ncruces/") {
			t.Errorf("the agent links %s", name)
		}
	}
}
