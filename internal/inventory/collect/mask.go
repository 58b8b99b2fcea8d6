package collect

import (
	"regexp"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/windows"
)

// masked stands in a path in place of a user.
const masked = "*"

// userFolder finds the name of a user's own folder: below Users or Documents and Settings of a disk of Windows, below
// Users of a Mac, below home, or below such a share.
var userFolder = regexp.MustCompile(`(?i)^(?:` +
	`(?:[\\/]{2}[?.][\\/])?[a-z]:[\\/]+(?:users|documents and settings)|` +
	`/+(?:system/volumes/data/|volumes/[^/]+/)?users|` +
	`/+(?:var/|export/|usr/)?home|` +
	`[\\/]{2}(?:[?.][\\/]unc[\\/])?[^\\/]+[\\/]+(?:users|home)\$?` +
	`)[\\/]+([^\\/]+)`)

// account finds the security identifiers of accounts.
var account = regexp.MustCompile(`(?i)S-1(?:-[0-9]+)+`)

// maskReport masks the users in the paths of a report.
func maskReport(report *inventory.Report) {
	for i := range report.Software {
		s := &report.Software[i]
		for _, paths := range [...][]string{s.DiskPaths, s.RegistryPaths} {
			for j := range paths {
				paths[j] = MaskPath(paths[j])
			}
		}
	}
}

// MaskPath returns a disk or registry path with "*" in place of a user: the name of his folder, and the security
// identifier of a person anywhere. The folders beside it that all users share stay.
func MaskPath(path string) string {
	if at := userFolder.FindStringSubmatchIndex(path); at != nil && !isShared(path[at[2]:at[3]]) {
		path = path[:at[2]] + masked + path[at[3]:]
	}
	return account.ReplaceAllStringFunc(path, func(sid string) string {
		if windows.IsPerson(sid) {
			return masked
		}
		return sid
	})
}

// isShared reports whether a folder beside those of users belongs to all of them.
func isShared(folder string) bool {
	switch strings.ToLower(folder) {
	case "public", "default", "default user", "all users", "shared":
		return true
	}
	return false
}
