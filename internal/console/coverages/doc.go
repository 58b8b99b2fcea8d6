// Package coverages says in words how far devices were assessed, why not, and what to import. Nothing
// is said to have no findings that was not looked at.
package coverages
