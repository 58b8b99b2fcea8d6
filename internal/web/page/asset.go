package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"path"
	"strings"

	"github.com/muster-project/muster/internal/edge"
)

// files are the templates of pages, and what pages load.
//
//go:embed pages assets
var files embed.FS

// asset is a file that pages load. Its name has its hash, so that browsers may keep it for ever.
type asset struct {
	name, media string
	content     []byte
}

// mediaTypes are those of assets, by extension.
var mediaTypes = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
	".svg": "image/svg+xml"}

// newAsset returns an embedded file.
func newAsset(name string) asset {
	content, err := fs.ReadFile(files, "assets/"+name)
	if err != nil {
		panic(err) // it is embedded
	}
	sum := sha256.Sum256(content)
	extension := path.Ext(name)
	return asset{strings.TrimSuffix(name, extension) + "-" + hex.EncodeToString(sum[:8]) + extension,
		mediaTypes[extension], content}
}

// send is GET /assets/NAME. It needs no session.
func (a asset) send(w *edge.Response, _ *edge.Request) error {
	w.Header().Set("Content-Type", a.media)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin")
	_, err := w.Write(a.content)
	return err
}
