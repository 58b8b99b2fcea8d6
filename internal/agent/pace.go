package agent

import "time"

// The rules of when. Chance is a number in [0, 1), from the caller.
const (
	// longestSpread is the time over which the first reports of machines that
	// start together are spread, a tenth of the interval if that is less.
	longestSpread = 10 * time.Minute
	// firstWait and longestWait bound the wait after a failure; it doubles from
	// one to the other. An interval that is shorter is the longest wait.
	firstWait, longestWait = 30 * time.Second, time.Hour
	// longestRetryAfter bounds what a server may ask for.
	longestRetryAfter = 24 * time.Hour
	// shutOutWait is the least wait of a machine that the server does not know
	// any more.
	shutOutWait = time.Hour
)

// spread is when, after the start, the first report is made.
func spread(every time.Duration, chance float64) time.Duration {
	return part(min(every/10, longestSpread), chance)
}

// second is the wait for the second report: any part of an interval, but for
// its first tenth, so that machines that started together part for good.
func second(every time.Duration, chance float64) time.Duration {
	return every/10 + part(every-every/10, chance)
}

// jitter is the wait for each further report: the interval, a tenth more or
// less.
func jitter(every time.Duration, chance float64) time.Duration {
	return every - every/10 + part(every/5, chance)
}

// backOff is the wait after so many failures in a row, 1 or more: from one half
// to the whole of a time that doubles with each. What the server asked for is
// the least, and a tenth of it is added by chance.
func backOff(every time.Duration, failures int, retryAfter time.Duration, chance float64) time.Duration {
	longest := min(longestWait, every)
	wait := min(firstWait, longest)
	for n := 1; n < failures && wait < longest; n++ {
		wait = min(2*wait, longest)
	}
	wait = wait/2 + part(wait/2, chance)
	if retryAfter <= 0 {
		return wait
	}
	asked := min(retryAfter, longestRetryAfter)
	return max(wait, asked+part(asked/10, chance))
}

// part is a share of a time.
func part(d time.Duration, chance float64) time.Duration { return time.Duration(float64(d) * chance) }
