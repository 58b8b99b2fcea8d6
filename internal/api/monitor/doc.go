// Package monitor makes the metrics of what is stored: the newest snapshots, generations, devices,
// feeds, and the results of verifications. They are read when somebody asks for /metrics.
//
// What a caller may see decides what it gets (doc/decision/0082-who-sees-which-metrics.md). A caller
// of the home organization that sees all groups gets the metrics of the server, and those of every
// organization. Any other caller gets those of its own organization, counted in its groups.
//
// Metrics are read by collectors (collector.go). One that fails is visible: muster_collector_up is 0,
// muster_scrape_errors_total counts, and the server's log says why, once until it works again.
// A value that could not be read is left out and is never 0.
//
// The number of series is limited, however many organizations and groups there are. What is left
// out is counted (muster_metrics_omitted).
package monitor
