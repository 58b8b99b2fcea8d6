package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel/bundle"
	"github.com/muster-project/muster/internal/plain"
)

// feedBundleCmd is `muster feed bundle`.
type feedBundleCmd struct {
	Key      bundleKeyCmd      `cmd:"" help:"Make a key that signs bundles, or show its public key."`
	Create   bundleCreateCmd   `cmd:"" help:"Write all feeds to one signed file."`
	Trust    bundleTrustCmd    `cmd:"" help:"Import bundles that a key signed."`
	Distrust bundleDistrustCmd `cmd:"" help:"Import bundles of a key no longer."`
	Keys     bundleKeysCmd     `cmd:"" help:"List the keys whose bundles are imported."`
	Import   bundleImportCmd   `cmd:"" help:"Import all feeds of a bundle, or none."`
}

// bundleKeyCmd is `muster feed bundle key`.
type bundleKeyCmd struct {
	File string `arg:"" help:"File with the private key. It is made if it is not there."`
}

// Help is the long part of the command's help.
func (bundleKeyCmd) Help() string {
	return `Prints the public key of the private key in a file, for muster feed bundle trust at the sites that import. If there is no such file, a key is made and written to it (Ed25519, in PEM); only its owner may read it. Keep it where bundles are made: who has it can make bundles that those sites import.

Examples:

    muster feed bundle key bundle.key

Exit statuses: 0 done, 1 failed, 2 wrong usage, 5 the file is not a key.`
}

// Run prints a public key.
func (c *bundleKeyCmd) Run(t *console.Terminal) error {
	key, err := readBundleKey(c.File)
	if errors.Is(err, fs.ErrNotExist) {
		if key, err = makeBundleKey(c.File); err == nil {
			t.Warn("made a key in %s: keep it secret", plain.Inline(c.File))
		}
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(t.Out, key.Public())
	return err
}

// maxKeyFile bounds the file of a key, in bytes.
const maxKeyFile = 64 << 10

// readBundleKey reads the private key in a file.
func readBundleKey(name string) (bundle.Key, error) {
	file, err := os.Open(name)
	if err != nil {
		return bundle.Key{}, fmt.Errorf("%w: opening the key: %w", control.ErrInput, console.AsNamed(err))
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile))
	if err != nil {
		return bundle.Key{}, fmt.Errorf("reading the key: %w", console.AsNamed(err))
	}
	key, err := bundle.ParseKey(text)
	if err != nil {
		return key, fmt.Errorf("%w: file %q: %w", control.ErrInput, name, err)
	}
	return key, nil
}

// makeBundleKey makes a key in a new file.
func makeBundleKey(name string) (key bundle.Key, err error) {
	if key, err = bundle.NewKey(rand.Reader); err != nil {
		return key, err
	}
	text, err := key.PEM()
	if err != nil {
		return key, err
	}
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return key, fmt.Errorf("making the file of the key: %w", err)
	}
	if _, err = file.Write(text); err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return key, fmt.Errorf("writing the key: %w", errors.Join(err, os.Remove(name)))
	}
	return key, nil
}

// bundleCreateCmd is `muster feed bundle create`.
type bundleCreateCmd struct {
	File     string `arg:"" help:"File to write, such as feeds.bundle."`
	SignWith string `required:"" placeholder:"FILE" help:"File with the private key, as muster feed bundle key makes it."`
	Force    bool   `help:"Replace the file if it is there."`
	connect.Flags
}

// Help is the long part of the command's help.
func (bundleCreateCmd) Help() string {
	return `Writes all feeds with their raw files to one file, a tar archive, and signs it. A site without a network imports it with muster feed bundle import. It has everything that muster feed list lists, also titles; no exceptions, devices or settings. Fetch the feeds before: a bundle is as old as its feeds.

With --server the feeds of the server are downloaded; the key stays here.

Examples:

    muster feed refresh --data muster-data
    muster feed bundle create feeds.bundle --sign-with bundle.key --data muster-data

Exit statuses: 0 written, 1 failed, 2 wrong usage, 3 data folder in use, 5 there are no feeds, or no key, 6 server not reached.`
}

