package trust_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
)

// FuzzIdentify makes every decision for any sender, device and report, and checks that the table
// allows it.
func FuzzIdentify(f *testing.F) {
	f.Add(1, 3, true, true, 2, int64(7), uint(0), mine, "known", "macOS", "said", "Linux", "web", 1)
	f.Add(0, 0, false, false, 0, int64(0), uint(15), "", "", "", "", "", "", 0)
	f.Add(3, 1, true, false, 1, int64(8), uint(2), "other", "desk", "", "deſk", "Windows11", "a,b", 2)
	f.Fuzz(func(t *testing.T, role, writer int, known, byID bool, rank int, group int64, trusts uint, id, name, platform,
		said, saidPlatform, tags string, reports int) {
		s := trust.Sender{Role: trust.Role(role), Groups: []int64{0, seen}, Device: mine, Name: "enrolled", Group: "Web",
			Trusts: trust.Fields(trusts)}
		d := trust.Device{Device: inventory.Device{ID: id, Name: name, OSPlatform: platform, Tags: []string{"known"}},
			Known: known, Rank: trust.Rank(rank), Group: group, Reports: reports%2 == 1}
		r := inventory.Device{ID: "another", Name: said, OSPlatform: saidPlatform, OSVersion: "2", RBACGroup: "Bank"}
		if tags != "" {
			r.Tags = strings.Split(tags, ",")
		}
		q := &question{T: t, s: s, d: d, said: r, byID: byID}
		q.rights()
		q.identity()
		q.content(trust.Writer(writer))
	})
}

// question is the input of all decisions.
type question struct {
	*testing.T
	s    trust.Sender
	d    trust.Device
	said inventory.Device
	byID bool
}

// unlimited reports whether the sender is trusted with all devices.
func (q *question) unlimited() bool { return q.s.Role == trust.Manager || q.s.Role == trust.Fleet }

// rights: Nobody may do nothing, a limited sender only use what it sees, a credential only its
// device.
func (q *question) rights() {
	write, make := q.s.MayWrite(&q.d), q.s.MayMake(q.d.Group)
	_, found := slices.BinarySearch(q.s.Groups, q.d.Group)
	sees := q.s.Role == trust.Scoped && found
	own := q.s.Role == trust.Own && q.d.ID == mine
	q.is("writes the device", write == nil, q.unlimited() || sees && q.d.Known || own)
	q.is("makes a device", make == nil, q.unlimited() || sees || q.s.Role == trust.Own)
	q.is("sees the group", q.s.Sees(q.d.Group), q.unlimited() || sees)
	if q.s.FindsByName(q.d.Rank, q.d.Group) && !sees && !(q.unlimited() && q.d.Rank != trust.ByScoped) {
		q.Errorf("%+v finds %+v by name", q.s, q.d)
	}
	for _, err := range []error{write, make} {
		if err != nil && !errors.Is(err, trust.ErrRefused) {
			q.Errorf("%+v is refused with %v", q.s, err)
		}
	}
}

func (q *question) is(what string, got, want bool) {
	q.Helper()
	if got != want {
		q.Errorf("%+v, %+v: %s: %v, want %v", q.s, q.d, what, got, want)
	}
}

// identity: the id never changes; name, tags and group of a known device only by unlimited senders
// and trusted credentials; and a given field either counts or is named.
func (q *question) identity() {
	got, rank, ignored := q.s.Identify(&q.d, q.said, q.byID)
	again, _, _ := q.s.Identify(&q.d, q.said, q.byID)
	if !same(got, again) {
		q.Errorf("%+v: %+v, and then %+v", q.s, got, again)
	}
	trusted := func(f trust.Fields) bool {
		return q.unlimited() || q.s.Role == trust.Own && q.s.Trusts.Has(f)
	}
	if got.ID != q.d.ID || q.d.Known &&
		(got.Name != q.d.Name && !trusted(trust.Name) || !slices.Equal(got.Tags, q.d.Tags) && !trusted(trust.Tags)) {
		q.Errorf("%+v makes %+v of %+v", q.s, got, q.d)
	}
	if platform := q.d.OSPlatform; q.d.Known && got.OSPlatform != platform && !trusted(trust.Platform) &&
		!(q.s.Role == trust.Own && platform == "" || q.s.Role == trust.Scoped && q.d.Rank == trust.ByScoped) {
		q.Errorf("%+v makes the platform %q of %q", q.s, got.OSPlatform, platform)
	}
	if q.d.Known && !q.unlimited() && q.s.Place(&q.d, "Bank", "Known") != "Known" || q.s.Role == trust.Own &&
		q.s.Place(&q.d, "Bank", "Known") == "Bank" {
		q.Errorf("%+v places %+v", q.s, q.d)
	}
	if rank < q.d.Rank && q.d.Known && !q.unlimited() && !trusted(trust.Name) {
		q.Errorf("%+v raises the rank from %d to %d", q.s, q.d.Rank, rank)
	}
	q.told(got, ignored)
}

func same(a, b inventory.Device) bool {
	return a.ID == b.ID && a.Name == b.Name && a.OSPlatform == b.OSPlatform && a.OSVersion == b.OSVersion &&
		slices.Equal(a.Tags, b.Tags)
}

// told: exactly the given fields that do not count are reported as ignored.
func (q *question) told(got inventory.Device, ignored trust.Fields) {
	q.is("its name is told", ignored.Has(trust.Name), q.said.Name != "" && q.said.Name != got.Name)
	q.is("its platform is told", ignored.Has(trust.Platform), q.said.OSPlatform != "" &&
		q.said.OSPlatform != got.OSPlatform)
	q.is("its tags are told", ignored.Has(trust.Tags), q.said.Tags != nil && !slices.Equal(q.said.Tags, got.Tags))
}

// content: a credential's source changes only by it and by managers, others' sources never by a
// credential, and only a credential takes a source of nobody.
func (q *question) content(w trust.Writer) {
	then, err := q.s.MayReplace("collect", w)
	own := q.s.Role == trust.Own
	others := q.s.Role == trust.Fleet || q.s.Role == trust.Scoped
	switch {
	case own && (w == trust.OfNobody || w == trust.OfCredential):
		q.is("takes the source", err == nil && then == trust.OfCredential, true)
	case q.s.Role == trust.Manager, others && (w == trust.OfNobody || w == trust.OfOthers):
		q.is("writes the source", err == nil && then == w, true)
	default:
		q.is("is refused", errors.Is(err, trust.ErrRefused) && then == w, true)
	}
	q.is("a new source is the credential's", q.s.NewSource() == trust.OfCredential, own)
}
