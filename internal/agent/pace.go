package agent

import "time"

// The rules of timing. Chance is a random number in [0, 1) from the caller.
const (
	// longestSpread is the time over which machines that start together spread their first
	// reports; a tenth of the interval if that is less.
	longestSpread = 10 * time.Minute
	// firstWait and longestWait bound the wait after a failure, which doubles each time. If
	// the interval is shorter than longestWait, the interval is the longest wait.
	firstWait, longestWait = 30 * time.Second, time.Hour
	// longestRetryAfter bounds the Retry-After of a server.
	longestRetryAfter = 24 * time.Hour
	// shutOutWait is the shortest wait of a machine that the server refuses.
	shutOutWait = time.Hour
)

// spread returns the time from the start to the first report.
func spread(every time.Duration, chance float64) time.Duration {
	return part(min(every/10, longestSpread), chance)
}

// second returns the wait for the second report: a random part of an interval, at least a
// tenth of it, so that machines that started together spread out for good.
func second(every time.Duration, chance float64) time.Duration {
	return every/10 + part(every-every/10, chance)
}

// jitter returns the wait for each further report: the interval, up to a tenth more or less.
func jitter(every time.Duration, chance float64) time.Duration {
	return every - every/10 + part(every/5, chance)
}

// backOff returns the wait after a number of failures in a row, 1 or more. The wait doubles
// with each failure; a random part of up to half is taken off. It is at least what the
// server asked for, plus up to a tenth.
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

// part returns a share of a duration.
func part(d time.Duration, chance float64) time.Duration { return time.Duration(float64(d) * chance) }
