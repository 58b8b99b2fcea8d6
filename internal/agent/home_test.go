package agent

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The agent's folder is read strictly, and errors do not show the secret.
func TestAgentState(t *testing.T) {
	home, err := openHome(filepath.Join(t.TempDir(), "new"))
	if err != nil {
		t.Fatal(err)
	}
	if c, err := home.credential(); c != nil || err != nil {
		t.Errorf("%v, %v", c, err)
	}
	first, err := home.random()
	if err != nil || len(first) != 43 {
		t.Errorf("%q, %v", first, err)
	}
	if again, err := home.random(); again != first || err != nil {
		t.Errorf("%q, %v; want %q", again, err, first)
	}
	want := credential{"t", "c", "mst_secret", "d", "name"}
	if err := home.keep(&want); err != nil {
		t.Fatal(err)
	}
	if got, err := home.credential(); err != nil || *got != want ||
		strings.Contains(fmt.Sprintf("%v %+v %s", got, *got, got), "mst_") {
		t.Errorf("%v, %v", got, err)
	}
	if next, err := home.random(); next == first || err != nil {
		t.Errorf("the bytes of the last secret are used again: %v", err)
	}
	for _, text := range []string{"", "{}", "[]", `{"tenantId":"t","clientId":"c","deviceId":"d"}`} {
		if err := os.WriteFile(home.in(credentialFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := home.credential(); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}
