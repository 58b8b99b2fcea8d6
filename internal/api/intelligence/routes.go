package intelligence

import (
	"net/http"
	"time"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/store"
)

// Config configures the calls. All fields are required.
type Config struct {
	Store   *store.Store
	Library *library.Library
	// Publisher reads the manifests of snapshots.
	Publisher *generation.Publisher
	Clock     func() time.Time
	// Limits are the ages at which feeds are too old.
	Limits coverage.Limits
}

// Routes returns the routes of the calls for intelligence.
func Routes(c Config) []edge.Route {
	suggested := &suggestions{c.Store.Intelligence, c.Store.Publication, c.Library, c.Clock, c.Limits}
	calls := &feedCalls{c.Store.Intelligence, c.Store.Publication, c.Library, suggested, c.Publisher,
		ages{c.Clock, c.Limits}}
	carried := &bundleCalls{calls}
	named := &titleCalls{c.Library, c.Clock}
	return []edge.Route{
		edge.At("feeds", "/v1/feeds", edge.Methods{
			http.MethodGet:  edge.Manages(calls.listFeeds).As(listsFeeds),
			http.MethodPost: edge.Administers(calls.importFeed).As(namesFeed).Told("import feed")}),
		edge.At("suggestions", "/v1/feeds/suggestions", edge.Methods{
			http.MethodGet: edge.Manages(suggested.suggestFeeds).As(suggestsFeeds)}),
		edge.At("feed", "/v1/feeds/{kind}/{name}", edge.Methods{
			http.MethodPut:    edge.Administers(calls.importFeed).As(importsFeed).Told("import feed"),
			http.MethodDelete: edge.Administers(calls.removeFeed).As(removesFeed).Told("remove feed")}),
		edge.At("build", "/v1/catalog/builds/{number}", edge.Methods{
			http.MethodGet: edge.Manages(calls.showBuild).As(showsBuild)}),
		edge.At("refresh", "/v1/feeds/refresh", edge.Methods{
			http.MethodPost: edge.Administers(calls.refreshFeeds).As(refreshesFeeds).Told("refresh feeds")}),
		edge.At("bundle", "/v1/bundle", edge.Methods{
			http.MethodGet:  edge.Administers(carried.makeBundle).As(makesBundle).Told("make bundle"),
			http.MethodPost: edge.Administers(carried.importBundle).As(importsBundle).Told("import bundle")}),
		edge.At("bundle_keys", "/v1/bundle/keys", edge.Methods{
			http.MethodGet:  edge.Administers(carried.listKeys).As(listsBundleKeys),
			http.MethodPost: edge.Administers(carried.trustKey).As(trustsBundleKey).Told("trust bundle key")}),
		edge.At("bundle_key", "/v1/bundle/keys/{id}", edge.Methods{
			http.MethodDelete: edge.Administers(carried.distrustKey).As(distrustsBundleKey).Told("distrust bundle key")}),
		edge.At("titles", "/v1/titles", edge.Methods{
			http.MethodGet:    edge.Manages(named.listTitles).As(listsTitles),
			http.MethodPost:   edge.Administers(named.confirmTitle).As(confirmsTitle).Told("confirm title"),
			http.MethodDelete: edge.Administers(named.removeTitle).As(removesTitle).Told("remove title")}),
		edge.At("candidates", "/v1/titles/candidates", edge.Methods{
			http.MethodGet: edge.Manages(named.findCandidates).As(findsCandidates).Untold()}),
	}
}
