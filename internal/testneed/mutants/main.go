// Mutants shows that no check that decides what reports are believed about can be removed unnoticed
// (doc/design.md, section 2.1.1). It makes each condition of the functions that decide always true
// and always false, and removes each case and each operand of "|". The tests of these rules must
// then fail. Run it in the root of the repository, by `make mutants`.
//
// All mutants are compiled at once: an overlay of `go test` puts a call around every place, and an
// environment variable selects the active mutant. Conditions inside SQL are replaced in the text
// and compiled one by one.
//
// A mutant that no test notices is an error, unless it is in excused: those mutants change nothing
// that can be noticed, each with the reason.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"time"
)

func main() {
	only := flag.String("only", "", "try only the mutants whose description matches this regular expression")
	list := flag.Bool("list", false, "list the mutants and run nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, regexp.MustCompile(*only), *list); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		stop()
		os.Exit(1)
	}
}

// run makes the mutants and tries them.
func run(ctx context.Context, only *regexp.Regexp, list bool) error {
	began := time.Now()
	mutated, err := mutateAll()
	if err != nil {
		return err
	}
	all := slices.Concat(mutated.mutants, textMutants())
	wanted := slices.DeleteFunc(slices.Clone(all), func(m mutant) bool { return !only.MatchString(m.String()) })
	if list {
		for _, m := range wanted {
			fmt.Println(m)
		}
		return nil
	}
	lab, err := newLab(ctx, mutated)
	if err != nil {
		return err
	}
	defer lab.close()
	noticed, err := lab.try(ctx, wanted)
	if err != nil {
		return err
	}
	return sum(wanted, noticed, len(wanted) < len(all), time.Since(began))
}

// sum prints the results. Its error names the mutants that were not noticed, and those that are
// excused without need.
func sum(all []mutant, noticed map[string]string, some bool, took time.Duration) error {
	by, unneeded := map[string]int{}, maps.Clone(excused)
	var failed []error
	for _, m := range all {
		test, tried := noticed[m.String()]
		reason, known := excused[m.key()]
		switch {
		case !tried:
			continue
		case test != "":
			by[test]++
			continue
		case known:
			by["no test, and excused"]++
		default:
			failed = append(failed, fmt.Errorf("no test notices %v", m))
		}
		delete(unneeded, m.key())
		if reason == "" && known {
			failed = append(failed, fmt.Errorf("no reason excuses %v", m))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(unneeded)) {
		if !some {
			failed = append(failed, fmt.Errorf("%q is excused, but is noticed or does not exist", key))
		}
	}
	fmt.Printf("%d mutants in %v\n", len(noticed), took.Round(time.Second))
	for _, test := range slices.Sorted(maps.Keys(by)) {
		fmt.Printf("%5d noticed by %s\n", by[test], test)
	}
	return errors.Join(failed...)
}
