package windows

import (
	"regexp"
	"slices"
	"strings"
)

// folderKey names the folders for programs.
const folderKey = software + `\Microsoft\Windows\CurrentVersion`

// localFolder is a folder of a local disk. The folder of a share is none: opening it would sign the machine in at
// another one.
var localFolder = regexp.MustCompile(`^[A-Za-z]:\\[^\\/:*?"<>|]+(?:\\[^\\/:*?"<>|]+)*\\?$`)

// IsLocalFolder reports whether a folder is one of a local disk.
func IsLocalFolder(folder string) bool { return localFolder.MatchString(folder) }

// ProgramFolders lists the folders in which programs are: those for all programs, and those beside them that the
// machine's uninstall keys name. A user's own keys and folders are not asked, because he decides where they lead.
func ProgramFolders(r *Reader) []string {
	key := r.key(folderKey)
	all := []string{key.first("ProgramFilesDir"), key.first("ProgramFilesDir (x86)"), key.first("ProgramW6432Dir")}
	for _, program := range machinePrograms(r) {
		all = append(all, Folder(program.Values["InstallLocation"]))
	}
	var folders []string
	for _, folder := range all {
		folder = strings.TrimRight(folder, `\`)
		if IsLocalFolder(folder) && !isSystemFolder(folder) &&
			!slices.ContainsFunc(folders, func(have string) bool { return isBelow(folder, have) }) {
			folders = append(folders, folder)
		}
	}
	return folders
}

// UsersFolder returns the folder that has those of users; "" if it is not known.
func UsersFolder(r *Reader) string {
	folder := r.key(versionKey + `\ProfileList`).first("ProfilesDirectory")
	const drive = "%SystemDrive%"
	if len(folder) > len(drive) && strings.EqualFold(folder[:len(drive)], drive) {
		system, _, _ := strings.Cut(r.key(versionKey).first("SystemRoot"), `\`)
		folder = system + folder[len(drive):]
	}
	if folder = strings.TrimRight(folder, `\`); !IsLocalFolder(folder) {
		return ""
	}
	return folder
}

// isSystemFolder reports whether a folder is Windows itself, or those of users.
func isSystemFolder(folder string) bool {
	for _, system := range [...]string{`windows`, `users`, `documents and settings`} {
		if isBelow(folder[len(`C:\`):], system) {
			return true
		}
	}
	return false
}

// isBelow reports whether a folder is another one, or below it.
func isBelow(folder, other string) bool {
	return len(folder) >= len(other) && strings.EqualFold(folder[:len(other)], other) &&
		(len(folder) == len(other) || folder[len(other)] == '\\')
}
