package blobtest

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/blob"
)

// Service is a model of object storage in memory: what S3 and Azure Blob have in common. Uploads
// come in parts and become visible when they are complete.
type Service struct {
	mu      sync.Mutex
	objects map[string]object
	uploads map[int]unfinished
	begun   int // counts uploads and laid objects
	left    int // changes until one fails
	failure error
	crash   bool
}

// unfinished is an upload that was not completed.
type unfinished struct {
	data  []byte
	owner *Bucket
}

type object struct {
	data    []byte
	written time.Time
	version int
}

// pageSize is how many keys a page of a listing has at most.
const pageSize = 7

// NewService returns an empty Service.
func NewService() *Service {
	return &Service{objects: map[string]object{}, uploads: map[int]unfinished{}, left: 1 << 30}
}

// Open opens a store and removes nothing: other stores may be uploading.
func (s *Service) Open() (blob.Store, error) {
	s.Break(1<<30, nil, false)
	spool, err := os.MkdirTemp("", "muster-spool-*")
	if err != nil {
		return nil, err
	}
	return &Bucket{service: s, spool: spool}, nil
}

// Break makes a change fail.
func (s *Service) Break(after int, err error, crash bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.left, s.failure, s.crash = after, err, crash
}

// Lay changes an object behind the back of a store.
func (s *Service) Lay(key string, data []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if data == nil {
		delete(s.objects, key)
		return
	}
	s.begun++
	s.objects[key] = object{slices.Clone(data), time.Now(), s.begun}
}

// Left counts uploads that were neither completed nor aborted. Those of stores that are closed do
// not count, as a rule of the service removes them after some days.
func (s *Service) Left() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.uploads {
		if !u.owner.closed {
			n++
		}
	}
	return n
}

// Shared is true.
func (s *Service) Shared() bool { return true }

// change must be called first by every request that changes something. The caller holds s.mu.
func (s *Service) change(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if s.left--; s.left == -1 || s.left < -1 && s.crash {
		return s.failure
	}
	return nil
}

// begin begins an upload.
func (s *Service) begin(ctx context.Context, owner *Bucket) (upload int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.change(ctx); err != nil {
		return 0, err
	}
	s.begun++
	s.uploads[s.begun] = unfinished{owner: owner}
	return s.begun, nil
}

// part adds to an upload.
func (s *Service) part(ctx context.Context, upload int, data []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.change(ctx); err != nil {
		return err
	}
	u := s.uploads[upload]
	u.data = append(u.data, data...)
	s.uploads[upload] = u
	return nil
}

// complete turns an upload into the object with a key; if fresh, only if there is no such object
// (If-None-Match: *).
func (s *Service) complete(ctx context.Context, upload int, key string, ifAbsent bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.change(ctx); err != nil {
		return err
	}
	if _, taken := s.objects[key]; taken && ifAbsent {
		return fs.ErrExist
	}
	s.objects[key] = object{s.uploads[upload].data, time.Now(), upload}
	delete(s.uploads, upload)
	return nil
}

// copy makes a new object with the content of another one.
func (s *Service) copy(ctx context.Context, from, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.change(ctx); err != nil {
		return err
	}
	source, ok := s.objects[from]
	if !ok {
		return fs.ErrNotExist
	}
	if _, taken := s.objects[key]; taken {
		return fs.ErrExist
	}
	s.begun++
	s.objects[key] = object{source.data, time.Now(), s.begun}
	return nil
}

// giveUp aborts an upload.
func (s *Service) giveUp(upload int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.change(context.Background()) == nil {
		delete(s.uploads, upload)
	}
}

