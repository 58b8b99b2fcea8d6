package store_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/storetest"
)

const other = "11111111-2222-4333-8444-555555555555"

// application is a client that sees two groups.
func application(id, name string) access.Client {
	return access.Client{ID: id, Organization: org, Name: name, Permissions: []string{"Vulnerability.Read.All"},
		Groups: []int64{0, 3}, Created: noon}
}

// secret is a credential that is valid for days after noon.
func secret(id string, days int) access.Credential {
	return access.Credential{ID: id, Kind: access.KindSecret, Hash: sha256.Sum256([]byte(id)), Hint: id[:1],
		Created: noon, Expires: noon.AddDate(0, 0, days)}
}

// credentialIDs lists a client's credentials that are valid at a time, oldest first.
func credentialIDs(t *testing.T, s *store.Store, client string, now time.Time) (ids []string) {
	t.Helper()
	all, err := s.Access.ClientCredentials(t.Context(), client)
	must(t, err)
	for _, c := range all {
		if c.Valid(now) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func TestClientComesBackAsItWasAdded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		certificate := access.Credential{ID: "k2", Kind: access.KindCertificate, Hash: [32]byte{2}, Data: []byte("DER"),
			Hint: "CN=a", Created: noon}
		everything := access.Client{ID: "c2", Organization: org, Name: "all", AllGroups: true, Created: noon}
		device := access.Client{ID: "c3", Organization: org, Name: "all", Permissions: []string{"Reports.Write.Own"},
			Groups: []int64{}, Device: "d1", NamedGroup: "Servers", Created: noon}
		must(t, s.Access.AddClient(t.Context(), application("c1", "siem"), secret("k1", 1), certificate))
		must(t, s.Access.AddClient(t.Context(), everything))
		must(t, s.Access.AddClient(t.Context(), device)) // names of devices need not differ
		everything.Permissions = []string{}
		for _, want := range []access.Client{application("c1", "siem"), everything, device} {
			got, err := s.Access.Client(t.Context(), want.ID)
			must(t, err)
			equal(t, want.Name, got, want)
		}
		proofs, err := s.Access.ClientCredentials(t.Context(), "c1")
		must(t, err)
		equal(t, "credentials", proofs, []access.Credential{secret("k1", 1), certificate})

		certificate.Data = nil // left out of lists
		all, devices, err := s.Access.Clients(t.Context(), org)
		must(t, err)
		equal(t, "devices", devices, int64(1))
		equal(t, "applications", all, []access.Application{
			{Client: everything}, {Client: application("c1", "siem"),
				Credentials: []access.Credential{secret("k1", 1), certificate}}})
	})
}

func TestGroupsOfAClientAreSorted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := application("c1", "siem")
		c.Groups = []int64{3, 0, 3}
		must(t, s.Access.AddClient(t.Context(), c))
		got, err := s.Access.Client(t.Context(), "c1")
		must(t, err)
		equal(t, "groups", got.Groups, []int64{0, 3})
		equal(t, "the caller's own", c.Groups, []int64{3, 0, 3})
	})
}

func TestClientNamesAreUniqueInAnOrganization(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.Organizations.Ensure(t.Context(), other, "other"))
		must(t, s.Access.AddClient(t.Context(), application("c1", "siem")))
		isError(t, s.Access.AddClient(t.Context(), application("c2", "siem")), database.ErrExists, `"siem"`)
		isError(t, s.Access.AddClient(t.Context(), application("c1", "second")), database.ErrExists, `"c1"`)
		elsewhere := application("c2", "siem")
		elsewhere.Organization = other
		must(t, s.Access.AddClient(t.Context(), elsewhere))
		elsewhere.Organization = "nowhere"
		isError(t, s.Access.AddClient(t.Context(), elsewhere), database.ErrNotFound, `"nowhere"`)

		must(t, s.Access.AddClient(t.Context(), application("c3", "third")))
		isError(t, s.Access.SetClient(t.Context(), application("c3", "siem")), database.ErrExists, `"siem"`)
		must(t, s.Access.SetClient(t.Context(), application("c3", "third"))) // a client may keep its own name
	})
}

func TestSetClient(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.Organizations.Ensure(t.Context(), other, "other"))
		must(t, s.Access.AddClient(t.Context(), application("c1", "siem"), secret("k1", 1)))
		want := application("c1", "renamed")
		want.Permissions, want.AllGroups, want.Groups = []string{"Software.Read.All"}, true, nil
		must(t, s.Access.SetClient(t.Context(), want))
		got, err := s.Access.Client(t.Context(), "c1")
		must(t, err)
		equal(t, "client", got, want)
		equal(t, "credentials", credentialIDs(t, s, "c1", noon), []string{"k1"})

		want.Organization = other
		isError(t, s.Access.SetClient(t.Context(), want), database.ErrNotFound, `"c1"`)
	})
}

