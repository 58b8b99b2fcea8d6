package store_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/enrollment"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/store/storetest"
)

// enrolling is an enrolment whose secret is its id, valid for a day and a number of devices.
func enrolling(id string, uses int64) enrollment.Enrollment {
	return enrollment.Enrollment{ID: id, Organization: org, Name: "rollout",
		Hash: sha256.Sum256([]byte(id)), NamedGroup: "Servers",
		MaxUses: uses, Created: noon, Expires: noon.AddDate(0, 0, 1)}
}

// machine is the client of a device that enrols.
func machine(id, device string) access.Client {
	return access.Client{ID: id, Name: device, Permissions: []string{"Reports.Write.Own"}, Groups: []int64{},
		Device: device, Created: noon}
}

// trade enrols a device with a credential that has an id.
func trade(t *testing.T, s *store.Store, enrollment string, device access.Client, proof string,
	now time.Time) (access.Client, error) {
	t.Helper()
	lasting := secret(proof, 0)
	lasting.Expires = time.Time{}
	return s.Enrollments.Enroll(t.Context(), sha256.Sum256([]byte(enrollment)), device, lasting, now)
}

// uses is how often each enrolment was traded, by its id.
func uses(t *testing.T, s *store.Store, organization string) map[string]int64 {
	t.Helper()
	all, err := s.Enrollments.All(t.Context(), organization)
	must(t, err)
	counts := map[string]int64{}
	for _, e := range all {
		counts[e.ID] = e.Uses
	}
	return counts
}

func TestEnrollmentIsTradedForAClient(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.Enrollments.Add(t.Context(), enrolling("e1", 2)))
		got, err := trade(t, s, "e1", machine("c1", "d1"), "k1", noon)
		must(t, err)
		want := machine("c1", "d1")
		want.Organization, want.NamedGroup = org, "Servers"
		equal(t, "client", got, want)
		stored, err := s.Access.Client(t.Context(), "c1")
		must(t, err)
		equal(t, "stored", stored, want)
		equal(t, "credentials", credentialIDs(t, s, "c1", noon.AddDate(9, 0, 0)), []string{"k1"})

		all, err := s.Enrollments.All(t.Context(), org)
		must(t, err)
		used := enrolling("e1", 2)
		used.Uses = 1
		equal(t, "enrolments", all, []enrollment.Enrollment{used})
	})
}

func TestEnrollmentThatIsOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.Enrollments.Add(t.Context(), enrolling("e1", 1)))
		must(t, s.Enrollments.Add(t.Context(), enrolling("e2", 9)))
		must(t, s.Enrollments.Add(t.Context(), enrolling("e3", 9)))
		must(t, s.Enrollments.Remove(t.Context(), org, "e3"))
		_, err := trade(t, s, "e1", machine("c1", "d1"), "k1", noon)
		must(t, err)
		for secretText, when := range map[string]time.Time{
			"e1":      noon,                   // used up
			"e2":      noon.AddDate(0, 0, 1),  // expired, to the millisecond
			"e3":      noon,                   // removed
			"nothing": noon.Add(-time.Minute), // does not exist
		} {
			_, err := trade(t, s, secretText, machine("c2", "d2"), "k2", when)
			isError(t, err, enrollment.ErrNotEnrolling, `"d2"`)
			_, err = trade(t, s, secretText, machine("c2", "d1"), "k2",
				when) // the error does not tell which devices are enrolled
			isError(t, err, enrollment.ErrNotEnrolling, `"d1"`)
		}
		_, err = trade(t, s, "e2", machine("c2", "d2"), "k2", noon.AddDate(0, 0, 1).Add(-time.Millisecond))
		must(t, err)
		equal(t, "uses", uses(t, s, org), map[string]int64{"e1": 1, "e2": 1})
	})
}

// A device that has a credential keeps it, even if others know an enrolment's secret.
func TestEnrolledDeviceIsNotTakenOver(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.Enrollments.Add(t.Context(), enrolling("e1", 5)))
		_, err := trade(t, s, "e1", machine("c1", "d1"), "k1", noon)
		must(t, err)
		_, err = trade(t, s, "e1", machine("c2", "d1"), "k2", noon)
		isError(t, err, enrollment.ErrEnrolled, `"d1"`)
		equal(t, "its credential", credentialIDs(t, s, "c1", noon), []string{"k1"})
		equal(t, "uses", uses(t, s, org), map[string]int64{"e1": 1})

		must(t, s.Enrollments.RemoveCredential(t.Context(), org, "d1", noon))
		isError(t, s.Enrollments.RemoveCredential(t.Context(), org, "d1", noon), database.ErrNotFound, `"d1"`)
		_, err = trade(t, s, "e1", machine("c2", "d1"), "k2", noon)
		must(t, err)
		_, err = s.Access.Client(t.Context(), "c1")
		isError(t, err, database.ErrNotFound, `"c1"`)
	})
}

