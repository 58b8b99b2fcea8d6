package api_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/store/organization"
)

// atOnce sends 16 requests at the same time, and counts their statuses.
func (l *lab) atOnce(method, path string, body func(n int) string) (statuses map[int]int) {
	l.Helper()
	var all sync.WaitGroup
	var mu sync.Mutex
	statuses = map[int]int{}
	for n := range 16 {
		all.Go(func() {
			r, err := http.NewRequestWithContext(l.Context(), method, l.server.URL+path, strings.NewReader(body(n)))
			if err != nil {
				l.Error(err)
				return
			}
			got, err := http.DefaultTransport.RoundTrip(r)
			if err != nil {
				l.Error(err)
				return
			}
			got.Body.Close()
			mu.Lock()
			defer mu.Unlock()
			statuses[got.StatusCode]++
		})
	}
	all.Wait()
	return statuses
}

// Every GET of the description, twice at once, while devices report, the clock goes on and generations are published:
// none fails, and the race detector sees all handlers beside each other.
func TestEveryCallAtOnce(t *testing.T) {
	n := newNeighbourhood(t, 8)
	ids, addresses := n.here(), []string{}
	n.operations("", func(path, address string) {
		if folder, id, ok := strings.Cut(strings.TrimPrefix(path, "/api/"), "/{id}"); ok && ids[folder] != "" {
			address = n.at(ids, folder+"/{id}"+id) + "?"
		}
		addresses = append(addresses, address)
	})
	if len(addresses) < 50 {
		t.Fatalf("only %d calls are described", len(addresses))
	}
	var reading, writing sync.WaitGroup
	writing.Go(func() {
		for step := range 3 {
			n.step(step + 1)
		}
	})
	next, found := new(atomic.Int64), new(atomic.Int64)
	for range 8 {
		reading.Go(func() {
			for at := next.Add(1) - 1; at < int64(2*len(addresses)); at = next.Add(1) - 1 {
				address := addresses[at/2]
				r, err := http.Get(n.server.URL + address)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := io.Copy(io.Discard, r.Body); err != nil {
					t.Errorf("%s: %v", address, err)
				}
				r.Body.Close()
				if r.StatusCode == http.StatusOK {
					found.Add(1)
				} else if r.StatusCode >= http.StatusInternalServerError && r.StatusCode != http.StatusNotImplemented {
					t.Errorf("%s: %s", address, r.Status)
				}
			}
		})
	}
	reading.Wait()
	writing.Wait()
	if found.Load() < int64(len(addresses)) {
		t.Errorf("only %d of %d replies were 200", found.Load(), 2*len(addresses))
	}
}

// If sixteen ask for one name at the same time, one gets it. Such conflicts are decided in the
// transaction that makes the thing.
func TestOneNameIsGivenOnce(t *testing.T) {
	l := newLab(t)
	for path, body := range map[string]string{
		"/v1/organizations": `{"name":"Example Ltd"}`,
		"/v1/clients":       `{"name":"siem","permissions":["Software.Read.All"],"groups":["Web"]}`,
	} {
		got := l.atOnce(http.MethodPost, path, func(int) string { return body })
		l.equal(path, got, map[int]int{http.StatusCreated: 1, http.StatusConflict: 15})
	}
	groups, err := l.store.Organizations.Groups(t.Context(), org)
	if err != nil || len(groups) != 2 { // that of none, and Web
		t.Errorf("groups %v, %v", groups, err)
	}
	others, err := l.store.Organizations.All(t.Context())
	if err != nil || len(others) != 2 {
		t.Fatalf("organizations %v, %v", others, err)
	}
	for _, o := range others {
		if o.ID == org {
			continue
		}
		clients, _, err := l.store.Access.Clients(t.Context(), o.ID)
		if err != nil || len(clients) != 1 {
			t.Errorf("clients of the new organization: %v, %v", clients, err)
		}
	}
}

// An enrolment for three devices enrols three, however many come at once.
func TestEnrolmentIsTradedAsOftenAsItSays(t *testing.T) {
	l := newLab(t)
	made := l.invite(`{"name":"racks","count":3}`)
	got := l.atOnce(http.MethodPost, "/v1/enroll", func(n int) string {
		return fmt.Sprintf(`{"secret":%q,"device":{"name":"rack-%d","id":"%040x"}}`, made.Secret, n, n+1)
	})
	if got[http.StatusCreated] != 3 {
		t.Errorf("statuses %v", got)
	}
}

// If one manager removes a permission while another renames the client, the permission stays
// removed, whoever comes first.
func TestRenamingGivesNoPermissionBack(t *testing.T) {
	l := newLab(t)
	for range 10 {
		made := l.addClient(`{"name":"siem","permissions":["Software.Read.All","Vulnerability.Read.All"]}`)
		path := "/v1/clients/" + made.ClientID
		var renamed atomic.Int64
		got := l.atOnce(http.MethodPatch, path, func(n int) string {
			if n == 8 {
				return `{"permissions":["Software.Read.All"]}`
			}
			return fmt.Sprintf(`{"name":"siem %d"}`, renamed.Add(1))
		})
		now, err := l.store.Access.Client(t.Context(), made.ClientID)
		if err != nil {
			t.Fatal(err)
		}
		if got[http.StatusOK]+got[http.StatusConflict] != 16 {
			t.Errorf("statuses %v", got)
		}
		l.equal("permissions", now.Permissions, []string{string(auth.ReadSoftware)})
		if err := l.store.Access.RemoveClient(t.Context(), organization.Default, made.ClientID); err != nil {
			t.Fatal(err)
		}
	}
}
