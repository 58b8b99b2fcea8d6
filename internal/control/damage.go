package control

import (
	"net/http"
	"net/url"
	"strconv"
)

// Verification says what was verified, and what is wrong.
type Verification struct {
	Snapshots int   `json:"snapshots"`
	Files     int   `json:"files"`
	Bytes     int64 `json:"bytes"`
	// Deltas counts the pairs of neighbours for which law 1 was checked.
	Deltas int `json:"deltas"`
	// Devices counts those whose documents were read.
	Devices int64 `json:"devices"`
	// Unknown are files that nothing names. They are kept: they may be of a
	// database that was there once.
	Unknown []string `json:"unknown"`
	// Problems is empty where all is well.
	Problems []string `json:"problems"`
	// More is how many problems are not named.
	More int `json:"more,omitempty"`
}

// RepairReport says what became of all damage.
type RepairReport struct {
	Files []Repaired `json:"files"`
	// Left counts those that nothing could be done about.
	Left int `json:"left"`
	// Published is the snapshot in which ranges began anew, 0 for none.
	Published int64 `json:"published,omitempty"`
	// Dry says that nothing was done.
	Dry bool `json:"dry,omitempty"`
}

// Repaired is one file or snapshot, and what was done about it.
type Repaired struct {
	Snapshot int64  `json:"snapshot"`
	File     string `json:"file"`
	// How is "restored" (from a copy), "made again" (by law 1, or from what the
	// database knows of the manifest), "given up", "begun anew" or "left".
	How string `json:"how"`
	// Detail says from what, or why not.
	Detail string `json:"detail,omitempty"`
}

// Repairing says how to repair.
type Repairing struct {
	// From is a folder with copies of files, where the server is this process.
	From string
	// GiveUp lets go of what cannot be repaired.
	GiveUp bool
	// Dry changes nothing, and says what would be done.
	Dry bool
}

// Verify proves the database and every snapshot that is kept.
func Verify() Request[Verification] {
	return Request[Verification]{Call{Method: http.MethodPost, Path: "/v1/verify"}}
}

// Repair brings damaged files of snapshots in order.
func Repair(how Repairing) Request[RepairReport] {
	query := url.Values{"dryRun": {strconv.FormatBool(how.Dry)}, "giveUp": {strconv.FormatBool(how.GiveUp)}}
	if how.From != "" {
		query.Set("from", how.From)
	}
	return Request[RepairReport]{Call{Method: http.MethodPost, Path: "/v1/repair", Query: query}}
}
