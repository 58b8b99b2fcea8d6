// Package publication keeps the progress of each generation, and the snapshots that readers may
// see.
//
//   - A generation is begun, resumed, sealed or failed in one short transaction. Its devices are
//     placed in slices, between which reports are stored (placing.go), and its ranges are planned
//     without holding up reports (planning.go).
//   - A range is completed by inserting a row whose key is the range: of two attempts the first
//     wins.
//   - Work on an organization needs a lease, which each call checks in its transaction by the
//     database's clock (lease.go). Ranges are made by workers, which need none (worker.go, bury.go).
//   - The pointer to the published snapshot is the newest row of a table that only the sealing
//     transaction writes.
package publication
