package reports

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
)

// bench is a queue whose writing goroutine is the test.
type bench struct {
	*queue
	put     []*call // accepted calls
	written map[*call]int
}

func newBench(calls int, bytes int64) *bench {
	return &bench{queue: newQueue(calls, bytes), written: map[*call]int{}}
}

// send puts a call of some reports, each with some bytes.
func (b *bench) send(o owner, reports, bytes int) (*call, error) {
	batch := make([]Incoming, reports)
	for i := range batch {
		batch[i].Documents = []inventory.Document{{Data: make([]byte, bytes)}}
	}
	c := newCall(o.org, trust.Sender{ID: o.caller}, batch, time.Time{}, nil)
	err := b.queue.put(c)
	if err == nil {
		b.put = append(b.put, c)
	}
	return c, err
}

// write takes a group and stores it.
func (b *bench) write() []*slice {
	group := b.take()
	for _, s := range group {
		if s.from != b.written[s.call] {
			panic(fmt.Sprintf("slice from %d, and %d reports are written", s.from, b.written[s.call]))
		}
		b.written[s.call] = s.to
		s.receipts = make([]Receipt, s.to-s.from)
		s.keep()
	}
	b.done(group)
	return group
}

func (c *call) isDone() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// owners returns the owners of slices.
func owners(group []*slice) (all []string) {
	for _, s := range group {
		all = append(all, s.org+"/"+s.caller)
	}
	return all
}

// A body of the largest size, of an organization that sends nothing else, does not hold up others:
// at most one transaction comes before theirs.
func TestHugeBodyGoesBetweenOthers(t *testing.T) {
	b := newBench(1024, 64<<20)
	if _, err := b.send(owner{"attacked", "huge"}, 10_000, 0); err != nil {
		t.Fatal(err)
	}
	if got := owners(b.write()); !slices.Equal(got, []string{"attacked/huge"}) {
		t.Fatalf("the first transaction has %v", got)
	}
	var others []*call
	for n := range 10 {
		c, err := b.send(owner{fmt.Sprint("other ", n%2), fmt.Sprint("caller ", n)}, 1, 12<<10)
		if err != nil {
			t.Fatal(err)
		}
		others = append(others, c)
	}
	same, err := b.send(owner{"attacked", "honest"}, 1, 12<<10)
	if err != nil {
		t.Fatal(err)
	}
	b.write()
	b.write()
	for _, c := range append(others, same) {
		if !c.isDone() {
			t.Errorf("the report of %v waits for more than two transactions", c.owner)
		}
	}
	for n := 0; !b.put[0].isDone(); n++ {
		group := b.write()
		if work := group[0].work; len(group) != 1 || work > sliceWork || group[0].to-group[0].from > sliceReports {
			t.Fatalf("a transaction has %d slices, the first with work of %d", len(group), work)
		}
	}
}

// A caller who fills the queue keeps no others out: its newest calls go, as long as it has more of
// the queue than the others.
func TestOneCallerCannotFillTheQueue(t *testing.T) {
	for name, size := range map[string]int{"calls": 10, "bytes": 1 << 20} {
		t.Run(name, func(t *testing.T) {
			b := newBench(64, 63*(1<<20+reportOverhead))
			filler, honest := owner{"o", "filler"}, owner{"o", "honest"}
			for range 64 {
				if _, err := b.send(filler, 1, size); err != nil {
					t.Fatalf("alone it may fill all: %v", err)
				}
			}
			if _, err := b.send(filler, 1, size); !errors.Is(err, ErrSaturated) {
				t.Errorf("the filler's next call gave %v", err)
			}
			newest := b.put[63]
			if _, err := b.send(honest, 1, size); err != nil {
				t.Errorf("another's call gave %v", err)
			}
			if !newest.isDone() || !errors.Is(newest.err, ErrSaturated) || b.put[0].isDone() {
				t.Errorf("the newest of the filler ended with %v", newest.err)
			}
			other := owner{"other organization", "x"}
			for n := range 100 {
				b.send(honest, 1, size)
				if _, err := b.send(other, 1, size); (err == nil) != (n < 32) {
					t.Fatalf("call %d of another organization gave %v", n, err)
				}
			}
			for o, want := range map[owner]int{filler: 16, honest: 16, other: 32} {
				if got := b.of(o).count; got != want {
					t.Errorf("%v has %d calls, want %d", o, got, want)
				}
			}
		})
	}
}

