package control

import (
	"net/http"
	"net/url"
	"strconv"
)

// Verification is the result of a verification.
type Verification struct {
	Snapshots int   `json:"snapshots"`
	Files     int   `json:"files"`
	Bytes     int64 `json:"bytes"`
	// Deltas counts the pairs of neighbouring snapshots that were compared with their delta.
	Deltas int `json:"deltas"`
	// Devices counts the devices whose documents were read.
	Devices int64 `json:"devices"`
	// Unknown are files that no manifest names. They are kept: they may belong to another
	// state of the database.
	Unknown []string `json:"unknown"`
	// Problems is empty if nothing is wrong.
	Problems []string `json:"problems"`
	// More is how many further problems there are.
	More int `json:"more,omitempty"`
	// NotChecked says what could not be looked at, such as the files of a database server. No problem there
	// is among Problems.
	NotChecked []string `json:"notChecked,omitempty"`
}

// RepairReport is the result of a repair.
type RepairReport struct {
	Files []Repaired `json:"files"`
	// Left counts the files that could not be repaired.
	Left int `json:"left"`
	// Published is the snapshot in which damaged ranges were made again, 0 if none.
	Published int64 `json:"published,omitempty"`
	// Dry: nothing was changed.
	Dry bool `json:"dry,omitempty"`
}

// Repaired is a damaged file or snapshot, and what was done about it.
type Repaired struct {
	Snapshot int64  `json:"snapshot"`
	File     string `json:"file"`
	// How is "restored" (from a copy), "made again" (by law 1, or from what the
	// database knows of the manifest), "given up", "begun anew" or "left".
	How string `json:"how"`
	// Detail says what it was made from, or why it was left.
	Detail string `json:"detail,omitempty"`
}

// Repairing holds the parameters of a repair.
type Repairing struct {
	// From is a folder with copies of files, if the server is this process.
	From string
	// GiveUp gives up files that cannot be repaired.
	GiveUp bool
	// GiveUpUnknown gives up the files of snapshots that the database does not know, after a backup of
	// before was restored.
	GiveUpUnknown bool
	// Dry changes nothing and reports what would be done.
	Dry bool
}

// Verify verifies the database and every snapshot that is kept.
func Verify() Request[Verification] {
	return Request[Verification]{Call{Method: http.MethodPost, Path: "/v1/verify"}}
}

// Repair repairs damaged files of snapshots.
func Repair(how Repairing) Request[RepairReport] {
	query := url.Values{"dryRun": {strconv.FormatBool(how.Dry)}, "giveUp": {strconv.FormatBool(how.GiveUp)}}
	if how.GiveUpUnknown { // servers of before refuse the name
		query.Set("giveUpUnknown", "true")
	}
	if how.From != "" {
		query.Set("from", how.From)
	}
	return Request[RepairReport]{Call{Method: http.MethodPost, Path: "/v1/repair", Query: query}}
}
