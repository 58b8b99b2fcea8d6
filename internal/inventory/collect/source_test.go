package collect

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// TestSourceThatHangs has a source that the system never answers, like a network file system
// without its server.
func TestSourceThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := make(chan int)
		begun := time.Now()
		_, err := within(t.Context(), time.Minute, func(context.Context) (int, error) { return <-answer, nil })
		if took := time.Since(begun); !errors.Is(err, errHangs) || !errors.Is(err, errSlow) || took != time.Minute+grace {
			t.Errorf("after %v: %v", took, err)
		}
		answer <- 1 // the abandoned goroutine ends once the system answers
	})
}

// TestSourceEndsWithTheContext ends the context, as SIGTERM does, while a source
// hangs, and while one works.
func TestSourceEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		answer := make(chan int)
		begun := time.Now()
		_, err := within(ctx, time.Minute, func(context.Context) (int, error) { return <-answer, nil })
		if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || took != 5*time.Second+grace {
			t.Errorf("after %v: %v", took, err)
		}
		answer <- 1
		if _, err := within(ctx, time.Minute,
			func(context.Context) (int, error) { t.Error("it was begun"); return 0, nil }); !errors.Is(err,
			context.DeadlineExceeded) {
			t.Error(err)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		_, err := within(t.Context(), time.Minute, func(ctx context.Context) (int, error) {
			<-ctx.Done()
			return 0, context.Cause(ctx)
		})
		if took := time.Since(begun); !errors.Is(err, errSlow) || errors.Is(err, errHangs) || took != time.Minute {
			t.Errorf("after %v: %v", took, err)
		}
	})
}

// TestSourceThatPanics says that a panic costs only the source, with a warning.
func TestSourceThatPanics(t *testing.T) {
	var none []int
	_, err := within(t.Context(), time.Minute, func(context.Context) (int, error) { return none[5], nil })
	if !errors.Is(err, errPanic) || !strings.Contains(err.Error(), "out of range") {
		t.Error(err)
	}
}

// TestTimeForTheMachineIsOver gives no time at all: every source is named, and the report has the
// device.
func TestTimeForTheMachineIsOver(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{"etc/os-release": debianRelease, "var/lib/dpkg/status": ""})
	files, err := disk.OpenRoot(root)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	ctx, cancel := context.WithTimeoutCause(t.Context(), -1, errOver)
	defer cancel()
	m := &machine{Tree: disk.NewTree(ctx, files, 0, false)}
	config := Config{Root: root, Name: "h", Time: time.Minute}
	who := m.identify(ctx, config)
	software, report := m.software(ctx, config), &inventory.Report{}
	m.facts(ctx, config, report)
	if who.name != "h" || who.id != "" || !who.releaseUnread || software != nil || report.Facts != nil || report.Unread != nil {
		t.Errorf("%+v, %v, %+v", who, software, report)
	}
	said := map[string]bool{}
	for _, w := range m.warnings {
		said[w.What] = errors.Is(w.Err, errOver)
	}
	want := []string{"etc/os-release", "etc/machine-id", "dpkg", "apk", "rpm", "pacman"}
	for _, f := range facts.Families() {
		want = append(want, "facts "+f.Name)
	}
	for _, source := range want {
		if !said[source] {
			t.Errorf("nothing is said of %s: %v", source, m.warnings)
		}
	}
}
