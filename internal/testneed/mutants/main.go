// Mutants shows that no check by which reports are believed can be taken away
// unseen (doc/design.md, section 2.1.1). Each condition of the functions that
// decide is made always true and always false, each case and each operand of "|"
// is taken out; the tests that hold the table must fail then. Run it in the root
// of the repository, by `make mutants`.
//
// All mutants are compiled at once: an overlay of `go test` puts a call around
// every place, and a variable of the environment tells the program which one
// lies. Conditions inside SQL are replaced in the text, and compiled one by one.
//
// A mutant that no test notices is an error, unless it is one of excused: those
// that change nothing, each with the reason.
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
	only := flag.String("only", "", "mutants whose description matches this regular expression")
	list := flag.Bool("list", false, "list them, and run nothing")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, regexp.MustCompile(*only), *list); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		stop()
		os.Exit(1)
	}
}

// run makes the mutants and looks which of them are noticed.
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

// sum tells how it went. Its error names who was not noticed, or was excused and
// need not be.
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
			by["nobody, and excused"]++
		default:
			failed = append(failed, fmt.Errorf("no test notices %v", m))
		}
		delete(unneeded, m.key())
		if reason == "" && known {
			failed = append(failed, fmt.Errorf("%v is excused without a reason", m))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(unneeded)) {
		if !some {
			failed = append(failed, fmt.Errorf("%q is excused, and is noticed or not there", key))
		}
	}
	fmt.Printf("%d mutants in %v\n", len(noticed), took.Round(time.Second))
	for _, test := range slices.Sorted(maps.Keys(by)) {
		fmt.Printf("%5d noticed by %s\n", by[test], test)
	}
	return errors.Join(failed...)
}
