package web

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/muster-project/muster/internal/edge"
)

// renderer makes pages of templates, which it reads when the first page is made.
type renderer struct {
	sheet, icon asset
	made        func() (map[string]*template.Template, error)
}

func newRenderer() *renderer {
	return &renderer{newAsset("style.css"), newAsset("icon.svg"), sync.OnceValues(parse)}
}

// parse reads the templates, each page with the frame.
func parse() (map[string]*template.Template, error) {
	base, err := template.New("").Funcs(words()).ParseFS(files, "pages/frame.html")
	if err != nil {
		return nil, fmt.Errorf("reading the frame of pages: %w", err)
	}
	names, err := fs.Glob(files, "pages/*.html")
	made := map[string]*template.Template{}
	for _, name := range names {
		if name == "pages/frame.html" {
			continue
		}
		one, cloneErr := base.Clone()
		if cloneErr == nil {
			one, cloneErr = one.ParseFS(files, name)
		}
		if cloneErr != nil {
			return nil, fmt.Errorf("reading %s: %w", name, cloneErr)
		}
		made[strings.TrimSuffix(path.Base(name), ".html")] = one
	}
	return made, err
}

const htmlType = "text/html; charset=utf-8"

// policy lets pages load the stylesheet, and send forms to this server.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'"

// write sends a page.
func (p *renderer) write(w *edge.Response, status int, name string, f *frame) error {
	made, err := p.made()
	if err != nil {
		return err
	}
	f.Sheet, f.Icon = "/assets/"+p.sheet.name, "/assets/"+p.icon.name
	var page bytes.Buffer
	if err := made[name].ExecuteTemplate(&page, "frame", f); err != nil {
		return fmt.Errorf("making the page %s: %w", name, err)
	}
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Vary", "Cookie, Accept")
	return w.Send(status, htmlType, page.Bytes())
}
