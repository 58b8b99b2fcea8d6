package page

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
	sheet, script, icon asset
	made                func() (map[string]*template.Template, error)
}

func newRenderer(rooms []fs.FS) *renderer {
	return &renderer{newAsset("style.css"), newAsset("script.js"), newAsset("icon.svg"),
		sync.OnceValues(func() (map[string]*template.Template, error) { return parse(rooms) })}
}

// parse reads the templates of rooms, each page with the frame. A page has the name of its file.
func parse(rooms []fs.FS) (map[string]*template.Template, error) {
	base, err := template.New("").Funcs(words()).ParseFS(files, "pages/frame.html", "pages/shapes.html")
	if err != nil {
		return nil, fmt.Errorf("reading the frame of pages: %w", err)
	}
	made := map[string]*template.Template{}
	for _, room := range rooms {
		names, err := fs.Glob(room, "pages/*.html")
		if err != nil {
			return nil, fmt.Errorf("listing the templates of pages: %w", err)
		}
		for _, file := range names {
			name := strings.TrimSuffix(path.Base(file), ".html")
			if name == "frame" || name == "shapes" {
				continue
			}
			if made[name] != nil {
				return nil, fmt.Errorf("two rooms have a page %q", name)
			}
			if made[name], err = parsePage(base, room, file); err != nil {
				return nil, fmt.Errorf("reading %s: %w", file, err)
			}
		}
	}
	return made, nil
}

// parsePage reads the template of a page, with the frame.
func parsePage(base *template.Template, room fs.FS, file string) (*template.Template, error) {
	one, err := base.Clone()
	if err != nil {
		return nil, err
	}
	return one.ParseFS(room, file)
}

const htmlType = "text/html; charset=utf-8"

// policy lets pages load the stylesheet and the script, and send forms to this server.
const policy = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; form-action 'self'; " +
	"frame-ancestors 'none'; base-uri 'none'"

// write sends a page.
func (p *renderer) write(w *edge.Response, status int, name string, f *Frame) error {
	all, err := p.made()
	if err != nil {
		return err
	}
	f.Sheet, f.Script, f.Icon = "/assets/"+p.sheet.name, "/assets/"+p.script.name, "/assets/"+p.icon.name
	if all[name] == nil {
		return fmt.Errorf("no room has a page %q", name)
	}
	var page bytes.Buffer
	if err := all[name].ExecuteTemplate(&page, "frame", f); err != nil {
		return fmt.Errorf("making the page %s: %w", name, err)
	}
	made := page.Bytes()
	if f.keeping != nil {
		made = f.keeping(made)
	}
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Vary", "Cookie, Accept")
	return w.Send(status, htmlType, made)
}