// A device that did not get the reply asks again with the same credential.
func TestEnrollingAgainWithTheSameProof(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.Enrollments.Add(t.Context(), enrolling("e1", 1)))
		first, err := trade(t, s, "e1", machine("c1", "d1"), "k1", noon)
		must(t, err)
		again, err := trade(t, s, "e1", machine("c2", "d1"), "k1", noon.AddDate(0, 0, 2))
		must(t, err)
		equal(t, "client", again, first)
		equal(t, "uses", uses(t, s, org), map[string]int64{"e1": 1})
	})
}

func TestManyTradeAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.Enrollments.Add(t.Context(), enrolling("e1", 5)))
		var taken atomic.Int64
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				_, err := trade(t, s, "e1", machine(fmt.Sprint("c", i), fmt.Sprint("d", i)), "k1", noon)
				if err == nil {
					taken.Add(1)
				} else if !errors.Is(err, enrollment.ErrNotEnrolling) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		_, devices, err := s.Access.Clients(t.Context(), org)
		must(t, err)
		equal(t, "enrolled", []int64{taken.Load(), devices}, []int64{5, 5})
	})
}

func TestEnrollmentsOfAnOrganization(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.Organizations.Ensure(t.Context(), other, "other"))
		must(t, s.Enrollments.Add(t.Context(), enrolling("e1", 1)))
		elsewhere := enrolling("e2", 1)
		elsewhere.Organization = other
		must(t, s.Enrollments.Add(t.Context(), elsewhere))
		equal(t, "ours", uses(t, s, org), map[string]int64{"e1": 0})
		isError(t, s.Enrollments.Remove(t.Context(), org, "e2"), database.ErrNotFound, `"e2"`)

		same := enrolling("e3", 1)
		same.Hash = elsewhere.Hash
		isError(t, s.Enrollments.Add(t.Context(), same), database.ErrExists, `"rollout"`)
		same.Organization = "nowhere"
		isError(t, s.Enrollments.Add(t.Context(), same), database.ErrNotFound, `"nowhere"`)

		// a device with the same id in another organization is another device
		for id, secretText := range map[string]string{"c1": "e1", "c2": "e2"} {
			_, err := trade(t, s, secretText, machine(id, "d1"), "k1", noon)
			must(t, err)
		}
		must(t, s.Enrollments.RemoveCredential(t.Context(), org, "d1", noon))
		_, err := s.Access.Client(t.Context(), "c2")
		must(t, err)
	})
}

// Old enrolments make room; those that still count do not.
func TestEnrollmentsAreBounded(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for i := range 1000 {
			must(t, s.Enrollments.Add(t.Context(), enrolling(fmt.Sprint("e", i), 1)))
		}
		isError(t, s.Enrollments.Add(t.Context(), enrolling("one more", 1)), database.ErrTooMany, "1000")
		later := enrolling("later", 1)
		later.Created, later.Expires = noon.AddDate(0, 0, 32), noon.AddDate(0, 0, 33)
		must(t, s.Enrollments.Add(t.Context(), later))
		equal(t, "left", uses(t, s, org), map[string]int64{"later": 0})
	})
}

// No application is removed in place of a device.
func TestRemovingTheCredentialOfNoDevice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		must(t, s.Access.AddClient(t.Context(), application("c1", "siem")))
		isError(t, s.Enrollments.RemoveCredential(t.Context(), org, "", noon), database.ErrNotFound, `""`)
		_, err := s.Access.Client(t.Context(), "c1")
		must(t, err)
	})
}

func TestRemovedDeviceLosesItsCredential(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		receipts, err := s.Reports.Receive(t.Context(), org, manager,
			[]reports.Incoming{{Device: inventory.Device{Name: "a"}, Source: "collect"}}, noon)
		must(t, err)
		device := receipts[0].DeviceID
		must(t, s.Enrollments.Add(t.Context(), enrolling("e1", 1)))
		must(t, s.Enrollments.Admit(t.Context(), org, device, noon))
		_, err = trade(t, s, "e1", machine("c1", device), "k1", noon)
		must(t, err)
		must(t, s.Reports.RemoveDevice(t.Context(), org, device))
		_, err = s.Access.Client(t.Context(), "c1")
		isError(t, err, database.ErrNotFound, `"c1"`)
	})
}
