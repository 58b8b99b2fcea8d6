package notice_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/notice"
)

// FuzzRule reads rules as they come from outside, and as they are stored. One that is taken means the same when it is
// read back, and says of any time when it sends.
func FuzzRule(f *testing.F) {
	for _, text := range []string{`{"name":"on-call","events":["finding","exploited","fixed"],"severities":["High"],"rbacGroupIds":[1],
		"products":[{"vendor":"google","name":"chrome"}],"by":"product","quiet":{"from":"22:00","to":"07:00"},"digest":"08:00","zone":"UTC"}`,
		`{"name":"x","events":["exception"],"aheadDays":90,"dryRun":true}`, `{"name":"a","events":["feed"],"quiet":{"from":"00:00","to":"23:59"}}`,
		`{"name":"../x","events":["finding"]}`, `{"name":"a","events":["finding"],"products":[{"name":"\u0000"}]}`, `[]`} {
		f.Add([]byte(text), int64(1796040000))
	}
	f.Fuzz(func(t *testing.T, text []byte, at int64) {
		var r notice.Rule
		if json.Unmarshal(text, &r) != nil || r.Check() != nil {
			return
		}
		stored, err := json.Marshal(&r)
		if err != nil {
			t.Fatal(err)
		}
		var back notice.Rule
		if err := json.Unmarshal(stored, &back); err != nil || back.Check() != nil {
			t.Fatalf("%s is stored as %s: %v, %v", text, stored, err, back.Check())
		}
		again, err := json.Marshal(&back)
		if err != nil || string(again) != string(stored) {
			t.Fatalf("%s becomes %s (%v)", stored, again, err)
		}
		isDue(t, &r, time.Unix(at%(1<<33), 0), time.UTC)
	})
}

// isDue holds what a rule says of a time: it sends nothing before, nothing in quiet hours, and all within two days.
func isDue(t interface{ Errorf(string, ...any) }, r *notice.Rule, now time.Time, zone *time.Location) {
	due := r.Due(now, zone)
	if due.Before(now) || due.After(now.Add(50*time.Hour)) || !r.Awake(due, zone).Equal(due) {
		t.Errorf("%+v %+v in %s at %s: due at %s", r.Quiet, r.Digest, zone, now.In(zone), due.In(zone))
	}
}

// Quiet hours and digests hold in zones whose clocks are set forward and back.
func TestDueOfClocksThatAreSet(t *testing.T) {
	var zones []*time.Location
	for _, name := range []string{"UTC", "Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo", "America/Havana", "Asia/Kathmandu"} {
		if at, err := time.LoadLocation(name); err == nil {
			zones = append(zones, at)
		}
	}
	clock := rapid.Custom(func(t *rapid.T) string {
		return time.Unix(0, 0).UTC().Add(time.Duration(rapid.IntRange(0, 24*60-1).Draw(t, "minute")) * time.Minute).Format("15:04")
	})
	rapid.Check(t, func(t *rapid.T) {
		r := &notice.Rule{Name: "r", Events: []notice.Event{notice.Finding}}
		if rapid.Bool().Draw(t, "digest") {
			r.Digest = clock.Draw(t, "digest at")
		}
		if rapid.Bool().Draw(t, "quiet") {
			r.Quiet = &notice.Quiet{From: clock.Draw(t, "from"), To: clock.Draw(t, "to")}
		}
		if r.Check() != nil {
			return
		}
		now := time.Unix(rapid.Int64Range(1_767_225_600, 1_798_761_600).Draw(t, "now"), 0)
		isDue(t, r, now, rapid.SampledFrom(zones).Draw(t, "zone"))
	})
	lisbon, err := time.LoadLocation("Europe/Lisbon")
	if err != nil {
		t.Skip("this machine has no time zones")
	}
	// On 29 March 2026 clocks go from 01:00 to 02:00: the end of the quiet hours is skipped, and they end then.
	night := &notice.Rule{Quiet: &notice.Quiet{From: "23:00", To: "01:30"}}
	want := time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC)
	if got := night.Due(want.Add(-30*time.Minute), lisbon); !got.Equal(want) {
		t.Errorf("due at %s, want %s", got, want)
	}
}

// FuzzDestination reads receivers as they come from outside. What is shown of one that is taken, and every refusal, is
// without its secrets.
func FuzzDestination(f *testing.F) {
	for _, text := range []string{`{"kind":"webhook","url":"https://h.example.com/PATH?t=QUERY","secret":"sixteen characters and more","authorization":"Bearer tok-secret"}`,
		`{"kind":"webhook","url":"https://u:pw-is-secret@h.example.com/","secret":"sixteen characters and more"}`,
		`{"kind":"webhook","format":"jira","url":"https://h/","project":"P","issueType":"Task","labels":["a"]}`,
		`{"kind":"mail","address":"m:587","from":"a@b.c","to":["d@e.f"],"user":"u","password":"pw-is-secret"}`, `{"kind":"syslog","address":"[::1]:6514"}`,
		`{"kind":"syslog","address":"x:6514","ca":"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var d notice.Destination
		if json.Unmarshal(text, &d) != nil {
			return
		}
		err := d.Check()
		shown := d.Shown()
		out, marshalled := json.Marshal(&shown)
		if marshalled != nil {
			t.Fatal(marshalled)
		}
		if shown.Secret+shown.Authorization+shown.Password != "" {
			t.Errorf("%s is shown as %s", text, out)
		}
		told := string(out) + d.Place()
		if err != nil {
			told = err.Error() // of one that is refused only the refusal is told
		}
		for _, secret := range []string{"tok-secret", "pw-is-secret", "sixteen characters and more"} {
			for _, has := range []string{d.Secret, d.Authorization, d.Password, d.URL} {
				if strings.Contains(has, secret) && strings.Contains(told, secret) && !elsewhere(&d, secret) {
					t.Errorf("%s: %q is told: %s", text, secret, told)
				}
			}
		}
		if err != nil {
			return
		}
		var back notice.Destination
		whole, err := json.Marshal(&d)
		if err == nil {
			err = json.Unmarshal(whole, &back)
		}
		if err != nil || back.Check() != nil {
			t.Errorf("%s is stored as %s: %v", text, whole, cmp.Diff(d, back))
		}
	})
}

// elsewhere tells whether a text is also where it is no secret.
func elsewhere(d *notice.Destination, text string) bool {
	open := *d
	open.Secret, open.Authorization, open.Password, open.URL = "", "", "", ""
	out, err := json.Marshal(&open)
	return err != nil || strings.Contains(string(out), text)
}
