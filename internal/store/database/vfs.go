package database

import (
	"net/url"
	"path/filepath"
	"strings"

	"github.com/ncruces/go-sqlite3/vfs"
)

// vfsName is what SQLite knows unmapped by.
const vfsName = "muster"

// unmapped is the operating system's files without the mapping of a database
// into memory: mapped pages would be read without their checksums, and version
// 0.37 of go-sqlite3 fails when a checkpoint lets go of a mapping that a file
// with checksums never had.
type unmapped struct{ vfs.VFSFilename }

// OpenFilename opens a file.
func (u unmapped) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	file, flags, err := u.VFSFilename.OpenFilename(name, flags)
	if err != nil {
		return nil, flags, err
	}
	return unmappedFile{file}, flags, nil
}

// unmappedFile hides what a file can do besides reading and writing, but for
// the memory that connections share.
type unmappedFile struct{ vfs.File }

// SharedMemory is where connections keep the index of the log.
func (f unmappedFile) SharedMemory() vfs.SharedMemory {
	if shared, ok := f.File.(vfs.FileSharedMemory); ok {
		return shared.SharedMemory()
	}
	return nil
}

// address is the URI that opens the database at an absolute path.
func address(path string) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path // a drive of Windows
	}
	uri := url.URL{Scheme: "file", Path: path, RawQuery: "vfs=" + vfsName}
	return uri.String()
}

// registerVFS makes unmapped known. Doing so again changes nothing.
func registerVFS() {
	if vfs.Find(vfsName) != nil {
		return
	}
	if system, ok := vfs.Find("").(vfs.VFSFilename); ok {
		vfs.Register(vfsName, unmapped{system})
	}
}
