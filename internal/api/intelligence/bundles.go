package intelligence

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/intel/bundle"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/inventory/parse"
	stored "github.com/muster-project/muster/internal/store/intelligence"
)

var (
	allowOld = edge.TakesFlag("allowOld", "accept a bundle that is older than 30 days, or than a feed that it replaces")

	makesBundle = edge.Description{
		Summary: "All feeds in one file, for a site without a network; whoever asks for it signs it",
		Gives:   []edge.Payload{edge.OtherBody(http.StatusOK, control.Tar, "a bundle that is not signed")},
		Fails:   []int{http.StatusNotFound},
	}
	importsBundle = edge.Description{
		Summary: "Takes all feeds of a signed bundle, or none",
		Query:   []edge.Parameter{allowOld, allowShrink, replaces},
		Takes:   []edge.Payload{edge.OtherBody(0, control.Tar, "a bundle, signed by a key that is trusted here")},
		Gives: []edge.Payload{edge.JSONOf[control.FeedsReply](http.StatusOK,
			"the feeds are stored durably; build has the address of the state of the catalog's build")},
		Fails: []int{http.StatusConflict, http.StatusRequestEntityTooLarge},
	}
	listsBundleKeys = edge.Description{
		Summary: "The keys whose bundles are imported",
		Gives:   []edge.Payload{edge.JSONOf[control.BundleKeyList](http.StatusOK, "the oldest first")},
	}
	trustsBundleKey = edge.Description{
		Summary: "Trusts a key: bundles that it signed are imported",
		Takes:   []edge.Payload{edge.JSONOf[control.NewBundleKey](0, "the public key, and a name for people")},
		Gives:   []edge.Payload{edge.JSONOf[control.BundleKey](http.StatusOK, "the key, which may have been trusted before")},
		Fails:   []int{http.StatusConflict},
	}
	distrustsBundleKey = edge.Description{
		Summary: "Trusts a key no longer; feeds that its bundles brought stay",
		Gives:   []edge.Payload{edge.NoBody(http.StatusNoContent, "it is removed")},
		Fails:   []int{http.StatusNotFound},
	}
)

// bundleCalls handles bundles of feeds.
type bundleCalls struct{ *feedCalls }

// makeBundle is GET /v1/bundle.
func (b *bundleCalls) makeBundle(w *edge.Response, r *edge.Request) error {
	manifest, open, err := library.Bundle(r.Context(), b.library)
	if err != nil {
		return err
	}
	if len(manifest.Feeds) == 0 {
		return edge.NotFound("there are no feeds")
	}
	w.Note(slog.Int("feeds", len(manifest.Feeds)))
	w.Header().Set("Content-Type", control.Tar)
	return bundle.Write(w, manifest, nil, open)
}

// importBundle is POST /v1/bundle.
func (b *bundleCalls) importBundle(w *edge.Response, r *edge.Request) error {
	in := library.BundleImport{Bundle: edge.ReadPatiently(w, r)}
	var err error
	if in.AllowOld, err = r.Query.Flag(allowOld); err != nil {
		return err
	}
	if in.AllowShrink, err = r.Query.Flag(allowShrink); err != nil {
		return err
	}
	if in.Replace, err = r.Query.Flag(replaces); err != nil {
		return err
	}
	done, err := library.ImportBundle(r.Context(), b.library, in)
	if err != nil {
		return badFeed(err)
	}
	w.Note(slog.String("key", done.Key), slog.Time("made", done.Made), slog.Int("feeds", len(done.Feeds)))
	reply, err := b.replyOf(r.Context(), done.Build)
	if err != nil {
		return err
	}
	reply.Bundle = &control.FeedBundle{Key: done.Key, MadeTime: done.Made}
	for _, one := range done.Feeds {
		described := b.describeImport(one.Imported)
		described.Unchanged = one.Unchanged
		reply.Feeds = append(reply.Feeds, described)
	}
	return w.JSON(http.StatusOK, reply)
}

// listKeys is GET /v1/bundle/keys.
func (b *bundleCalls) listKeys(w *edge.Response, r *edge.Request) error {
	all, err := stored.BundleKeys(r.Context(), b.store)
	if err != nil {
		return err
	}
	list := control.BundleKeyList{Keys: []control.BundleKey{}}
	for _, k := range all {
		list.Keys = append(list.Keys, describeKey(k))
	}
	return w.JSON(http.StatusOK, list)
}

func describeKey(k stored.BundleKey) control.BundleKey {
	return control.BundleKey{ID: k.ID, Key: k.Public, Name: k.Name, AddedTime: k.Added}
}

// maxKeyName bounds the name of a key, in bytes.
const maxKeyName = 200

// trustKey is POST /v1/bundle/keys.
func (b *bundleCalls) trustKey(w *edge.Response, r *edge.Request) error {
	var wanted control.NewBundleKey
	if err := edge.ReadObject(w, r, &wanted); err != nil {
		return err
	}
	key, err := bundle.ParsePublicKey(wanted.Key)
	if err != nil {
		return err
	}
	wanted.Name = strings.TrimSpace(wanted.Name)
	if len(wanted.Name) > maxKeyName {
		return edge.Invalid("the name %q has more than %d bytes", parse.Clip(wanted.Name, maxKeyName), maxKeyName)
	}
	trusted := stored.BundleKey{ID: key.ID(), Public: key.String(), Name: wanted.Name, Added: b.clock()}
	w.Note(slog.String("key", trusted.ID))
	if trusted.Added, err = stored.AddBundleKey(r.Context(), b.store, trusted); err != nil {
		return err
	}
	return w.JSON(http.StatusOK, describeKey(trusted))
}

// distrustKey is DELETE /v1/bundle/keys/{id}.
func (b *bundleCalls) distrustKey(w *edge.Response, r *edge.Request) error {
	w.Note(slog.String("key", edge.Clip(r.PathValue("id"))))
	if err := stored.RemoveBundleKey(r.Context(), b.store, r.PathValue("id")); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
