package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/inventory"
)

// lonely are numbers of which nobody can know whether they are so.
var lonely = regexp.MustCompile(`(^|[\s(>])0(\.0)?($|[\s,.)<])`)

// content is a page without its frame.
func content(text string) string {
	_, text, _ = strings.Cut(text, "<main")
	return text
}

// Until a snapshot has a device each list shows how to begin: without a snapshot, with an empty one, with feeds, and
// while a device waits for the next. It says what is done, for what it waits, and no 0.
func TestSetupUntilThereIsADevice(t *testing.T) {
	s := emptySite(t)
	manager, _ := s.as(t, everything())
	reader, _ := s.as(t, []auth.Permission{auth.ReadVulnerabilities})
	lists := []string{"/", "/vulnerabilities", "/findings?severity=critical", "/actions", "/devices", "/software", "/configuration",
		"/changes", "/coverage", "/search?q=pad", "/vulnerabilities/CVE-2024-9143"}
	all := func(state string, want ...string) {
		t.Helper()
		for _, path := range lists {
			text := content(manager.page(path, http.StatusOK))
			for _, one := range append(want, "Nothing here yet", "/access/enrollments/add") {
				if !strings.Contains(text, one) {
					t.Errorf("%s: %s does not say %q: %s", state, path, one, text)
				}
			}
			if lonely.MatchString(text) {
				t.Errorf("%s: %s says 0: %s", state, path, text)
			}
			if text := content(reader.page(path, http.StatusOK)); !strings.Contains(text, "Nothing here yet") || strings.Contains(text, "enroll") {
				t.Errorf("%s: to a reader %s says %s", state, path, text)
			}
		}
	}
	all("without a snapshot", "No feed is imported", "No device has reported", "None was published. This server makes no snapshot by itself")
	s.mustPublish(t)
	all("with an empty snapshot", "No device has reported", "Snapshot 1 of ", "has no device.")
	if err := s.Import(t.Context()); err != nil {
		t.Fatal(err)
	}
	all("with feeds", "feeds are imported", "No device has reported")
	if err := s.Report(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	all("while a device waits", "2 devices have reported, and no snapshot shows that yet. This server makes no snapshot by itself: publish one.",
		"Snapshot 1 of ", "muster publish")
	s.mustPublish(t)
	text := manager.page("/", http.StatusOK)
	if strings.Contains(text, "Nothing here yet") || !strings.Contains(text, "What to do first") {
		t.Errorf("with devices the overview says %s", text)
	}
	if text := manager.page("/setup", http.StatusOK); !strings.Contains(text, "Snapshot 2 of ") || !strings.Contains(text, "has 2 devices.") {
		t.Errorf("with devices the setup says %s", text)
	}
	if text := content(manager.page("/?snapshot=1", http.StatusOK)); !strings.Contains(text, "This snapshot has no device") ||
		!strings.Contains(text, "without a feed") || strings.Contains(text, `class="big"`) {
		t.Errorf("the overview of the empty snapshot says %s", text)
	}
}

// Where no action lowers the exposure the overview does not say that there is nothing to do: it leads to those that
// there are, such as replacing what has no support.
func TestActionsThatLowerNoExposure(t *testing.T) {
	s := emptySite(t)
	if err := s.Import(t.Context()); err != nil {
		t.Fatal(err)
	}
	old := &inventory.Report{Device: inventory.Device{Name: "old", OSPlatform: "Linux", OSVersion: "debian_linux_11"},
		Software: []inventory.Software{{Kind: "deb", Name: "adduser", Version: "3.118",
			PURL: "pkg:deb/debian/adduser@3.118?distro=debian-11"}}}
	if err := s.Receive(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	s.mustPublish(t)
	b, _ := s.as(t, everything())
	if text := b.page("/actions", http.StatusOK); !strings.Contains(text, "Upgrade Debian 11: no support since") {
		t.Fatalf("no action lowers no exposure: %s", text)
	}
	if text := content(b.page("/", http.StatusOK)); strings.Contains(text, "nothing to do") ||
		!strings.Contains(text, `No action lowers the exposure. <a href="/actions">All: 1 action</a>`) {
		t.Errorf("the overview says %s", text)
	}
}
