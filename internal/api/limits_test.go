package api_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/auth"
)

// limited is a server with Microsoft's limits whose caller can be changed.
func limited(t *testing.T) (*lab, *auth.Caller) {
	caller := &auth.Caller{Organization: org, ID: "one", Permissions: auth.Permissions(), AllGroups: true}
	l := newLab(t, func(c *api.Config) { c.Limits, c.Trusted = api.MicrosoftLimits(), caller })
	l.seal(l.fleet(0, 0, 2, 1))
	return l, caller
}

// exhaust calls until it is refused, and returns how many calls passed and when the next will.
func (l *lab) exhaust(call string) (passed int, wait time.Duration) {
	l.Helper()
	for {
		r := l.call(call)
		if r.StatusCode == http.StatusOK {
			passed++
			continue
		}
		l.refused(r, http.StatusTooManyRequests, defender.CodeTooManyRequests)
		seconds, err := strconv.Atoi(r.Header.Get("Retry-After"))
		if err != nil || seconds < 1 {
			l.Fatalf("Retry-After %q", r.Header.Get("Retry-After"))
		}
		return passed, time.Duration(seconds) * time.Second
	}
}

func TestMicrosoftsLimits(t *testing.T) {
	const pages, files = "SoftwareInventoryByMachine", "SoftwareInventoryExport"
	t.Run("Microsoft's limits hold for each caller and each call", func(t *testing.T) {
		l, caller := limited(t)
		for _, id := range []string{"one", "two"} {
			caller.ID = id
			for _, call := range []string{pages, "SoftwareVulnerabilitiesByMachine"} {
				passed, _ := l.exhaust(call)
				l.equal(id+" "+call, passed, 30)
			}
		}
		caller.Organization, caller.ID = "another", "one"
		passed, _ := l.exhaust(pages)
		l.equal("another organization", passed, 30)
	})
	for _, c := range []struct {
		name, call   string
		minute, hour int
	}{
		{"30 requests a minute and 1,000 an hour for pages", pages, 30, 1000},
		{"5 a minute and 20 an hour for files", files, 5, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, _ := limited(t)
			begun := l.clock()
			for left := c.hour; left > 0; left -= c.minute {
				passed, wait := l.exhaust(c.call)
				l.equal("passed", passed, min(left, c.minute))
				if left > c.minute {
					l.equal("wait", wait, time.Minute)
				} else {
					l.equal("wait", wait, begun.Add(time.Hour).Sub(l.clock()))
				}
				l.advance(time.Minute)
			}
			l.refused(l.call(c.call), http.StatusTooManyRequests, defender.CodeTooManyRequests)
		})
	}
	t.Run("`Retry-After` says for how many whole seconds: "+
		"the next request passes then, and none before", func(t *testing.T) {
		l, _ := limited(t)
		_, wait := l.exhaust(files)
		l.advance(wait - time.Second)
		l.refused(l.call(files), http.StatusTooManyRequests, defender.CodeTooManyRequests)
		l.advance(time.Second)
		l.equal("then", l.call(files).StatusCode, http.StatusOK)
	})
	t.Run("both paths of a call are one call", func(t *testing.T) {
		l, _ := limited(t)
		l.exhaust(pages)
		l.refused(l.get("/api/v1.0/machines/"+pages), http.StatusTooManyRequests, defender.CodeTooManyRequests)
	})
}

// The default only limits runaway programs.
func TestGenerousLimits(t *testing.T) {
	l := newLab(t, func(c *api.Config) { c.Limits = api.GenerousLimits() })
	l.seal()
	passed, wait := l.exhaust("SoftwareInventoryExport")
	l.equal("passed", passed, 600)
	l.equal("wait", wait, time.Minute)
}
