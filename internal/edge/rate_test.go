package edge

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/auth"
)

// TestNoWindowHasMore checks a limit exactly, for any times: no window has more requests than the
// rate, every refused request would have exceeded it, and Retry-After is the first whole second
// at which a request passes.
func TestNoWindowHasMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := Rate{Minute: rapid.IntRange(0, 5).Draw(t, "a minute"), Hour: rapid.IntRange(0, 12).Draw(t, "an hour")}
		const call = "read"
		limits := newCallLimits(map[string]Rate{call: rate})
		now := time.Unix(1_800_000_000, 0)
		var passed []time.Time
		for range rapid.IntRange(1, 80).Draw(t, "requests") {
			now = now.Add(time.Duration(rapid.Int64Range(0, int64(4*time.Minute)).Draw(t, "pause")))
			refusal := limits.admit(&auth.Caller{ID: "one"}, call, now)
			if (refusal == nil) != mayPass(rate, passed, now) {
				t.Fatalf("after %v at %v: %v", passed, now, refusal)
			}
			if refusal == nil {
				passed = append(passed, now)
				continue
			}
			var f *Failure
			if !errors.As(refusal, &f) || f.Status != http.StatusTooManyRequests || f.Retry < 1 {
				t.Fatalf("refusal %#v", refusal)
			}
			then := now.Add(time.Duration(f.Retry) * time.Second)
			if !mayPass(rate, passed, then) || mayPass(rate, passed, then.Add(-time.Second)) && f.Retry > 1 {
				t.Fatalf("Retry-After is %d after %v at %v", f.Retry, passed, now)
			}
		}
	})
}

// mayPass computes it the slow way.
func mayPass(rate Rate, passed []time.Time, now time.Time) bool {
	within := func(window time.Duration) (n int) {
		for _, p := range passed {
			if now.Sub(p) < window {
				n++
			}
		}
		return n
	}
	return (rate.Minute == 0 || within(time.Minute) < rate.Minute) && (rate.Hour == 0 || within(time.Hour) < rate.Hour)
}

// The memory for histories is limited, however many callers there are and however often each calls.
func TestHistoriesAreBounded(t *testing.T) {
	const call = "read"
	limits, now := newCallLimits(map[string]Rate{call: {Minute: 3, Hour: 10}}), time.Unix(1_800_000_000, 0)
	for i := range 2 * maxHistories {
		_ = limits.admit(&auth.Caller{ID: fmt.Sprint(i)}, call, now)
	}
	if n := len(limits.seen.places); n != maxHistories || limits.seen.order.Len() != n {
		t.Errorf("%d callers are remembered", n)
	}
	one := &auth.Caller{ID: "one"}
	for range 10_000 {
		now = now.Add(7 * time.Minute)
		_ = limits.admit(one, call, now)
	}
	if n := len(limits.seen.places); n != 1 {
		t.Errorf("%d callers are remembered after an hour", n)
	}
	if n := cap(limits.seen.At(callerCall{one.Key(), call}, now).passed); n > 64 {
		t.Errorf("%d times are remembered for 10 an hour", n)
	}
}

func TestRatesAreText(t *testing.T) {
	for text, want := range map[string]Rate{
		"30/m,1000/h": {30, 1000}, " 1000/h, 30/m": {30, 1000}, "5/m": {Minute: 5}, "20/h": {Hour: 20}, "off": {},
		"100000/m": {Minute: 100_000},
	} {
		var got Rate
		if err := got.UnmarshalText([]byte(text)); err != nil || got != want {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
		written, err := got.MarshalText()
		var again Rate
		if err != nil || again.UnmarshalText(written) != nil || again != want {
			t.Errorf("%+v is written %q (%v)", got, written, err)
		}
	}
	for _, text := range []string{"", "30", "30/d", "/m", "0/m", "-1/m", "100001/m", "30/m,40/m",
		"30/m,", "30 /m", "off,30/m"} {
		r := Rate{1, 2}
		if err := r.UnmarshalText([]byte(text)); err == nil || r != (Rate{1, 2}) {
			t.Errorf("%q is taken as %+v", text, r)
		}
	}
}

// Guessing at one account is slowed down; clients with valid credentials at the same address are
// not, until all of them fail.
func TestFailuresOfAnAddress(t *testing.T) {
	f, now := newFailures(), time.Unix(1_800_000_000, 0)
	address := netip.MustParseAddr("192.0.2.1")
	guessed, other := AttemptFrom(address, "guessed"), AttemptFrom(address, "other")
	for i := range accountFailures {
		if wait := f.Wait(guessed, now); wait != 0 {
			t.Fatalf("after %d failures: wait %v", i, wait)
		}
		if wait := f.Count(guessed, now); wait != 0 {
			t.Fatalf("after %d failures the network waits %v", i, wait)
		}
	}
	if wait := f.Wait(guessed, now); wait <= 5*time.Second || wait > 6*time.Second {
		t.Errorf("the account waits %v", wait)
	}
	if wait := f.Wait(guessed, now.Add(6*time.Second)); wait != 0 {
		t.Errorf("6 s later the account waits %v", wait)
	}
	if wait := f.Wait(other, now); wait != 0 {
		t.Errorf("another account waits %v", wait)
	}
	for i := range networkFailures - accountFailures {
		if f.Count(AttemptFrom(address, fmt.Sprint(i)), now) != 0 {
			t.Fatalf("the network waits after %d failures", i)
		}
	}
	if wait := f.Count(other, now); wait <= 0 || wait > time.Second {
		t.Errorf("the network waits %v", wait)
	}
	if f.Count(AttemptFrom(netip.MustParseAddr("192.0.2.2"), ""), now) != 0 {
		t.Error("another network waits")
	}
}

// One machine has all addresses of its /64, and cannot fill the memory with them or with accounts.
func TestFailuresAreBounded(t *testing.T) {
	f, now := newFailures(), time.Unix(1_800_000_000, 0)
	one, two := netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::ffff:2")
	if AttemptFrom(one, "a") != AttemptFrom(two, "a") ||
		AttemptFrom(one, "") == AttemptFrom(netip.MustParseAddr("2001:db8:0:1::1"), "") {
		t.Error("an IPv6 network is no /64")
	}
	if AttemptFrom(netip.MustParseAddr("::ffff:192.0.2.1"), "") != AttemptFrom(netip.MustParseAddr("192.0.2.1"), "") {
		t.Error("an address has two names")
	}
	for i := range 2 * maxFailing {
		f.Count(AttemptFrom(one, fmt.Sprint(i)), now)
	}
	if n := len(f.seen.places); n > maxFailing {
		t.Errorf("%d are remembered", n)
	}
}