// Run writes a bundle.
func (c *bundleCreateCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	key, err := readBundleKey(c.SignWith)
	if err != nil {
		return err
	}
	if _, err := os.Lstat(c.File); err == nil && !c.Force {
		return plain.Hinted(fmt.Errorf("%w: %q is there already", control.ErrInput, c.File), "--force replaces it")
	}
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		shown := t.Begin("writing the bundle")
		made, size, err := c.write(ctx, s, key, shown)
		shown.End()
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(t.Out, "wrote %d feeds, %s, to %s, signed by key %s\n", len(made.Feeds), console.Size(size),
			plain.Inline(c.File), key.Public().ID())
		return err
	})
}

// write writes the file under another name first, so that it is complete or not there.
func (c *bundleCreateCmd) write(ctx context.Context, s *connect.State, key bundle.Key,
	shown *console.Progress) (made bundle.Manifest, size int64, err error) {
	partial := c.File + ".partial"
	file, err := os.Create(partial)
	if err != nil {
		return made, 0, fmt.Errorf("making the bundle: %w", err)
	}
	written := io.MultiWriter(file, &meter{tell: func(n int64) {
		size = n
		shown.Say("writing the bundle: %s", console.Size(n))
	}})
	err = s.Stream(ctx, control.MakeBundle(), func(body io.Reader) (err error) {
		made, err = bundle.Sign(written, body, key)
		return err
	})
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(partial, c.File)
	}
	if err == nil {
		return made, size, nil
	}
	if errors.Is(err, bundle.ErrTruncated) {
		err = plain.Hinted(err, "the connection broke, or a feed was replaced meanwhile: run it again")
	}
	return made, 0, fmt.Errorf("making the bundle: %w", errors.Join(s.Explain(err), os.Remove(partial)))
}

// meter is called with the number of bytes that were written to it so far.
type meter struct {
	tell func(bytes int64)
	n    int64
}

// Write counts a piece.
func (m *meter) Write(p []byte) (int, error) {
	m.n += int64(len(p))
	m.tell(m.n)
	return len(p), nil
}