// Many callers of one organization together get only its share.
func TestManyCallersOfOneOrganizationShareItsShare(t *testing.T) {
	b := newBench(100, 1<<30)
	for n := range 100 {
		if _, err := b.send(owner{"crowd", fmt.Sprint(n)}, 1, 0); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 50 {
		if _, err := b.send(owner{"one", "x"}, 1, 0); err != nil {
			t.Fatalf("call %d: %v", n, err)
		}
	}
	if _, err := b.send(owner{"one", "x"}, 1, 0); !errors.Is(err, ErrSaturated) {
		t.Errorf("more than half gave %v", err)
	}
}

// TestQueueLosesNoCall puts, writes, abandons and closes at random. Every accepted call ends once,
// with receipts for all of its reports or an error; the counters match the waiting calls and keep
// the bounds; and in the end nothing is left.
func TestQueueLosesNoCall(t *testing.T) {
	const maxCalls, maxBytes = 8, 1 << 20
	rapid.Check(t, func(t *rapid.T) {
		b := newBench(maxCalls, maxBytes)
		inHand := []*slice(nil)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"put", "put", "take", "done", "abandon", "close"}).Draw(t, "step") {
			case "put":
				o := owner{rapid.SampledFrom([]string{"a", "b"}).Draw(t, "org"),
					rapid.SampledFrom([]string{"x", "y"}).Draw(t, "caller")}
				reports := rapid.SampledFrom([]int{1, 2, 300, 600}).Draw(t, "reports")
				before := b.of(o)
				_, err := b.send(o, reports, rapid.SampledFrom([]int{0, 10, 1000}).Draw(t, "bytes"))
				if errors.Is(err, ErrSaturated) && before.count == 0 { // one of four callers has more than one of eight
					t.Fatalf("%v has nothing, and gets nothing of a full queue: %v", o, b.shares)
				}
			case "take":
				if inHand == nil && b.any() {
					inHand = b.take()
				}
			case "done":
				b.finish(inHand, rapid.Bool().Draw(t, "fail"))
				inHand = nil
			case "abandon":
				if len(b.put) > 0 {
					b.abandon(rapid.SampledFrom(b.put).Draw(t, "call"), errLeft)
				}
			case "close":
				if rapid.IntRange(0, 5).Draw(t, "really") == 0 {
					b.close()
				}
			}
			b.check(t, maxCalls, maxBytes)
		}
		b.finish(inHand, false)
		b.close()
		b.check(t, maxCalls, maxBytes)
		if b.any() || len(b.calls) > 0 || b.total.count != 0 {
			t.Fatalf("left: %d calls, waiting %+v", len(b.calls), b.total)
		}
		for _, c := range b.put {
			if !c.isDone() || (c.err == nil) != (len(c.receipts) == len(c.batch)) {
				t.Fatalf("call of %d reports: done %v, %d receipts, error %v", len(c.batch), c.isDone(), len(c.receipts), c.err)
			}
		}
	})
}

var errLeft, errWrite = errors.New("left"), errors.New("cannot be written")

// finish writes a group, or fails with its first slice.
func (b *bench) finish(group []*slice, fail bool) {
	for i, s := range group {
		if s.call.err != nil || i == 0 && fail {
			s.fail(errWrite)
		} else {
			s.receipts = make([]Receipt, s.to-s.from)
		}
		s.keep()
	}
	b.done(group)
}

// check compares the counters with the queue.
func (b *bench) check(t *rapid.T, calls int, bytes int64) {
	var total share
	has := map[owner]bool{}
	for _, c := range b.put {
		if !c.begun {
			added := share{count: 1}
			if has[c.owner] {
				added.bytes = c.size
			}
			has[c.owner], total = true, total.and(added)
		}
		if c.isDone() != !b.calls[c] {
			t.Fatalf("a call is done: %v, and is kept: %v", c.isDone(), b.calls[c])
		}
	}
	if b.total.count != total.count || b.total.bytes != total.bytes {
		t.Fatalf("counted %+v, waiting %+v", b.total, total)
	}
	if total.count > calls || total.bytes > bytes {
		t.Fatalf("%+v waits", total)
	}
}
