package store_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/storetest"
)

const other = "11111111-2222-4333-8444-555555555555"

// application is a client that sees two groups.
func application(id, name string) store.Client {
	return store.Client{ID: id, Organization: org, Name: name, Permissions: []string{"Vulnerability.Read.All"}, Groups: []int64{0, 3}, Created: noon}
}

// secret is a credential that is valid for days after noon.
func secret(id string, days int) store.Credential {
	return store.Credential{ID: id, Kind: store.KindSecret, Hash: sha256.Sum256([]byte(id)), Hint: id[:1],
		Created: noon, Expires: noon.AddDate(0, 0, days)}
}

// credentialIDs are those of a client that are valid at a time, oldest first.
func credentialIDs(t *testing.T, s *store.Store, client string, now time.Time) (ids []string) {
	t.Helper()
	all, err := s.ClientCredentials(t.Context(), client)
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
		certificate := store.Credential{ID: "k2", Kind: store.KindCertificate, Hash: [32]byte{2}, Data: []byte("DER"), Hint: "CN=a", Created: noon}
		everything := store.Client{ID: "c2", Organization: org, Name: "all", AllGroups: true, Created: noon}
		device := store.Client{ID: "c3", Organization: org, Name: "all", Permissions: []string{"Reports.Write.Own"},
			Groups: []int64{}, Device: "d1", NamedGroup: "Servers", Created: noon}
		must(t, s.AddClient(t.Context(), application("c1", "siem"), secret("k1", 1), certificate))
		must(t, s.AddClient(t.Context(), everything))
		must(t, s.AddClient(t.Context(), device)) // names of devices need not differ
		everything.Permissions = []string{}
		for _, want := range []store.Client{application("c1", "siem"), everything, device} {
			got, err := s.Client(t.Context(), want.ID)
			must(t, err)
			equal(t, want.Name, got, want)
		}
		proofs, err := s.ClientCredentials(t.Context(), "c1")
		must(t, err)
		equal(t, "credentials", proofs, []store.Credential{secret("k1", 1), certificate})

		certificate.Data = nil // left out of lists
		all, devices, err := s.Clients(t.Context(), org)
		must(t, err)
		equal(t, "devices", devices, int64(1))
		equal(t, "applications", all, []store.Application{
			{Client: everything}, {Client: application("c1", "siem"), Credentials: []store.Credential{secret("k1", 1), certificate}}})
	})
}

func TestGroupsOfAClientAreSorted(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		c := application("c1", "siem")
		c.Groups = []int64{3, 0, 3}
		must(t, s.AddClient(t.Context(), c))
		got, err := s.Client(t.Context(), "c1")
		must(t, err)
		equal(t, "groups", got.Groups, []int64{0, 3})
		equal(t, "the caller's own", c.Groups, []int64{3, 0, 3})
	})
}

func TestClientNamesAreUniqueInAnOrganization(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.EnsureOrganization(t.Context(), other, "other"))
		must(t, s.AddClient(t.Context(), application("c1", "siem")))
		isError(t, s.AddClient(t.Context(), application("c2", "siem")), store.ErrExists, `"siem"`)
		isError(t, s.AddClient(t.Context(), application("c1", "second")), store.ErrExists, `"c1"`)
		elsewhere := application("c2", "siem")
		elsewhere.Organization = other
		must(t, s.AddClient(t.Context(), elsewhere))
		elsewhere.Organization = "nowhere"
		isError(t, s.AddClient(t.Context(), elsewhere), store.ErrNotFound, `"nowhere"`)

		must(t, s.AddClient(t.Context(), application("c3", "third")))
		isError(t, s.SetClient(t.Context(), application("c3", "siem")), store.ErrExists, `"siem"`)
		must(t, s.SetClient(t.Context(), application("c3", "third"))) // its own name is no obstacle
	})
}