// bundleTrustCmd is `muster feed bundle trust`.
type bundleTrustCmd struct {
	Key  string `arg:"" help:"The public key that muster feed bundle key printed; - reads it from standard input."`
	Name string `placeholder:"TEXT" help:"Whose key it is, for people."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (bundleTrustCmd) Help() string {
	return `Bundles that this key signed are imported from now on. Give each site the key once, by a way that nobody can change: whoever has the private key decides what the fleet is told.

Examples:

    muster feed bundle trust muster-bundle:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo= --name "site with a network" --data muster-data

Exit statuses: 0 done, 1 failed, 2 wrong usage, 3 data folder in use, 5 it is not a key, 6 server not reached.`
}

// Run trusts a key.
func (c *bundleTrustCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	text := c.Key
	if text == "-" {
		read, err := io.ReadAll(io.LimitReader(t.In, maxKeyFile))
		if err != nil {
			return fmt.Errorf("reading the key: %w", err)
		}
		text = string(read)
	}
	key, err := bundle.ParsePublicKey(text)
	if err != nil {
		return fmt.Errorf("%w: %w", control.ErrInput, err)
	}
	return c.Work(ctx, k, t, connect.Need{Make: true}, func(s *connect.State) error {
		reply, err := connect.Ask(ctx, s, control.TrustBundleKey(control.NewBundleKey{Key: key.String(), Name: c.Name}), "trusting the key")
		if err != nil {
			return err
		}
		return connect.Show(t, c.JSON, reply, func(k control.BundleKey) error {
			_, err := fmt.Fprintf(t.Out, "bundles signed by key %s are imported\n", k.ID)
			return err
		})
	})
}

// bundleDistrustCmd is `muster feed bundle distrust`.
type bundleDistrustCmd struct {
	ID string `arg:"" name:"id" help:"The id of the key, as muster feed bundle keys shows it."`
	connect.Flags
}

// Help is the long part of the command's help.
func (bundleDistrustCmd) Help() string {
	return `Bundles that the key signed are refused from now on. Feeds that came by them stay as they are: import others in their place, or remove them with muster feed remove.

Examples:

    muster feed bundle distrust 1f0a5c2b9d3e4f60 --data muster-data

Exit statuses: 0 done, 1 failed, 2 wrong usage, 3 data folder in use, 5 no such key, 6 server not reached.`
}

// Run trusts a key no longer.
func (c *bundleDistrustCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		if _, err := connect.Ask(ctx, s, control.DistrustBundleKey(c.ID), "removing key %q", c.ID); err != nil {
			return err
		}
		_, err := fmt.Fprintf(t.Out, "bundles signed by key %s are refused\n", plain.Inline(c.ID))
		return err
	})
}

// bundleKeysCmd is `muster feed bundle keys`.
type bundleKeysCmd struct{ connect.ReplyFlags }

// Help is the long part of the command's help.
func (bundleKeysCmd) Help() string {
	return `Lists the public keys whose bundles are imported.

Examples:

    muster feed bundle keys --data muster-data

Exit statuses: 0 listed, 1 failed, 3 data folder in use, 6 server not reached.`
}

// Run lists keys.
func (c *bundleKeysCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return connect.List(ctx, k, t, &c.ReplyFlags, control.ListBundleKeys(), "listing keys of bundles", func(l control.BundleKeyList) error {
		var rows [][]string
		for _, key := range l.Keys {
			rows = append(rows, []string{key.ID, plain.Inline(key.Name), console.Instant(key.AddedTime), key.Key})
		}
		return t.Table([]string{"id", "name", "added", "key"}, rows)
	})
}

// bundleImportCmd is `muster feed bundle import`.
type bundleImportCmd struct {
	File        string `arg:"" help:"The bundle."`
	AllowOld    bool   `help:"Accept a bundle that is older than 30 days, or that has feeds older than those that are here."`
	AllowShrink bool   `help:"Accept a feed that has lost more than half of its records."`
	Replace     bool   `help:"Accept a feed that is about something else than the one of its name, such as another ecosystem."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (bundleImportCmd) Help() string {
	return `Imports all feeds of a bundle, which muster feed bundle create made elsewhere, or none: before the first feed is replaced, the signature and the hashes of all files are checked, and every feed is read to its end. A bundle is refused that is not signed, signed by a key that is not trusted here, changed, cut off, too large, made by a newer program, or old. Feeds that are not in it stay as they are.

Feeds keep the times at which they were fetched where the bundle was made: one of 40 days ago is 40 days old here.

Examples:

    muster feed bundle import feeds.bundle --data muster-data
    muster feed bundle import feeds.bundle --server http://127.0.0.1:8800

Exit statuses: 0 imported, 1 failed, 2 wrong usage, 3 data folder in use, 5 the bundle is refused, 6 server not reached.`
}

// Run imports a bundle.
func (c *bundleImportCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	info, err := os.Stat(c.File)
	if err != nil {
		return fmt.Errorf("%w: opening the bundle: %w", control.ErrInput, console.AsNamed(err))
	}
	return c.Work(ctx, k, t, connect.Need{Make: true}, func(s *connect.State) error {
		shown := t.Begin("importing the bundle")
		open := func() (io.ReadCloser, error) {
			file, err := openInput(c.File)
			if err != nil {
				return nil, err
			}
			read := &meter{tell: func(n int64) {
				if n == info.Size() {
					shown.Say("reading the feeds")
				} else {
					shown.Say("importing %s of %s", console.Size(n), console.Size(info.Size()))
				}
			}}
			return struct {
				io.Reader
				io.Closer
			}{io.TeeReader(file, read), file}, nil
		}
		reply, err := connect.Ask(ctx, s, control.ImportBundle(control.BundleImport{Open: open, AllowOld: c.AllowOld,
			AllowShrink: c.AllowShrink, Replace: c.Replace}), "importing bundle %q", c.File)
		if err == nil {
			reply, err = awaitBuild(ctx, s, reply, shown)
		}
		shown.End()
		if err != nil {
			return adviseBundle(adviseImport(err, c.File))
		}
		return connect.Show(t, c.JSON, reply, func(f control.FeedsReply) error {
			if b := f.Bundle; b != nil {
				fmt.Fprintf(t.Out, "the bundle was made on %s, signed by key %s\n", b.MadeTime.Format(time.DateOnly), b.Key)
			}
			return printImports(t, f)
		})
	})
}

// adviseBundle adds what to do about a bundle that is refused.
func adviseBundle(err error) error {
	switch {
	case control.HasCode(err, control.CodeBundleKeyUnknown):
		return plain.Hinted(err, "muster feed bundle keys lists those that are trusted, muster feed bundle trust adds one")
	case control.HasCode(err, control.CodeBundleOld):
		return plain.Hinted(err, "to import it all the same: --allow-old")
	case control.HasCode(err, control.CodeBundleNewer):
		return plain.Hinted(err, "update muster here first")
	case control.HasCode(err, control.CodeBundleTruncated), control.HasCode(err, control.CodeBundleTampered):
		return plain.Hinted(err, "copy the file again")
	}
	return err
}
