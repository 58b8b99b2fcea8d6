package node

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/organization"
)

// newFolder opens a new data folder.
func newFolder(t *testing.T) *Node {
	t.Helper()
	f, err := Open(t.Context(), Config{Path: filepath.Join(t.TempDir(), "data"), Command: "test", Make: true,
		Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

// first makes the administrator, and returns what the file says.
func (n *Node) first(t *testing.T) control.Issued {
	t.Helper()
	made, err := n.EnsureAdministrator(t.Context(), "https://muster.example.com", "")
	if err != nil {
		t.Fatal(err)
	}
	path := made.File
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode != 0o600 {
		t.Errorf("mode %o", mode)
	}
	text, err := os.ReadFile(path)
	var who control.Issued
	if err == nil {
		err = json.Unmarshal(text, &who)
	}
	if err != nil {
		t.Fatal(err)
	}
	return who
}

// proven checks that a secret belongs to a client, and returns the client.
func (n *Node) proven(t *testing.T, who control.Issued) access.Client {
	t.Helper()
	found, err := n.Store.Access.Client(context.Background(), who.ClientID)
	if err != nil {
		t.Fatal(err)
	}
	proofs, err := n.Store.Access.ClientCredentials(context.Background(), who.ClientID)
	if err != nil || len(proofs) != 1 || proofs[0].Hash != auth.HashSecret(who.ClientSecret) {
		t.Errorf("%+v does not prove %s (%v)", proofs, who.ClientSecret, err)
	}
	return found
}

func TestFirstStart(t *testing.T) {
	f := newFolder(t)
	// What a crash between file and client left at the previous start.
	if err := os.WriteFile(f.in(AdministratorFile), []byte("lost"), 0o600); err != nil {
		t.Fatal(err)
	}
	who := f.first(t)
	c := f.proven(t, who)
	want := control.Issued{TenantID: organization.Default, ClientID: c.ID,
		ClientSecret: who.ClientSecret, Name: "administrator",
		Permissions: []string{"Vulnerability.Read.All", "Software.Read.All", "Machine.Read.All", "Machine.ReadWrite.All",
			"SecurityRecommendation.Read.All", "Score.Read.All", "AdvancedQuery.Read.All", "Reports.Write.All",
			"Muster.Manage.All", "Metrics.Read.All", "Audit.Read.All", "Exceptions.Write.All"},
		TokenURL: "https://muster.example.com/" + organization.Default + "/oauth2/v2.0/token"}
	if diff := cmp.Diff(want, who); diff != "" {
		t.Errorf("the file (-want +got):\n%s", diff)
	}
	if !c.AllGroups {
		t.Errorf("the administrator sees the groups %v", c.Groups)
	}
	for range 2 { // with the client, and without
		if made, err := f.EnsureAdministrator(t.Context(), "", ""); err != nil || made != nil {
			t.Errorf("made once more: %v, %v", made, err)
		}
		_ = f.Store.Access.RemoveApplication(t.Context(), c.Organization, c.ID, "")
	}
}

// The administrator is made even if a client has its name.
func TestFirstStartWithNameTaken(t *testing.T) {
	f := newFolder(t)
	taken := access.Client{ID: "1", Organization: organization.Default, Name: auth.AdministratorName}
	if err := f.Store.Access.AddClient(t.Context(), taken); err != nil {
		t.Fatal(err)
	}
	who := f.first(t)
	if c := f.proven(t, who); c.Name != who.Name || !strings.HasPrefix(c.Name, "administrator ") {
		t.Errorf("client %q, file %q", c.Name, who.Name)
	}
}
