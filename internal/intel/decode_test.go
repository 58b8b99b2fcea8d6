package intel_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
)

var errBroken = errors.New("broken")

// numbered yields n documents; the last is an error if broken.
func numbered(n int, broken bool) iter.Seq2[intel.Document, error] {
	return func(yield func(intel.Document, error) bool) {
		for i := range n {
			if broken && i == n-1 {
				yield(intel.Document{}, errBroken)
				return
			}
			if !yield(intel.Document{Name: fmt.Sprint(i)}, nil) {
				return
			}
		}
	}
}

// echo makes one record of each document.
func echo(doc intel.Document) ([]intel.Record, error) {
	return []intel.Record{{Source: doc.Name}}, nil
}

func TestDecodeOrder(t *testing.T) {
	i := 0
	for record, err := range intel.Decode(t.Context(), numbered(5000, false), echo) {
		if err != nil || record.Source != fmt.Sprint(i) {
			t.Fatalf("record %d is %q, %v", i, record.Source, err)
		}
		i++
	}
	if i != 5000 {
		t.Errorf("%d records, want 5000", i)
	}
}

func TestDecodeErrors(t *testing.T) {
	odd := &intel.RecordError{Source: "x", Err: errBroken}
	fail := func(at string, err error) func(intel.Document) ([]intel.Record, error) {
		return func(doc intel.Document) ([]intel.Record, error) {
			if doc.Name == at {
				return nil, err
			}
			return echo(doc)
		}
	}
	tests := []struct {
		name    string
		docs    iter.Seq2[intel.Document, error]
		decode  func(intel.Document) ([]intel.Record, error)
		records int
		errs    []error
	}{
		{"an odd record is left out", numbered(9, false), fail("4", odd), 8, []error{odd}},
		{"what is no record is passed over", numbered(9, false), fail("4", intel.ErrNotRecord), 8, nil},
		{"damage ends it", numbered(9, false), fail("4", errBroken), 4, []error{errBroken}},
		{"so does a file's", numbered(9, true), echo, 8, []error{errBroken}},
		{"nothing at all", numbered(0, false), echo, 0, []error{intel.ErrNoRecords}},
		{"nothing of this kind", numbered(1, false), fail("0", intel.ErrNotRecord), 0, []error{intel.ErrNoRecords}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			records, errs := 0, []error(nil)
			for _, err := range intel.Decode(t.Context(), tt.docs, tt.decode) {
				if err != nil {
					errs = append(errs, err)
					continue
				}
				records++
			}
			if records != tt.records || len(errs) != len(tt.errs) || len(errs) > 0 && !errors.Is(errs[0], tt.errs[0]) {
				t.Errorf("%d records and %v; want %d and %v", records, errs, tt.records, tt.errs)
			}
		})
	}
}

// A consumer may stop at any record, and a context at any time.
func TestDecodeStops(t *testing.T) {
	for range intel.Decode(t.Context(), numbered(5000, false), echo) {
		break
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range intel.Decode(ctx, numbered(5000, false), echo) {
		cancel()
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("the last error is %v, want %v", last, context.Canceled)
	}
}

func TestElements(t *testing.T) {
	tests := []struct {
		name, text string
		want       []string
		fails      bool
	}{
		{"a list", `{"n":1,"list":[{"a":1}, 2,[3]],"m":{"list":[4]}}`,
			[]string{`d.json#0={"a":1}`, "d.json#1=2", "d.json#2=[3]"}, false},
		{"an empty list", `{"list":[]}`, nil, false},
		{"no list", `{"a":[1]}`, []string{`d.json={"a":[1]}`}, false},
		{"not a list", `{"list":{"a":1}}`, []string{`d.json={"list":{"a":1}}`}, false},
		{"not an object", `[1]`, []string{"d.json=[1]"}, false},
		{"what is no JSON inside", `{"list":[{"a":tru},{"b"},"\"]",[[1]},{"c":"]},{"}],"n":1}`,
			[]string{`d.json#0={"a":tru}`, `d.json#1={"b"}`, `d.json#2="\"]"`, `d.json#3=[[1]}`, `d.json#4={"c":"]},{"}`}, false},
		{"no comma", `{"list":[1 2]}`, []string{"d.json#0=1"}, true},
		{"no value", `{"list":[1,,2]}`, []string{"d.json#0=1"}, true},
		{"a comma too many", `{"list":[1,]}`, []string{"d.json#0=1"}, true},
		{"two lists", `{"list":[1],"list":[2]}`, []string{"d.json#0=1"}, true},
		{"an open string", `{"list":["a,1]}`, nil, true},
		{"text after the list", `{"list":[1],x}`, []string{"d.json#0=1"}, true},
		{"cut in the list", `{"list":[1,2`, []string{"d.json#0=1", "d.json#1=2"}, true},
		{"cut after the list", `{"list":[1]`, []string{"d.json#0=1"}, true},
		{"empty", ``, nil, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			failed := false
			for doc, err := range intel.Elements(fstest.MapFS{"d.json": {Data: []byte(tt.text)}}, "list", 1<<10) {
				if failed = err != nil; !failed {
					got = append(got, doc.Name+"="+string(doc.Data))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || failed != tt.fails {
				t.Errorf("failed: %t; (-want +got):\n%s", failed, diff)
			}
		})
	}
}
