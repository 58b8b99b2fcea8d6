package edge

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Guessing credentials is slowed down. An account from one network, such as a client's id at the
// token endpoint, has a number of failures; so has a network in total. A bucket is full at first
// and refills at its rate, and only failures take from it, so that clients with valid credentials
// are not slowed down by a guesser at the same address.
const (
	accountFailures = 10  // at once, of an account
	networkFailures = 100 // at once, of a network
	accountRefill   = rate.Limit(1.0 / 6)
	networkRefill   = rate.Limit(1)

	// maxFailing is the number of accounts and networks that are remembered.
	maxFailing = 16384
	// failureLife is how long an empty bucket takes to refill.
	failureLife = networkFailures * time.Second
)

// attempt identifies who tried. The account is "" for a whole network.
type attempt struct {
	network netip.Prefix
	account string
}

// AttemptFrom returns the attempt of an account at an address. An IPv6 network is a /64: a single
// machine has that many addresses.
func AttemptFrom(address netip.Addr, account string) attempt {
	bits := 32
	if address = address.Unmap(); address.Is6() {
		bits = 64
	}
	network, _ := address.Prefix(bits) // zero without an address: all of those together
	return attempt{network, Clip(account)}
}

// Failures counts failed authentications.
type Failures struct {
	mu   sync.Mutex
	seen *Recent[attempt, *rate.Limiter]
}

func newFailures() *Failures {
	return &Failures{seen: NewRecent[attempt, *rate.Limiter](maxFailing, failureLife)}
}

// Wait returns how long an attempt must wait because the account failed too often from its
// network; 0 if it need not.
func (f *Failures) Wait(a attempt, now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return UntilHas(f.bucket(a, now), 1, now)
}

// Count counts a failed attempt against its account and its network. It returns how long the
// network must wait: 0 if it has not failed too often.
func (f *Failures) Count(a attempt, now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a.account != "" {
		f.bucket(a, now).AllowN(now, 1)
	}
	network := f.bucket(attempt{network: a.network}, now)
	if network.AllowN(now, 1) {
		return 0
	}
	return UntilHas(network, 1, now)
}

// bucket returns the bucket of an account or a network.
func (f *Failures) bucket(a attempt, now time.Time) *rate.Limiter {
	bucket := f.seen.At(a, now)
	switch {
	case *bucket != nil:
	case a.account == "":
		*bucket = rate.NewLimiter(networkRefill, networkFailures)
	default:
		*bucket = rate.NewLimiter(accountRefill, accountFailures)
	}
	return *bucket
}

// UntilHas returns the time until a bucket has n tokens: 0 if it has them.
func UntilHas(bucket *rate.Limiter, n int, now time.Time) time.Duration {
	lacking := float64(n) - bucket.TokensAt(now)
	if lacking <= 0 {
		return 0
	}
	return time.Duration(lacking / float64(bucket.Limit()) * float64(time.Second))
}
