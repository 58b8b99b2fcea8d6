package snapshot_test

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/blob/blobtest"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/snapshot"
)

// Snapshots work in object storage as in a folder: they are written, read, copied, cut into pages
// and checked there; damage is named and repaired from a copy.
func TestSnapshotsLieInObjectStorage(t *testing.T) {
	service := blobtest.NewService()
	bucket, err := service.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer bucket.Close()
	l := &lab{TB: t, files: snapshot.New(bucket), encoder: gzipjoin.NewEncoder()}
	before, after := generations(l)
	first, second := l.publish(1, before), l.publish(2, after)
	if problems := l.verify(first, second); len(problems) > 0 {
		t.Fatalf("%q", problems)
	}
	file, err := l.files.WriteManifest(snapshot.ManifestName("org", 2, "0b6c3f1e-53d0-4c8e-9f52-7a3f1d2b9c10"), second)
	if err != nil {
		t.Fatal(err)
	}
	if second, err = l.files.ReadManifest(file.Path, file.SHA256); err != nil {
		t.Fatal(err)
	}
	page := func() []byte {
		return l.rows(l.parts(second, false, nil, defender.Software), snapshot.Position{}, snapshot.Position{Part: 1})
	}
	want := concat(after.hosts, defender.Software)
	if got := page(); !bytes.Equal(got, want) {
		t.Errorf("rows\n%s\nwant\n%s", got, want)
	}

	made := l.write(0, after.hosts...)
	w := l.writer(0)
	var mem snapshot.Buffers
	defer mem.Close()
	reader, err := l.files.OpenRange(&made.Range, &mem)
	if err == nil {
		err = w.Copy(reader, 0, len(after.hosts))
	}
	if err != nil {
		t.Fatal(err)
	}
	if copied := l.close(w); l.full(copied, defender.Software).SHA256 != l.full(made, defender.Software).SHA256 {
		t.Error("a range that was copied whole has another part")
	}

	part := l.index(&second.Ranges[0]).Full.Of(defender.Software).File
	content, err := l.files.Open(part.Path)
	if err != nil {
		t.Fatal(err)
	}
	sound, err := io.ReadAll(content)
	if err != nil {
		t.Fatal(err)
	}
	damaged := slices.Clone(sound)
	damaged[len(damaged)/2] ^= 1
	for what, bytes := range map[string][]byte{"damaged": damaged, "gone": nil} {
		service.Lay(part.Path, bytes)
		if err := l.files.Check(part, false); !errors.Is(err, snapshot.ErrDamaged) ||
			!strings.Contains(err.Error(), part.Path) {
			t.Errorf("%s: %v, want ErrDamaged and the name", what, err)
		}
		if problems := l.verify(second); len(problems) == 0 {
			t.Errorf("%s, and nothing is wrong", what)
		}
	}
	if err := l.files.Restore(part, bytes.NewReader(sound)); err != nil {
		t.Fatal(err)
	}
	if got := page(); !bytes.Equal(got, want) || len(l.verify(first, second)) > 0 {
		t.Error("what was restored is not what was there")
	}
	if err := l.files.List(t.Context(), "org", l.files.Remove); err != nil {
		t.Fatal(err)
	}
	if left, err := l.files.Organizations(); err != nil || len(left) > 0 {
		t.Errorf("%q is left, %v", left, err)
	}
}
