package export

import (
	"cmp"
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
)

// Config configures exports. All fields are required except Direct and
// MaxSifted.
type Config struct {
	Store     *publication.Store
	Publisher *generation.Publisher
	Files     *snapshot.Files
	// Keys sign links and seal skip tokens.
	Keys    *auth.Keyring
	Origins *edge.Origins
	// Direct signs links with which the store of files itself answers. If it is nil, the server answers all
	// links.
	Direct func(ctx context.Context, file snapshot.File, until time.Time) (string, error)
	// MaxLinkHours is the longest lifetime of links that a client may ask for, in hours.
	MaxLinkHours int
	// MaxExports is how many pages are made at once; four times as many files are sent at once.
	// MaxWait is how long others wait before they are refused.
	MaxExports int
	MaxWait    time.Duration
	// MaxSifted is how many rows a page with a filter looks at before it ends with those that it
	// has; 0 is maxSifted.
	MaxSifted int64
	Clock     func() time.Time
}

// maxSifted is how many rows a page with a filter looks at before it ends with those that it has.
const maxSifted = 1_000_000

// Routes returns the routes of the calls of contract.md, section 1, of their links, and of the
// metadata for OData clients.
func Routes(c Config) []edge.Route {
	from := &pulls{store: c.Store, publisher: c.Publisher, tokens: tokenSealer{c.Keys}, clock: c.Clock}
	readers := edge.NewGate(c.MaxExports, c.MaxWait)
	read := &pages{pulls: from, origins: c.Origins, gate: readers, files: c.Files,
		maxSifted: cmp.Or(c.MaxSifted, maxSifted), writers: sync.Pool{New: func() any { return newPageWriter() }}}
	linked := &links{pulls: from, origins: c.Origins, gate: readers, downloads: edge.NewGate(4*c.MaxExports, c.MaxWait),
		files: c.Files, signer: linkSigner{c.Keys}, direct: c.Direct, maxHours: c.MaxLinkHours}
	metadata := edge.Methods{http.MethodGet: edge.Open(showMetadata()).As(showsMetadata)}
	routes := []edge.Route{
		edge.At("file", "/"+container+"/{path...}",
			edge.Methods{http.MethodGet: edge.Open(linked.sendFile).As(sendsFile).Told("download file")}),
		edge.At("none", "/"+container, nil), // otherwise the mux redirects to the route below it
		edge.At("metadata", "/api/$metadata", metadata),
		edge.At("metadata", "/api/v1.0/$metadata", metadata),
	}
	for _, call := range defender.Calls() {
		answer, event := read.page(call), "read export"
		if call.Files {
			answer, event = linked.exportFiles(call), "make links"
		}
		of := edge.Methods{http.MethodGet: edge.Needs(answer,
			auth.Permission(call.ApplicationPermission)).As(describeCall(call, c.MaxLinkHours))}
		name := strings.ToLower(call.Name)
		for _, folder := range []string{"/api/machines/", "/api/v1.0/machines/"} {
			routes = append(routes, edge.Route{Name: call.Name, Pattern: folder + name, Methods: of, Event: event})
		}
	}
	return routes
}
