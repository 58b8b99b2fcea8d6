package fair_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/fair"
)

// item is a waiting item, with the number of items put into its line before it.
type item struct {
	group, line string
	number      int
	cost        int64
}

// order takes all items and returns whose they were.
func order(l *fair.Lines[string]) string {
	var all []string
	for {
		next, _, there := l.Next()
		taken, ok := l.Take()
		if next != taken || there != ok {
			return fmt.Sprintf("%v, and then %q was next and %q was taken", all, next, taken)
		}
		if !ok {
			return strings.Join(all, " ")
		}
		all = append(all, taken)
	}
}

func TestTurns(t *testing.T) {
	for name, test := range map[string]struct {
		put  func(l *fair.Lines[string])
		want string
	}{
		"one line is in order": {func(l *fair.Lines[string]) {
			l.Put("g", "a", "1", 10)
			l.Put("g", "a", "2", 1)
			l.Put("g", "a", "3", 100)
		}, "1 2 3"},
		"a long line does not hold up a short one": {func(l *fair.Lines[string]) {
			for _, n := range []string{"a1", "a2", "a3", "a4"} {
				l.Put("g", "a", n, 10)
			}
			l.Put("g", "b", "b1", 10)
		}, "a1 b1 a2 a3 a4"},
		"groups share, and not their lines": {func(l *fair.Lines[string]) {
			for _, line := range []string{"a", "b", "c"} {
				l.Put("many", line, line+"1", 10)
				l.Put("many", line, line+"2", 10)
			}
			l.Put("one", "z", "z1", 10)
			l.Put("one", "z", "z2", 10)
		}, "a1 z1 b1 z2 c1 a2 b2 c2"},
		"what is small goes before what is large": {func(l *fair.Lines[string]) {
			l.Put("g", "large", "L1", 30)
			l.Put("g", "large", "L2", 30)
			for _, n := range []string{"s1", "s2", "s3", "s4", "s5"} {
				l.Put("g", "small", n, 10)
			}
		}, "s1 s2 L1 s3 s4 s5 L2"},
	} {
		t.Run(name, func(t *testing.T) {
			l := fair.New[string](10)
			test.put(l)
			if got := order(l); got != test.want {
				t.Errorf("order %s, want %s", got, test.want)
			}
		})
	}
}

func TestRemoveLeavesTheOthers(t *testing.T) {
	l := fair.New[string](10)
	for _, n := range []string{"a1", "a2", "a3"} {
		l.Put("g", "a", n, 10)
	}
	l.Put("g", "b", "b1", 10)
	l.Remove("g", "a", func(s string) bool { return s == "a2" })
	l.Remove("g", "b", func(string) bool { return true })
	l.Remove("g", "nobody", func(string) bool { return true })
	l.Remove("nobody", "a", func(string) bool { return true })
	if got := order(l); got != "a1 a3" {
		t.Errorf("order %s", got)
	}
}

// TestSharesAreFair puts, takes and removes at random. Every item comes out once, in the order of
// its line. Of two groups, or two lines of one group, that have both been waiting for some time,
// neither has got more work done in that time than the other by more than two of the largest items
// and two quanta.
func TestSharesAreFair(t *testing.T) {
	const quantum, largest = 8, 20
	rapid.Check(t, func(t *rapid.T) {
		m := &model{lines: map[string][]item{}, put: map[string]int{}, served: map[string]int64{}}
		l := fair.New[item](quantum)
		for range rapid.IntRange(1, 120).Draw(t, "steps") {
			switch group, line := rapid.SampledFrom([]string{"g", "h"}).Draw(t, "group"),
				rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "line"); {
			case rapid.IntRange(0, 20).Draw(t, "remove") == 0:
				odd := func(i item) bool { return i.number%2 == 1 }
				l.Remove(group, line, odd)
				m.remove(group, line, odd)
			case rapid.Bool().Draw(t, "put"):
				i := m.add(group, line, rapid.Int64Range(0, largest).Draw(t, "cost"))
				l.Put(group, line, i, i.cost)
			default:
				i, ok := l.Take()
				m.take(t, i, ok)
				m.compare(t, 2*quantum+2*largest)
			}
		}
		for {
			i, ok := l.Take()
			m.take(t, i, ok)
			if !ok {
				return
			}
			m.compare(t, 2*quantum+2*largest)
		}
	})
}

// model is what waits, and the work done for each group and line since the set of waiting ones
// last changed.
type model struct {
	lines  map[string][]item // by "group" and "group/line"
	put    map[string]int
	served map[string]int64
}

func (m *model) add(group, line string, cost int64) item {
	key := group + "/" + line
	i := item{group, line, m.put[key], cost}
	m.put[key]++
	m.begin(group)
	m.begin(key)
	m.lines[key] = append(m.lines[key], i)
	m.lines[group] = append(m.lines[group], i)
	return i
}

// begin starts a new comparison when someone begins to wait.
func (m *model) begin(key string) {
	if len(m.lines[key]) == 0 {
		clear(m.served)
	}
}

func (m *model) remove(group, line string, drop func(item) bool) {
	for _, key := range []string{group, group + "/" + line} {
		var kept []item
		for _, i := range m.lines[key] {
			if i.line != line || !drop(i) {
				kept = append(kept, i)
			}
		}
		m.lines[key] = kept
	}
}

func (m *model) take(t *rapid.T, i item, ok bool) {
	waits := len(m.lines["g"]) + len(m.lines["h"])
	if ok != (waits > 0) {
		t.Fatalf("took %v, and %d wait", ok, waits)
	}
	if !ok {
		return
	}
	key := i.group + "/" + i.line
	if len(m.lines[key]) == 0 || m.lines[key][0] != i {
		t.Fatalf("took %+v, want the first of %+v", i, m.lines[key])
	}
	m.served[i.group] += i.cost
	m.served[key] += i.cost
	m.remove(i.group, i.line, func(other item) bool { return other.number == i.number })
}

// compare checks the bound for all that wait.
func (m *model) compare(t *rapid.T, most int64) {
	for _, pair := range [][2]string{{"g", "h"}, {"g/a", "g/b"}, {"g/b", "g/c"}, {"g/a", "g/c"}, {"h/a", "h/b"},
		{"h/b", "h/c"}, {"h/a", "h/c"}} {
		if len(m.lines[pair[0]]) == 0 || len(m.lines[pair[1]]) == 0 {
			continue
		}
		if more := m.served[pair[0]] - m.served[pair[1]]; more > most || -more > most {
			t.Fatalf("%s got %d done, %s %d", pair[0], m.served[pair[0]], pair[1], m.served[pair[1]])
		}
	}
}
