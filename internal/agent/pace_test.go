package agent

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func durations(least, most time.Duration) *rapid.Generator[time.Duration] {
	return rapid.Custom(func(t *rapid.T) time.Duration {
		return time.Duration(rapid.Int64Range(int64(least), int64(most)).Draw(t, "d"))
	})
}

func chances() *rapid.Generator[float64] { return rapid.Float64Range(0, 0.999999) }

// within fails the test unless least <= got <= most.
func within(t *rapid.T, what string, got, least, most time.Duration) {
	t.Helper()
	if got < least || got > most {
		t.Fatalf("%s: %v, must be %v to %v", what, got, least, most)
	}
}

func TestWaitsForReports(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		every := durations(MinEvery, 30*24*time.Hour).Draw(t, "every")
		chance := chances().Draw(t, "chance")
		within(t, "spread", spread(every, chance), 0, min(every/10, 10*time.Minute))
		within(t, "second", second(every, chance), every/10, every)
		within(t, "jitter", jitter(every, chance), every-every/10, every+every/10)
	})
}

// Randomness spreads machines that act at the same time.
func TestChanceSpreadsOverTheWholeRange(t *testing.T) {
	const every = 4 * time.Hour
	for name, wait := range map[string]func(time.Duration, float64) time.Duration{"spread": spread,
		"second": second, "jitter": jitter} {
		low, middle, high := wait(every, 0), wait(every, 0.5), wait(every, 0.999999)
		if !(low < middle && middle < high) {
			t.Errorf("%s: %v, %v, %v", name, low, middle, high)
		}
	}
}

func TestBackOff(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		every := durations(MinEvery, 30*24*time.Hour).Draw(t, "every")
		failures := rapid.IntRange(1, 1_000_000).Draw(t, "failures")
		asked := durations(-time.Hour, 1000*time.Hour).Draw(t, "asked")
		chance := chances().Draw(t, "chance")
		longest := min(time.Hour, every)

		own := backOff(every, failures, 0, chance)
		within(t, "without Retry-After", own, 15*time.Second, longest)
		if next := backOff(every, failures+1, 0, chance); next < own {
			t.Fatalf("%d failures: %v, one more: %v", failures, own, next)
		}
		got := backOff(every, failures, asked, chance)
		least, most := own, max(longest, 24*time.Hour*11/10)
		if asked > 0 {
			least = max(own, min(asked, 24*time.Hour))
		}
		within(t, "with Retry-After", got, least, most)
	})
}

func TestBackOffDoubles(t *testing.T) {
	for failures, want := range map[int][2]time.Duration{
		1: {15 * time.Second, 30 * time.Second}, 2: {30 * time.Second, time.Minute}, 3: {time.Minute, 2 * time.Minute},
		7: {16 * time.Minute, 32 * time.Minute}, 8: {30 * time.Minute, time.Hour}, 9: {30 * time.Minute, time.Hour},
	} {
		for i, chance := range []float64{0, 1} {
			if got := backOff(4*time.Hour, failures, 0, chance); got != want[i] {
				t.Errorf("%d failures, chance %v: %v, want %v", failures, chance, got, want[i])
			}
		}
	}
}
