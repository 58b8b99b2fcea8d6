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
)

// A client that begins again after each failure, for ever and at once, gets a token and asks for an
// address that does not exist hundreds of times a second (doc/decision/0026). So both have rates,
// which are far above those of clients that do anything with a reply. A network's are higher: all
// devices of a site may come from one address.
const (
	callerUnknown  = 30  // requests for unknown addresses at once, of a caller
	networkUnknown = 300 // of a network
	clientTokens   = 120 // tokens at once, of a client
	networkTokens  = 10_000

	callerUnknownRefill  = rate.Limit(0.5)
	networkUnknownRefill = rate.Limit(5)
	clientTokensRefill   = rate.Limit(2)
	networkTokensRefill  = rate.Limit(200)
)

const (
	// maxFailing is the number of accounts and networks that are remembered.
	maxFailing = 16384
	// failureLife is how long an empty bucket takes to refill.
	failureLife = networkFailures * time.Second
)

// Attempt identifies who tried. The account is "" for a whole network.
type Attempt struct {
	network netip.Prefix
	account string
}

// AttemptFrom returns the attempt of an account at an address.
func AttemptFrom(address netip.Addr, account string) Attempt {
	return Attempt{NetworkOf(address), Clip(account)}
}

// NetworkOf returns the network of an address. An IPv6 network is a /64: a single machine has that many addresses.
func NetworkOf(address netip.Addr) netip.Prefix {
	bits := 32
	if address = address.Unmap(); address.Is6() {
		bits = 64
	}
	network, _ := address.Prefix(bits) // zero without an address: all of those together
	return network
}

// Failures counts failed authentications, or something else that accounts and networks do.
type Failures struct {
	account, network rateOf
	mu               sync.Mutex
	seen             *Recent[Attempt, *rate.Limiter]
}

// rateOf is the size of a bucket, and how fast it refills.
type rateOf struct {
	burst  int
	refill rate.Limit
}

func newFailures() *Failures {
	return countersOf(rateOf{accountFailures, accountRefill}, rateOf{networkFailures, networkRefill})
}

func countersOf(account, network rateOf) *Failures {
	return &Failures{account: account, network: network, seen: NewRecent[Attempt, *rate.Limiter](maxFailing, failureLife)}
}

// newUnknown counts requests for addresses that do not exist, newTokens tokens that were given out.
func newUnknown() *Failures {
	return countersOf(rateOf{callerUnknown, callerUnknownRefill}, rateOf{networkUnknown, networkUnknownRefill})
}

func newTokens() *Failures {
	return countersOf(rateOf{clientTokens, clientTokensRefill}, rateOf{networkTokens, networkTokensRefill})
}

// Take counts an attempt against its account, if it has one, and its network. It returns how long to
// wait if either had too many: that attempt does not count.
func (f *Failures) Take(a Attempt, now time.Time) (wait time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	buckets := []*rate.Limiter{f.bucket(Attempt{network: a.network}, now)}
	if a.account != "" {
		buckets = append(buckets, f.bucket(a, now))
	}
	for _, b := range buckets {
		wait = max(wait, UntilHas(b, 1, now))
	}
	if wait > 0 {
		return wait
	}
	for _, b := range buckets {
		b.AllowN(now, 1)
	}
	return 0
}

// Wait returns how long an attempt must wait because the account failed too often from its
// network; 0 if it need not.
func (f *Failures) Wait(a Attempt, now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	return UntilHas(f.bucket(a, now), 1, now)
}

// Count counts a failed attempt against its account and its network. It returns how long the
// network must wait: 0 if it has not failed too often.
func (f *Failures) Count(a Attempt, now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a.account != "" {
		f.bucket(a, now).AllowN(now, 1)
	}
	network := f.bucket(Attempt{network: a.network}, now)
	if network.AllowN(now, 1) {
		return 0
	}
	return UntilHas(network, 1, now)
}

// bucket returns the bucket of an account or a network.
func (f *Failures) bucket(a Attempt, now time.Time) *rate.Limiter {
	bucket := f.seen.At(a, now)
	switch {
	case *bucket != nil:
	case a.account == "":
		*bucket = rate.NewLimiter(f.network.refill, f.network.burst)
	default:
		*bucket = rate.NewLimiter(f.account.refill, f.account.burst)
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
