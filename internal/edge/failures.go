package edge

import (
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Who tries credentials is slowed down: an account from one network, such as a
// client's id at the token endpoint, may fail so often; and so may all that
// comes from a network together. A bucket is full at first and fills again at
// its rate, and only failures take from it, so that those who share an address
// with a guesser go on as long as they have what they say.
const (
	accountFailures = 10  // at once, of an account
	networkFailures = 100 // at once, of a network
	accountRefill   = rate.Limit(1.0 / 6)
	networkRefill   = rate.Limit(1)

	// maxFailing is how many accounts and networks are remembered.
	maxFailing = 16384
	// failureLife is when an empty bucket is full again.
	failureLife = networkFailures * time.Second
)

// attempt is who tried. The account is empty for a whole network.
type attempt struct {
	network netip.Prefix
	account string
}

// AttemptFrom names an attempt. An IPv6 network is a /64: a single machine has
// that many addresses.
func AttemptFrom(address netip.Addr, account string) attempt {
	bits := 32
	if address = address.Unmap(); address.Is6() {
		bits = 64
	}
	network, _ := address.Prefix(bits) // the zero one for no address: all those together
	return attempt{network, Clip(account)}
}

// Failures counts failed attempts to prove who one is.
type Failures struct {
	mu   sync.Mutex
	seen *Recent[attempt, *rate.Limiter]
}

func newFailures() *Failures {
	return &Failures{seen: NewRecent[attempt, *rate.Limiter](maxFailing, failureLife)}
}

// Wait tells how long an attempt must not be made, because the account failed
// too often from its network.
func (f *Failures) Wait(a attempt, now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return UntilHas(f.bucket(a, now), 1, now)
}

// Count counts a failed attempt, for its account and its network. It tells how
// long the network must wait: 0 if it has not failed too often.
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

// UntilHas is the time until a bucket has so many: 0 if it has them.
func UntilHas(bucket *rate.Limiter, n int, now time.Time) time.Duration {
	lacking := float64(n) - bucket.TokensAt(now)
	if lacking <= 0 {
		return 0
	}
	return time.Duration(lacking / float64(bucket.Limit()) * float64(time.Second))
}
