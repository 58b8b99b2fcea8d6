// Package crew distributes the ranges of generations among those who make them.
//
// The owner of an organization's lease, who conducts a generation, offers its ranges as jobs (Job)
// to a [Crew]. Whoever gets a job makes it by Publisher.Make of package generation. A job may be
// made twice, by two processes at a time or not at all: who completes a range is decided by the rows
// of attempts in the store, and who conducts looks after what is missing.
//
// There are two crews. A [Pool] are the goroutines of one process, which is alone on its store.
package crew
