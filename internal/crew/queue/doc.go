// Package queue distributes jobs over the nodes of a PostgreSQL database, by River: its tables are
// beside the store's, so a job is inserted in the store's own transaction, and any node takes it.
//
// River only brings jobs to nodes, wakes them and tries again. It decides nothing: a job that it runs
// twice, late or never does no harm (package crew).
package queue