// get returns an object.
func (s *Service) get(ctx context.Context, key string) (object, error) {
	if err := ctx.Err(); err != nil {
		return object{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.objects[key]
	if !ok {
		return o, fs.ErrNotExist
	}
	return o, nil
}

// remove removes an object.
func (s *Service) remove(ctx context.Context, key string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.change(ctx); err != nil {
		return err
	}
	delete(s.objects, key)
	return nil
}

// list returns a page of the keys with a prefix that come after a key, in order.
func (s *Service) list(ctx context.Context, prefix, after string) (keys []string, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.objects {
		if strings.HasPrefix(key, prefix) && key > after {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys[:min(pageSize, len(keys))], nil
}

// Bucket is a blob.Store on a Service.
type Bucket struct {
	service *Service
	spool   string // the folder for fetched objects
	closed  bool   // guarded by service.mu
}

// Close removes the spool.
func (b *Bucket) Close() error {
	b.service.mu.Lock()
	b.closed = true
	b.service.mu.Unlock()
	return os.RemoveAll(b.spool)
}

// Usable makes a request.
func (b *Bucket) Usable(ctx context.Context) error {
	_, err := b.service.list(ctx, "", "")
	return err
}

// Doubt does nothing: a Bucket reads every object through.
func (b *Bucket) Doubt(string) {}

// Open reads by ranges.
func (b *Bucket) Open(ctx context.Context, key string) (blob.Blob, error) {
	o, err := b.service.get(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", key, err)
	}
	at := &ranges{b, ctx, key, o.version}
	return &remote{io.NewSectionReader(at, 0, int64(len(o.data))), key, o.written}, nil
}

// ranges reads parts of one version of an object (If-Match).
type ranges struct {
	bucket  *Bucket
	ctx     context.Context
	key     string
	version int
}

func (r *ranges) ReadAt(p []byte, at int64) (int, error) {
	o, err := r.bucket.service.get(r.ctx, r.key)
	if err == nil && o.version != r.version {
		err = errors.New("it was replaced meanwhile")
	}
	if err != nil {
		return 0, fmt.Errorf("reading %q: %w", r.key, err)
	}
	n := copy(p, o.data[at:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// remote is an open object.
type remote struct {
	*io.SectionReader
	key     string
	written time.Time
}

func (r *remote) Close() error               { return nil }
func (r *remote) Stat() (fs.FileInfo, error) { return r, nil }
func (r *remote) Name() string               { return r.key[strings.LastIndexByte(r.key, '/')+1:] }
func (r *remote) Mode() fs.FileMode          { return 0o400 }
func (r *remote) ModTime() time.Time         { return r.written }
func (r *remote) IsDir() bool                { return false }
func (r *remote) Sys() any                   { return nil }

// OpenChecked fetches the object to a local file and checks that.
func (b *Bucket) OpenChecked(ctx context.Context, want blob.Ref, _ bool) (blob.Blob, error) {
	o, err := b.service.get(ctx, want.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, blob.Damaged(want.Path, "object is gone")
	}
	if err != nil {
		return nil, fmt.Errorf("opening %q: %w", want.Path, err)
	}
	if want.Bytes >= 0 && int64(len(o.data)) != want.Bytes || sha256.Sum256(o.data) != want.SHA256 {
		return nil, blob.Damaged(want.Path, "bytes or SHA-256 differ")
	}
	file, err := os.CreateTemp(b.spool, "")
	if err != nil {
		return nil, err
	}
	_, err = file.Write(o.data)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	return spooled{file}, err
}

// spooled is a fetched file, which is removed when it is closed.
type spooled struct{ *os.File }

func (s spooled) Close() error { return errors.Join(s.File.Close(), os.Remove(s.Name())) }

// List lists page by page.
func (b *Bucket) List(ctx context.Context, prefix string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		err := checkPrefix(prefix)
		for after := ""; err == nil; {
			var page []string
			if page, err = b.service.list(ctx, prefix, after); len(page) == 0 {
				break
			}
			for _, key := range page {
				if !yield(key, nil) {
					return
				}
			}
			after = page[len(page)-1]
		}
		if err != nil {
			yield("", fmt.Errorf("listing %q: %w", prefix, err))
		}
	}
}

// checkPrefix checks a prefix as the contract says.
func checkPrefix(prefix string) error {
	if folder, ok := strings.CutSuffix(prefix, "/"); prefix != "" && (!ok || blob.CheckKey(folder) != nil) {
		return blob.ErrKey
	}
	return nil
}

// Children returns the text before the next slash, like a listing with a delimiter.
func (b *Bucket) Children(ctx context.Context, prefix string) (names []string, err error) {
	for key, err := range b.List(ctx, prefix) {
		if err != nil {
			return nil, err
		}
		name, _, _ := strings.Cut(key[len(prefix):], "/")
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Remove removes an object.
func (b *Bucket) Remove(ctx context.Context, key string) error {
	if err := b.service.remove(ctx, key); err != nil {
		return fmt.Errorf("removing %q: %w", key, explain(err))
	}
	return nil
}

// Replace uploads an object and completes it if its bytes are right.
func (b *Bucket) Replace(ctx context.Context, want blob.Ref, src io.Reader) error {
	w, err := b.create(ctx, want.Path, false)
	if err != nil {
		return err
	}
	defer w.Abort()
	if _, err := io.Copy(w, src); err != nil {
		return err
	}
	if got := w.ref(); want.Bytes >= 0 && got.Bytes != want.Bytes || got.SHA256 != want.SHA256 {
		return blob.Damaged(want.Path, "the copy has different bytes")
	}
	_, err = w.Commit()
	return err
}

// NewBatch returns a batch without state: a complete upload is durable.
func (b *Bucket) NewBatch() blob.Batch { return bucketBatch{b} }

type bucketBatch struct{ bucket *Bucket }

// Sync has nothing to do.
func (b bucketBatch) Sync(ctx context.Context) error { return ctx.Err() }

// Create begins an upload.
func (b bucketBatch) Create(ctx context.Context, key string) (blob.Writer, error) {
	return b.bucket.create(ctx, key, true)
}

// Copy lets the service copy: S3 and Azure do so without sending the bytes to the client.
func (b bucketBatch) Copy(ctx context.Context, from, key string) error {
	err := blob.CheckKey(key)
	if err == nil {
		err = b.bucket.service.copy(ctx, from, key)
	}
	if err != nil {
		return fmt.Errorf("copying %q to %q: %w", from, key, explain(err))
	}
	return nil
}

func (b *Bucket) create(ctx context.Context, key string, ifAbsent bool) (*upload, error) {
	err := blob.CheckKey(key)
	w := &upload{ctx: ctx, bucket: b, key: key, ifAbsent: ifAbsent, sum: sha256.New()}
	if err == nil {
		w.id, err = b.service.begin(ctx, b)
	}
	if err != nil {
		return nil, w.explain(err)
	}
	return w, nil
}

// upload is a Writer.
type upload struct {
	ctx      context.Context
	bucket   *Bucket
	key      string
	ifAbsent bool
	id       int
	ended    bool
	part     []byte
	sum      hash.Hash
	bytes    int64
}

// partSize is the size of a part in bytes.
const partSize = 64 << 10

func (u *upload) explain(err error) error { return fmt.Errorf("writing %q: %w", u.key, explain(err)) }

// explain makes an error of a full service wrap blob.ErrFull.
func explain(err error) error {
	if blob.IsFull(err) {
		return fmt.Errorf("%w: %w", blob.ErrFull, err)
	}
	return err
}

// Write sends whole parts.
func (u *upload) Write(p []byte) (int, error) {
	if u.ended {
		return 0, u.explain(fs.ErrClosed)
	}
	u.part = append(u.part, p...)
	for len(u.part) >= partSize {
		if err := u.bucket.service.part(u.ctx, u.id, u.part[:partSize]); err != nil {
			return 0, u.explain(err)
		}
		u.part = u.part[partSize:]
	}
	u.sum.Write(p)
	u.bytes += int64(len(p))
	return len(p), nil
}

func (u *upload) ref() blob.Ref {
	return blob.Ref{Path: u.key, Bytes: u.bytes, SHA256: blob.Digest(u.sum.Sum(nil))}
}

// Commit completes the upload.
func (u *upload) Commit() (blob.Ref, error) {
	if u.ended {
		return blob.Ref{}, u.explain(fs.ErrClosed)
	}
	err := u.bucket.service.part(u.ctx, u.id, u.part)
	if err == nil {
		err = u.bucket.service.complete(u.ctx, u.id, u.key, u.ifAbsent)
	}
	if err != nil {
		u.Abort()
		return blob.Ref{}, u.explain(err)
	}
	u.ended = true
	return u.ref(), nil
}

// Abort aborts the upload.
func (u *upload) Abort() {
	if !u.ended {
		u.ended = true
		u.bucket.service.giveUp(u.id)
	}
}
