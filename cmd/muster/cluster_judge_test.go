//go:build unix

package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// seen is a snapshot as clients saw it: its findings by id.
type seen struct {
	known     time.Time // when somebody had pulled all of it
	generated time.Time
	rows      map[string]string
}

// judge compares what clients got with each other, and with what was acknowledged.
type judge struct {
	*crowd
	snapshots []seen // in the order of their times
	missed    int    // snapshots that may have been made and that nobody pulled as files
	compared  int    // pulls
}

// rowsOf are rows by id, in one spelling; without leaves out keys.
func (j *judge) rowsOf(rows []json.RawMessage, without ...string) map[string]string {
	j.Helper()
	all := map[string]string{}
	for _, row := range rows {
		said := j.site.meaning(row)
		id, _ := said["id"].(string)
		if _, twice := all[id]; twice || id == "" {
			j.Errorf("a pull has the row %q twice", id)
		}
		for _, key := range without {
			delete(said, key)
		}
		text, err := json.Marshal(said)
		if err != nil {
			j.Fatal(err)
		}
		all[id] = string(text)
	}
	return all
}

// add remembers a snapshot that was pulled as files. Whoever pulls it again must have got the same.
func (j *judge) add(p pulled) seen {
	j.Helper()
	s := seen{known: time.Now(), generated: p.generated, rows: j.rowsOf(p.rows)}
	i, known := slices.BinarySearchFunc(j.snapshots, s, func(a, b seen) int { return a.generated.Compare(b.generated) })
	if !known {
		j.snapshots = slices.Insert(j.snapshots, i, s)
	} else if diff := gocmp.Diff(j.snapshots[i].rows, s.rows); diff != "" {
		j.Errorf("two pulls of the snapshot of %s differ:\n%.3000s", s.generated, diff)
	}
	return s
}

// judgePulls checks that each pull since the last call has the rows of one snapshot, no older than those that
// were known before it began.
func (j *judge) judgePulls() {
	j.Helper()
	j.mu.Lock()
	pulls := j.pulls
	j.pulls = nil
	j.mu.Unlock()
	for _, p := range pulls {
		if !p.generated.IsZero() {
			j.add(p)
		}
	}
	for _, p := range pulls {
		j.compared++
		rows := j.rowsOf(p.rows)
		is := func(s seen) bool {
			return (p.generated.IsZero() || p.generated.Equal(s.generated)) && gocmp.Equal(s.rows, rows)
		}
		i := len(j.snapshots) - 1
		for i >= 0 && !is(j.snapshots[i]) {
			i--
		}
		switch {
		case i < 0 && j.missed > 0:
			j.missed--
		case i < 0:
			j.Errorf("a pull of %d rows is no snapshot: %.2000s", len(rows), gocmp.Diff(j.snapshots[len(j.snapshots)-1].rows, rows))
		case slices.ContainsFunc(j.snapshots[i+1:], func(s seen) bool { return s.known.Before(p.begun) }):
			j.Errorf("a pull went back to the snapshot of %s", j.snapshots[i].generated)
		}
	}
}

// judgeContent checks that a snapshot has what was acknowledged before it was requested, and nothing that was
// not sent.
func (j *judge) judgeContent(s seen, before, after map[string]told) {
	j.Helper()
	found := map[string]int{}
	for id, text := range s.rows {
		var row struct{ DeviceName, SoftwareVersion string }
		if err := json.Unmarshal([]byte(text), &row); err != nil {
			j.Fatal(err)
		}
		parts := strings.Split(row.SoftwareVersion, ".")
		number, err := strconv.Atoi(parts[min(2, len(parts)-1)])
		if err != nil {
			j.Errorf("%s: %v", id, err)
		}
		if _, twice := found[row.DeviceName]; twice {
			j.Errorf("device %s is there twice", row.DeviceName)
		}
		found[row.DeviceName] = number
	}
	for name, v := range before {
		if n, there := found[name]; v.acked > 0 && (!there || n < v.acked) {
			j.Errorf("the snapshot of %s has version %d of %s, want at least %d", s.generated, n, name, v.acked)
		}
	}
	for name, n := range found {
		if n > after[name].sent {
			j.Errorf("the snapshot of %s has version %d of %s, which was never sent", s.generated, n, name)
		}
	}
}

// judgeDelta checks that the changes since a snapshot lead to a later one.
func (j *judge) judgeDelta(from, to seen, changes []json.RawMessage) {
	j.Helper()
	const seenTime, status, event = "lastseentimestamp", "status", "eventtimestamp"
	bare := func(rows map[string]string) map[string]string {
		all := map[string]string{}
		for id, text := range rows {
			var said map[string]any
			if err := json.Unmarshal([]byte(text), &said); err != nil {
				j.Fatal(err)
			}
			delete(said, seenTime)
			out, _ := json.Marshal(said)
			all[id] = string(out)
		}
		return all
	}
	type change struct {
		at       time.Time
		rank     int
		id, text string
	}
	var all []change
	for _, row := range changes {
		said := j.site.meaning(row)
		c := change{at: said[event].(time.Time), id: said["id"].(string)}
		if c.rank = slices.Index([]string{"Fixed", "New", "Updated"}, fmt.Sprint(said[status])); c.rank < 0 {
			j.Errorf("status %v", said[status])
		}
		for _, key := range []string{seenTime, status, event} {
			delete(said, key)
		}
		text, _ := json.Marshal(said)
		c.text = string(text)
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b change) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return a.rank - b.rank
	})
	rows := bare(from.rows)
	for _, c := range all {
		if _, there := rows[c.id]; there == (c.rank == 1) {
			j.Errorf("a change of kind %d of %s, which is there: %t", c.rank, c.id, there)
		}
		if delete(rows, c.id); c.rank > 0 {
			rows[c.id] = c.text
		}
	}
	if diff := gocmp.Diff(bare(to.rows), rows); diff != "" {
		j.Errorf("the changes since %s do not lead to the snapshot of %s (-want +got):\n%.3000s", from.generated,
			to.generated, diff)
	}
}