// Removing a client removes its credentials, and only its own organization can remove it.
func TestRemoveClient(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.Access.AddClient(t.Context(), application("c1", "siem"), secret("k1", 1)))
		isError(t, s.Access.RemoveClient(t.Context(), other, "c1"), database.ErrNotFound, `"c1"`)
		must(t, s.Access.RemoveClient(t.Context(), org, "c1"))
		isError(t, s.Access.RemoveClient(t.Context(), org, "c1"), database.ErrNotFound, `"c1"`)
		_, err := s.Access.Client(t.Context(), "c1")
		isError(t, err, database.ErrNotFound, `"c1"`)
		equal(t, "credentials", len(credentialIDs(t, s, "c1", noon)), 0)
		must(t, s.Access.AddClient(t.Context(), application("c1", "siem")))
	})
}

// A client that cannot be stored whole is not stored at all.
func TestAddClientIsAllOrNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		isError(t, s.Access.AddClient(t.Context(), application("c1", "siem"), secret("k1", 1), secret("k1", 2)),
			database.ErrExists, `"k1"`)
		_, err := s.Access.Client(t.Context(), "c1")
		isError(t, err, database.ErrNotFound, `"c1"`)
	})
}

func TestRotateSecret(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.Access.AddClient(t.Context(), application("c1", "siem"), secret("k1", 365)))
		rotate := func(id string, at time.Time, keep time.Duration) {
			t.Helper()
			fresh := secret(id, 365)
			fresh.Created = at
			_, err := s.Access.RotateSecret(t.Context(), org, "c1", fresh, at.Add(keep))
			must(t, err)
		}
		hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
		rotate("k2", hour(1), 24*time.Hour)
		equal(t, "after one rotation", credentialIDs(t, s, "c1", hour(2)), []string{"k1", "k2"})
		equal(t, "a day later", credentialIDs(t, s, "c1", hour(25)), []string{"k2"})
		rotate("k3", hour(2), 24*time.Hour)
		equal(t, "at most two are valid", credentialIDs(t, s, "c1", hour(2)), []string{"k2", "k3"})
		rotate("k4", hour(3), 0)
		equal(t, "nothing kept", credentialIDs(t, s, "c1", hour(3)), []string{"k4"})
		rotate("k5", hour(4), 1e6*time.Hour)
		equal(t, "never longer than before", len(credentialIDs(t, s, "c1", noon.AddDate(1, 0, 0))), 0)
		_, err := s.Access.RotateSecret(t.Context(), other, "c1", secret("k6", 1), hour(9))
		isError(t, err, database.ErrNotFound, `"c1"`)
	})
}

func TestAddCredential(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.Access.AddClient(t.Context(), application("c1", "siem"), secret("k1", 1)))
		add := func(org string, c access.Credential) error {
			_, err := s.Access.AddCredential(t.Context(), org, "c1", c)
			return err
		}
		certificate := access.Credential{ID: "x1", Kind: access.KindCertificate, Hash: [32]byte{1}, Created: noon}
		must(t, add(org, certificate))
		certificate.ID = "x2"
		isError(t, add(org, certificate), database.ErrExists, "certificate")
		must(t, add(org, secret("k2", 9)))
		isError(t, add(org, secret("k3", 9)), database.ErrTooMany, "secret")
		later := secret("k4", 9)
		later.Created = noon.AddDate(0, 0, 2) // the first has expired
		must(t, add(org, later))
		equal(t, "credentials", credentialIDs(t, s, "c1", noon), []string{"k2", "x1", "k4"})
		isError(t, add(other, secret("k5", 9)), database.ErrNotFound, `"c1"`)
	})
}

func TestRemoveCredential(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.Access.AddClient(t.Context(), application("c1", "siem"), secret("k1", 1), secret("k2", 1)))
		isError(t, s.Access.RemoveCredential(t.Context(), other, "c1", "k1"), database.ErrNotFound, `"k1"`)
		must(t, s.Access.RemoveCredential(t.Context(), org, "c1", "k1"))
		isError(t, s.Access.RemoveCredential(t.Context(), org, "c1", "k1"), database.ErrNotFound, `"k1"`)
		equal(t, "credentials", credentialIDs(t, s, "c1", noon), []string{"k2"})
	})
}