func TestSetClient(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.EnsureOrganization(t.Context(), other, "other"))
		must(t, s.AddClient(t.Context(), application("c1", "siem"), secret("k1", 1)))
		want := application("c1", "renamed")
		want.Permissions, want.AllGroups, want.Groups = []string{"Software.Read.All"}, true, nil
		must(t, s.SetClient(t.Context(), want))
		got, err := s.Client(t.Context(), "c1")
		must(t, err)
		equal(t, "client", got, want)
		equal(t, "credentials", credentialIDs(t, s, "c1", noon), []string{"k1"})

		want.Organization = other
		isError(t, s.SetClient(t.Context(), want), store.ErrNotFound, `"c1"`)
	})
}

// A client that is gone leaves nothing that proves it, and only its own
// organization can remove it.
func TestRemoveClient(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.AddClient(t.Context(), application("c1", "siem"), secret("k1", 1)))
		isError(t, s.RemoveClient(t.Context(), other, "c1"), store.ErrNotFound, `"c1"`)
		must(t, s.RemoveClient(t.Context(), org, "c1"))
		isError(t, s.RemoveClient(t.Context(), org, "c1"), store.ErrNotFound, `"c1"`)
		_, err := s.Client(t.Context(), "c1")
		isError(t, err, store.ErrNotFound, `"c1"`)
		equal(t, "credentials", len(credentialIDs(t, s, "c1", noon)), 0)
		must(t, s.AddClient(t.Context(), application("c1", "siem")))
	})
}

// A client that cannot be stored whole is not stored at all.
func TestAddClientIsAllOrNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		isError(t, s.AddClient(t.Context(), application("c1", "siem"), secret("k1", 1), secret("k1", 2)), store.ErrExists, `"k1"`)
		_, err := s.Client(t.Context(), "c1")
		isError(t, err, store.ErrNotFound, `"c1"`)
	})
}

func TestRotateSecret(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.AddClient(t.Context(), application("c1", "siem"), secret("k1", 365)))
		rotate := func(id string, at time.Time, keep time.Duration) {
			t.Helper()
			fresh := secret(id, 365)
			fresh.Created = at
			_, err := s.RotateSecret(t.Context(), org, "c1", fresh, at.Add(keep))
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
		_, err := s.RotateSecret(t.Context(), other, "c1", secret("k6", 1), hour(9))
		isError(t, err, store.ErrNotFound, `"c1"`)
	})
}

func TestAddCredential(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.AddClient(t.Context(), application("c1", "siem"), secret("k1", 1)))
		add := func(org string, c store.Credential) error {
			_, err := s.AddCredential(t.Context(), org, "c1", c)
			return err
		}
		certificate := store.Credential{ID: "x1", Kind: store.KindCertificate, Hash: [32]byte{1}, Created: noon}
		must(t, add(org, certificate))
		certificate.ID = "x2"
		isError(t, add(org, certificate), store.ErrExists, "certificate")
		must(t, add(org, secret("k2", 9)))
		isError(t, add(org, secret("k3", 9)), store.ErrTooMany, "secret")
		later := secret("k4", 9)
		later.Created = noon.AddDate(0, 0, 2) // the first has expired
		must(t, add(org, later))
		equal(t, "credentials", credentialIDs(t, s, "c1", noon), []string{"k2", "x1", "k4"})
		isError(t, add(other, secret("k5", 9)), store.ErrNotFound, `"c1"`)
	})
}

func TestRemoveCredential(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.AddClient(t.Context(), application("c1", "siem"), secret("k1", 1), secret("k2", 1)))
		isError(t, s.RemoveCredential(t.Context(), other, "c1", "k1"), store.ErrNotFound, `"k1"`)
		must(t, s.RemoveCredential(t.Context(), org, "c1", "k1"))
		isError(t, s.RemoveCredential(t.Context(), org, "c1", "k1"), store.ErrNotFound, `"k1"`)
		equal(t, "credentials", credentialIDs(t, s, "c1", noon), []string{"k2"})
	})
}
