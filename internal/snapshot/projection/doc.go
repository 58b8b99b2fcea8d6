// Package projection is the file of a range that answers questions on its rows without reading them:
// which CVEs, products and configurations the range has, on which devices, and how many.
//
// # What it holds
//
// A Head has everything that does not depend on one device, each once: findings (what rows say of a
// CVE), releases (a version of a product with the findings that its rows have), and configurations, all
// in the order in which rows have them, with the number of devices of each. Heads are added up: Merge
// makes one head of many, so a snapshot has a summary for each RBAC group. A device belongs to one
// range, so the numbers of devices are additive, too.
//
// A Projection has in addition the devices in order of id, and for each release, and for each outcome of
// each configuration, the list of devices that have it. The other direction follows from these lists.
// A device's rows are those of its releases in their order, so the place of each row in the parts is
// known. What differs from device to device within a release (first seen, paths) is in the parts alone.
//
// # How it is made
//
// A Builder is given the devices of a range in order of id: with their new rows, or from the projection
// of the range before. Rows that were made of the same pieces are parsed once a range. Everything is
// sorted in the end, so a projection depends on the rows and the devices' identity alone: one that was
// made by many merges has the same bytes as one that is made of the parts (package proof compares).
package projection

import "errors"

// ErrForm is wrapped by errors about bytes that are no projection of this version.
var ErrForm = errors.New("malformed projection")
