package snapshot

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// ManifestBytes returns a manifest as it is written under a name, and its file of deltas; nil if
// there are none.
func ManifestBytes(name string, m *Manifest) (manifest, changed []byte, err error) {
	if m.Version == 1 {
		manifest, err = m.bytesV1()
		return manifest, nil, err
	}
	own, err := m.ownDeltas()
	if err != nil {
		return nil, nil, err
	}
	if m.Version == 0 {
		m.Version = ManifestVersion
	}
	m.Deltas, m.groups = File{}, m.sum(own)
	if len(own.ranges) > 0 {
		if changed, err = own.append(nil, m.datasets()); err != nil {
			return nil, nil, err
		}
		m.Deltas = File{Path: deltasName(name), Bytes: int64(len(changed)), SHA256: DigestOf(changed)}
	}
	manifest, err = m.append(nil, name)
	return manifest, changed, err
}

// WriteManifest makes the manifest durable under name, and its deltas beside it.
func (f *Files) WriteManifest(name string, m *Manifest) (File, error) {
	data, changed, err := ManifestBytes(name, m)
	if err != nil {
		return File{}, fmt.Errorf("writing manifest %q: %w", name, err)
	}
	batch := f.NewBatch()
	if changed != nil {
		if _, err := batch.Write(m.Deltas.Path, changed); err != nil {
			return File{}, err
		}
		if err := batch.Sync(); err != nil {
			return File{}, fmt.Errorf("writing manifest %q: %w", name, err)
		}
	}
	file, err := batch.Write(name, data)
	if err == nil {
		err = batch.Sync()
	}
	if err != nil {
		return File{}, fmt.Errorf("writing manifest %q: %w", name, err)
	}
	return file, nil
}

// ReadManifest reads a manifest and checks it against the hash in the store. Everything it needs
// later is read anew each time.
func (f *Files) ReadManifest(name string, sum Digest) (*Manifest, error) {
	m, _, err := readManifest(f, name, sum, f)
	return m, err
}

// readManifest is ReadManifest for a manifest that reads from a given source.
func readManifest(f *Files, name string, sum Digest, from source) (m *Manifest, bytes int64, err error) {
	data, err := f.ReadAll(nil, File{Path: name, Bytes: -1, SHA256: sum})
	if err != nil {
		return nil, 0, err
	}
	if m, err = parseManifest(name, data); err != nil {
		return nil, 0, fmt.Errorf("reading manifest %q: %w", name, err)
	}
	m.source, m.Name = from, name
	for i := range m.Ranges {
		m.Ranges[i].source = from
	}
	return m, int64(len(data)), nil
}

// parseManifest reads a manifest of any version. Its result is consistent: parts are of known
// datasets, and equal the sum of their segments.
func parseManifest(name string, data []byte) (*Manifest, error) {
	first, rest, _ := bytes.Cut(data, newline)
	var version struct{ Version int }
	if err := json.Unmarshal(first, &version); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	switch {
	case version.Version > ManifestVersion:
		return nil, fmt.Errorf("version %d, but this program reads up to %d: %w", version.Version, ManifestVersion, ErrNewer)
	case version.Version < 1:
		return nil, fmt.Errorf("version %d: %w", version.Version, ErrDamaged)
	case version.Version == 1:
		return parseV1(data)
	}
	m, err := parseTable(name, first, rest)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return m, nil
}
