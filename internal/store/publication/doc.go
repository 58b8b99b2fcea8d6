// Package publication keeps how far each generation came, and which snapshots
// readers may see.
//
//   - A generation is begun, resumed, sealed or failed in one short transaction.
//     Its devices are placed in slices, between which reports are stored
//     (placing.go), and its ranges are planned while nobody waits (planning.go).
//   - Its ranges are completed by inserting a row whose key is the range: of
//     two attempts the first wins, and a late one loses whatever it believes.
//   - Who works on an organization has a lease on it, judged by the database's
//     clock in the transaction of each of its calls (lease.go).
//   - The pointer to the published snapshot is the newest row of a table that
//     is written in the sealing transaction only.
package publication
