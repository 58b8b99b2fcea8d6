package database

import (
	"net/url"
	"path/filepath"
	"strings"

	"github.com/ncruces/go-sqlite3/vfs"
)

// vfsName is the name of unmapped in SQLite.
const vfsName = "muster"

// unmapped is the operating system's file layer without memory mapping: mapped pages would be read
// without their checksums, and version 0.37 of go-sqlite3 fails when a checkpoint releases a
// mapping that a file with checksums never had.
type unmapped struct{ vfs.VFSFilename }

// OpenFilename opens a file.
func (u unmapped) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	file, flags, err := u.VFSFilename.OpenFilename(name, flags)
	if err != nil {
		return nil, flags, err
	}
	return unmappedFile{file}, flags, nil
}

// unmappedFile hides everything a file can do except reading, writing and the memory that
// connections share.
type unmappedFile struct{ vfs.File }

// SharedMemory is where connections keep the log's index.
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
		path = "/" + path // a Windows drive
	}
	uri := url.URL{Scheme: "file", Path: path, RawQuery: "vfs=" + vfsName}
	return uri.String()
}

// registerVFS registers unmapped with SQLite. It may be called more than once.
func registerVFS() {
	if vfs.Find(vfsName) != nil {
		return
	}
	if system, ok := vfs.Find("").(vfs.VFSFilename); ok {
		vfs.Register(vfsName, unmapped{system})
	}
}
