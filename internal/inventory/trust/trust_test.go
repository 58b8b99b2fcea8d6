package trust_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
)

// The devices of the tables: mine has a credential, seen is in a group that the scoped sender
// sees.
const mine, seen, unseen = "mine", 7, 8

// senders has one sender for each row of the table. Nobody has everything that the others have,
// except a role.
func senders() map[string]trust.Sender {
	return map[string]trust.Sender{
		"nobody": {Groups: []int64{0, seen}, Device: mine, Name: "enrolled", Group: "Web",
			Trusts: trust.Name | trust.Platform | trust.Tags},
		"manager": {Role: trust.Manager},
		"fleet":   {Role: trust.Fleet, Name: "a client"},
		"scoped":  {Role: trust.Scoped, Groups: []int64{0, seen}},
		"own":     {Role: trust.Own, Device: mine, Name: "enrolled", Group: "Web"},
		"trusted": {Role: trust.Own, Device: mine, Name: "enrolled", Group: "Web",
			Trusts: trust.Name | trust.Platform | trust.Tags},
	}
}

// who lists the senders for which is returns true.
func who(is func(s *trust.Sender) bool) (names string) {
	var all []string
	for name, s := range senders() {
		if is(&s) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// allowed reports whether there is no refusal, and checks that a refusal has a text.
func allowed(t *testing.T, err error) bool {
	t.Helper()
	if err != nil && (!errors.Is(err, trust.ErrRefused) || err.Error() == "") {
		t.Errorf("refused with %v", err)
	}
	return err == nil
}

// "finds devices"
func TestFindsDevices(t *testing.T) {
	for _, test := range []struct {
		of     string
		device trust.Device
		want   string
	}{
		{"a device that is seen", trust.Device{Device: inventory.Device{ID: "other"}, Known: true, Group: seen},
			"fleet manager scoped"},
		{"a device in no group", trust.Device{Device: inventory.Device{ID: "other"}, Known: true}, "fleet manager scoped"},
		{"a device that is not seen", trust.Device{Device: inventory.Device{ID: "other"}, Known: true, Group: unseen},
			"fleet manager"},
		{"an id that nobody has", trust.Device{Device: inventory.Device{ID: "other"}, Group: seen}, "fleet manager"},
		{"its own", trust.Device{Device: inventory.Device{ID: mine}, Known: true, Group: unseen},
			"fleet manager own trusted"},
		{"its own, not known yet", trust.Device{Device: inventory.Device{ID: mine}}, "fleet manager own trusted"},
		{"no id", trust.Device{}, "fleet manager"},
	} {
		if got := who(func(s *trust.Sender) bool { return allowed(t, s.MayWrite(&test.device)) }); got != test.want {
			t.Errorf("%s: %q, want %q", test.of, got, test.want)
		}
	}
	if zero := (&trust.Sender{}); zero.MayWrite(new(trust.Device)) == nil || zero.MayMake(0) == nil ||
		zero.Sees(0) || zero.All() {
		t.Error("the zero sender may something")
	}
	if lost := (&trust.Sender{Role: trust.Own}); lost.MayWrite(new(trust.Device)) == nil {
		t.Error("a credential of no device writes reports of no device")
	}
}

// "A name alone is looked up among the devices that the sender finds"
func TestFindsByName(t *testing.T) {
	for _, test := range []struct {
		rank  trust.Rank
		group int64
		want  string
	}{
		{trust.ByFleet, seen, "fleet manager scoped"},
		{trust.ByCredential, seen, "fleet manager scoped"},
		{trust.ByScoped, seen, "scoped"},
		{trust.ByFleet, unseen, "fleet manager"},
		{trust.ByCredential, unseen, "fleet manager"},
		{trust.ByScoped, unseen, ""},
	} {
		if got := who(func(s *trust.Sender) bool { return s.FindsByName(test.rank, test.group) }); got != test.want {
			t.Errorf("rank %d, group %d: %q, want %q", test.rank, test.group, got, test.want)
		}
	}
	if !slices.IsSorted(trust.Ranks()) || len(trust.Ranks()) != 3 {
		t.Errorf("ranks %v", trust.Ranks())
	}
}

// "makes devices", and the rank of those that a sender makes
func TestMakesDevices(t *testing.T) {
	for group, want := range map[int64]string{0: "fleet manager own scoped trusted",
		seen: "fleet manager own scoped trusted", unseen: "fleet manager own trusted"} {
		if got := who(func(s *trust.Sender) bool { return allowed(t, s.MayMake(group)) }); got != want {
			t.Errorf("group %d: %q, want %q", group, got, want)
		}
	}
	for group, want := range map[int64]string{0: "fleet manager scoped", unseen: "fleet manager"} {
		if got := who(func(s *trust.Sender) bool { return s.Sees(group) }); got != want {
			t.Errorf("group %d is seen by %q, want %q", group, got, want)
		}
	}
	for rank, want := range map[trust.Rank]string{trust.ByFleet: "fleet manager", trust.ByCredential: "own trusted",
		trust.ByScoped: "nobody scoped"} {
		if got := who(func(s *trust.Sender) bool { return s.Rank() == rank }); got != want {
			t.Errorf("rank %d: %q, want %q", rank, got, want)
		}
	}
}

// "identity": every field for every sender, for devices of every rank and new ones. Fields are
// named by their first letters.
func TestIdentity(t *testing.T) {
	said := inventory.Device{ID: "said", Name: "Said", OSPlatform: "Linux", OSVersion: "2",
		OSArchitecture: "arm64", Tags: []string{"said"}}
	known := inventory.Device{ID: mine, Name: "known", OSPlatform: "macOS", OSVersion: "1",
		OSArchitecture: "x64", Tags: []string{"known"}}
	bare := known
	bare.OSPlatform = ""
	for _, test := range []struct {
		sender, of string
		device     trust.Device
		byID       bool
		counts     string // of name, platform, tags, version
		rank       trust.Rank
	}{
		{"manager", "a new device", trust.Device{}, false, "nptv", trust.ByFleet},
		{"fleet", "a new device", trust.Device{}, false, "nptv", trust.ByFleet},
		{"scoped", "a new device", trust.Device{}, false, "npv", trust.ByScoped},
		{"own", "a new device", trust.Device{}, false, "pv", trust.ByCredential},
		{"trusted", "a new device", trust.Device{}, false, "nptv", trust.ByCredential},
		{"nobody", "a new device", trust.Device{}, true, "", trust.ByScoped},

		{"manager", "a device, by name", trust.Device{Known: true, Rank: trust.ByCredential}, false,
			"nptv", trust.ByCredential},
		{"manager", "a device, by id", trust.Device{Known: true, Rank: trust.ByCredential}, true, "nptv", trust.ByFleet},
		{"fleet", "a device, by id", trust.Device{Known: true, Rank: trust.ByScoped}, true, "nptv", trust.ByFleet},
		{"fleet", "a device that reports itself", trust.Device{Known: true, Reports: true}, true, "nptv", trust.ByFleet},

		{"scoped", "a manager's device", trust.Device{Known: true}, true, "v", trust.ByFleet},
		{"scoped", "an enrolled device", trust.Device{Known: true, Rank: trust.ByCredential}, true, "v", trust.ByCredential},
		{"scoped", "a scoped sender's device", trust.Device{Known: true, Rank: trust.ByScoped}, true, "pv", trust.ByScoped},
		{"scoped", "a device that reports itself", trust.Device{Known: true, Rank: trust.ByScoped, Reports: true},
			true, "p", trust.ByScoped},

		{"own", "a manager's device", trust.Device{Known: true}, true, "v", trust.ByFleet},
		{"own", "itself", trust.Device{Known: true, Rank: trust.ByCredential, Reports: true}, false,
			"v", trust.ByCredential},
		{"own", "itself without a platform", trust.Device{Device: bare, Known: true, Rank: trust.ByCredential}, false,
			"pv", trust.ByCredential},
		{"own", "a scoped sender's device", trust.Device{Known: true, Rank: trust.ByScoped}, true, "v", trust.ByScoped},
		{"trusted", "a manager's device", trust.Device{Known: true}, true, "nptv", trust.ByCredential},
		{"trusted", "a device without a platform", trust.Device{Device: bare, Known: true}, false,
			"nptv", trust.ByCredential},
		{"nobody", "a device", trust.Device{Known: true}, true, "", trust.ByFleet},
	} {
		if test.device.ID == "" && test.device.Known {
			test.device.Device = known
		}
		s := senders()[test.sender]
		got, rank, ignored := s.Identify(&test.device, said, test.byID)
		want := expect(&s, test.device, said, test.counts)
		if diff := cmp.Diff(want, got); diff != "" || rank != test.rank {
			t.Errorf("%s, %s: rank %d, want %d (-want +got):\n%s", test.sender, test.of, rank, test.rank, diff)
		}
		for letter, field := range map[string]trust.Fields{"n": trust.Name, "p": trust.Platform, "t": trust.Tags} {
			if ignored.Has(field) == strings.Contains(test.counts, letter) {
				t.Errorf("%s, %s: ignored %q, counts %q", test.sender, test.of, ignored.Names(), test.counts)
			}
		}
	}
}

// expect returns the identity that counts, by the letters of its fields.
func expect(s *trust.Sender, d trust.Device, said inventory.Device, counts string) inventory.Device {
	want := d.Device
	if !d.Known && s.Role == trust.Own {
		want.Name = "enrolled"
	}
	for _, letter := range counts {
		switch letter {
		case 'n':
			want.Name = said.Name
		case 'p':
			want.OSPlatform = said.OSPlatform
		case 't':
			want.Tags = said.Tags
		case 'v':
			want.OSVersion, want.OSArchitecture = said.OSVersion, said.OSArchitecture
		}
	}
	return want
}

// Empty fields were not given: they change nothing, and are not reported.
func TestWhatIsNotSaidStays(t *testing.T) {
	known := inventory.Device{ID: mine, Name: "known", OSPlatform: "macOS", OSVersion: "1",
		OSArchitecture: "x64", Tags: []string{"known"}}
	for name, s := range senders() {
		for _, byID := range []bool{false, true} {
			got, rank, ignored := s.Identify(&trust.Device{Device: known, Known: true, Rank: trust.ByScoped},
				inventory.Device{}, byID)
			if diff := cmp.Diff(known, got); diff != "" || rank != trust.ByScoped || ignored != 0 {
				t.Errorf("%s: rank %d, ignored %q (-want +got):\n%s", name, rank, ignored.Names(), diff)
			}
			if _, _, ignored := s.Identify(&trust.Device{Device: known, Known: true}, known, byID); ignored != 0 {
				t.Errorf("%s says what is known, and is told %q", name, ignored.Names())
			}
		}
	}
}

// "2 when a trusted credential gives it another name (a change of case is not another name)"
func TestRankOfAName(t *testing.T) {
	s := senders()["trusted"]
	for name, want := range map[string]trust.Rank{"desk": trust.ByFleet, "DESK": trust.ByFleet,
		"other": trust.ByCredential, "deſk": trust.ByCredential} {
		device, rank, _ := s.Identify(&trust.Device{Device: inventory.Device{ID: mine, Name: "desk"}, Known: true},
			inventory.Device{Name: name}, false)
		if device.Name != name || rank != want {
			t.Errorf("%q: is called %q and has rank %d, want %d", name, device.Name, rank, want)
		}
	}
}

// "The group of a new device", and that of a known one
func TestPlace(t *testing.T) {
	for _, test := range []struct {
		sender      string
		known       bool
		said, place string
	}{
		{"manager", false, "Said", "Said"}, {"manager", true, "Said", "Said"}, {"manager", true, "", "Known"},
		{"fleet", false, "Said", "Said"}, {"fleet", true, "Said", "Said"}, {"fleet", true, "", "Known"},
		{"scoped", false, "Said", "Said"}, {"scoped", true, "Said", "Known"},
		{"own", false, "Said", "Web"}, {"own", false, "", "Web"}, {"own", true, "Said", "Known"},
		{"own", true, "Web", "Known"},
		{"trusted", true, "Said", "Known"},
		{"nobody", false, "Said", "Known"}, {"nobody", true, "Said", "Known"},
	} {
		s := senders()[test.sender]
		d := trust.Device{Device: inventory.Device{ID: mine}, Known: test.known, Rank: trust.ByScoped}
		if got := s.Place(&d, test.said, "Known"); got != test.place {
			t.Errorf("%s, known %v, says %q: %q, want %q", test.sender, test.known, test.said, got, test.place)
		}
	}
}

// "content", and "the writer of a source"
func TestSources(t *testing.T) {
	for _, test := range []struct {
		writer trust.Writer
		may    string
		then   map[string]trust.Writer // the writer afterwards
	}{
		{trust.OfNobody, "fleet manager own scoped trusted",
			map[string]trust.Writer{"own": trust.OfCredential, "trusted": trust.OfCredential}},
		{trust.OfCredential, "manager own trusted", nil},
		{trust.OfOthers, "fleet manager scoped", nil},
	} {
		got := who(func(s *trust.Sender) bool {
			_, err := s.MayReplace("collect", test.writer)
			return allowed(t, err)
		})
		if got != test.may {
			t.Errorf("writer %d: %q, want %q", test.writer, got, test.may)
		}
		for name, s := range senders() {
			want := test.writer
			if then, becomes := test.then[name]; becomes {
				want = then
			}
			if then, _ := s.MayReplace("collect", test.writer); then != want {
				t.Errorf("writer %d, then %s: %d, want %d", test.writer, name, then, want)
			}
		}
	}
	for writer, want := range map[trust.Writer]string{trust.OfCredential: "own trusted",
		trust.OfOthers: "fleet manager nobody scoped", trust.OfNobody: ""} {
		if got := who(func(s *trust.Sender) bool { return s.NewSource() == writer }); got != want {
			t.Errorf("new sources of writer %d: %q, want %q", writer, got, want)
		}
	}
}

// "Enrolment"
func TestAdmits(t *testing.T) {
	plain, adopts := trust.Enrolment{Group: seen}, trust.Enrolment{Adopts: true, Group: seen}
	for _, test := range []struct {
		of        string
		applicant trust.Applicant
		plain     bool
		adopts    bool
	}{
		{"a new device", trust.Applicant{}, true, true},
		{"a new device with a credential", trust.Applicant{Enrolled: true}, false, false},
		{"a device in no group", trust.Applicant{Known: true}, false, true},
		{"a device in the group", trust.Applicant{Known: true, Group: seen}, false, true},
		{"a device in another group", trust.Applicant{Known: true, Group: unseen}, false, false},
		{"a device in another group, accepted", trust.Applicant{Known: true, Group: unseen, Accepted: true}, true, true},
		{"an enrolled device", trust.Applicant{Known: true, Group: seen, Enrolled: true}, false, false},
		{"an enrolled device, accepted", trust.Applicant{Known: true, Group: seen, Enrolled: true, Accepted: true}, false,
			false},
	} {
		if plain.Admits(test.applicant) != test.plain || adopts.Admits(test.applicant) != test.adopts {
			t.Errorf("%s: %v, adopting %v, want %v and %v", test.of, plain.Admits(test.applicant),
				adopts.Admits(test.applicant), test.plain, test.adopts)
		}
	}
}

// Words of trust can be read as they are written, and all others are refused.
func TestTrustWords(t *testing.T) {
	for _, words := range [][]string{{}, {"name"}, {"platform", "tags"}, {"name", "platform", "tags"}} {
		got, err := trust.ParseTrust(words)
		if err != nil || !slices.Equal(got.TrustWords(), words) {
			t.Errorf("%q: %q, %v", words, got.TrustWords(), err)
		}
	}
	for _, word := range []string{"", "group", "Name", "osPlatform"} {
		if got, err := trust.ParseTrust([]string{"tags", word}); err == nil {
			t.Errorf("%q is trust in %q", word, got.Names())
		}
	}
	all := trust.Name | trust.Platform | trust.Tags | trust.Group
	if diff := cmp.Diff([]string{"name", "osPlatform", "tags", "rbacGroup"}, all.Names()); diff != "" {
		t.Errorf("names of fields (-want +got):\n%s", diff)
	}
}

// What a report only supposes of platform and version counts while nothing is known.
func TestSupposed(t *testing.T) {
	said := inventory.Device{OSPlatform: "Linux", OSVersion: "debian_linux_11", Supposed: true}
	for _, test := range []struct{ platform, version, wantPlatform, wantVersion string }{
		{"", "", "Linux", "debian_linux_11"},
		{"Linux", "", "Linux", "debian_linux_11"},
		{"Linux", "debian_linux_12", "Linux", "debian_linux_12"},
		{"Windows11", "", "Windows11", ""},
		{"", "debian_linux_12", "Linux", "debian_linux_12"},
	} {
		for name, s := range senders() {
			d := trust.Device{Known: true,
				Device: inventory.Device{ID: mine, OSPlatform: test.platform, OSVersion: test.version}}
			counts, _, ignored := s.Identify(&d, said, false)
			if counts.Supposed || test.platform != "" && ignored.Has(trust.Platform) {
				t.Errorf("%s, %+v: %+v, ignored %v", name, test, counts, ignored.Names())
			}
			if s.All() && (counts.OSPlatform != test.wantPlatform || counts.OSVersion != test.wantVersion) {
				t.Errorf("%s, %+v: %+v", name, test, counts)
			}
		}
	}
}
