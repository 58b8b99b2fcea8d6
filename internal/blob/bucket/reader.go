package bucket

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync/atomic"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/blob/pieces"
)

// reader reads a version of an object by pieces.
type reader struct {
	ctx     context.Context
	service *service
	key     string
	name    string
	version version
	// next is the piece behind those that were fetched last, and run is how many these were.
	next, run atomic.Int32
}

// longestRun is how many pieces one request fetches at most for somebody who reads on and on; less
// if they would be an eighth of the cache, because many may read at a time.
const longestRun = 16

// ReadAt reads from the cache, and fetches the pieces that are missing.
func (r *reader) ReadAt(p []byte, at int64) (n int, err error) {
	if err := r.ctx.Err(); err != nil {
		return 0, fmt.Errorf("reading %q: %w", r.key, err)
	}
	if at < 0 {
		return 0, fmt.Errorf("reading %q: offset %d: %w", r.key, at, fs.ErrInvalid)
	}
	want := p[:max(0, min(int64(len(p)), r.version.bytes-at))]
	for n < len(want) && err == nil {
		from := at + int64(n)
		index, offset := int(from/pieceSize), int(from%pieceSize)
		part := want[n:min(len(want), n+r.version.sizeOf(index)-offset)]
		if r.service.cache.ReadAt(r.id(index), r.version.sizeOf(index), part, offset) {
			n += len(part)
			continue
		}
		var more int
		more, err = r.fetch(want[n:], index, offset)
		n += more
	}
	switch {
	case err != nil:
		return n, fmt.Errorf("reading %q: %w", r.key, err)
	case n < len(p):
		return n, io.EOF
	}
	return n, nil
}

func (r *reader) id(index int) pieces.ID { return r.service.piece(r.name, r.version, index) }

// fetch fills p from an offset in a piece on, and fetches further pieces for one who reads on.
func (r *reader) fetch(p []byte, index, offset int) (n int, err error) {
	need := (offset + len(p) + pieceSize - 1) / pieceSize
	run := need
	if int(r.next.Load()) == index && index > 0 {
		run = max(need, min(longestRun, 2*int(r.run.Load()), int(r.service.cache.Most()/pieceSize/8)))
	}
	run = min(run, r.version.count()-index)
	err = r.walk(index, index+run, func(i int, data []byte) {
		if i < index+need {
			n += copy(p[n:], data[offset:])
			offset = 0
		}
	})
	r.next.Store(int32(index + run))
	r.run.Store(int32(run))
	return n, err
}

// hash reads the whole version; with fresh from the service alone.
func (r *reader) hash(fresh bool) (sum blob.Digest, err error) {
	if fresh {
		r.service.forget(r.name, r.version)
	}
	state := sha256.New()
	if err := r.walk(0, r.version.count(), func(_ int, data []byte) { state.Write(data) }); err != nil {
		return sum, fmt.Errorf("reading %q: %w", r.key, err)
	}
	return blob.Digest(state.Sum(nil)), nil
}

// walk visits pieces in order. It takes them from the cache, from others who fetch them, and from
// the service.
func (r *reader) walk(from, to int, visit func(i int, data []byte)) error {
	for i := from; i < to; {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		if data := r.cached(i); data != nil {
			visit(i, data)
			i++
			continue
		}
		flight, mine := r.service.cache.Claim(r.id(i))
		if !mine {
			data, err := flight.Wait(r.ctx)
			if err == nil {
				visit(i, data)
				i++
			} else if !isOurs(err) {
				return err
			}
			continue
		}
		if data := r.cached(i); data != nil { // another one had just fetched it
			r.service.cache.Land(flight, data, nil)
			continue
		}
		next, err := r.stream(flight, i, to, visit)
		if err != nil {
			return err
		}
		i = next
	}
	return nil
}

// isOurs reports whether an error of another's flight says nothing about our own.
func isOurs(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// cached returns a whole piece, or nil.
func (r *reader) cached(i int) []byte {
	id := r.id(i)
	if !r.service.cache.Has(id) {
		return nil
	}
	data := make([]byte, r.version.sizeOf(i))
	if !r.service.cache.ReadAt(id, len(data), data, 0) {
		return nil
	}
	return data
}

// mostAtOnce is how many pieces one request fetches.
const mostAtOnce = 64

// stream fetches a piece whose flight is ours, and those behind it that nobody has or fetches, and
// returns the first one that it did not fetch. If the connection breaks it goes on behind the last
// piece that came.
func (r *reader) stream(first *pieces.Flight, from, to int, visit func(i int, data []byte)) (next int, err error) {
	flights := []*pieces.Flight{first}
	for i := from + 1; i < min(to, from+mostAtOnce) && !r.service.cache.Has(r.id(i)); i++ {
		f, mine := r.service.cache.Claim(r.id(i))
		if !mine {
			break
		}
		flights = append(flights, f)
	}
	next = from
	end := from + len(flights)
	defer func() {
		for ; next < end; next++ { // after an error or a panic
			r.service.cache.Land(flights[next-from], nil, errOr(err))
		}
	}()
	for next < end && err == nil {
		before := next
		var failed error
		err = r.service.again(r.ctx, func() error {
			if before < next { // patience begins anew with each piece
				return nil
			}
			failed = r.get(next, end, func(data []byte) {
				r.service.cache.Land(flights[next-from], data, nil)
				visit(next, data)
				next++
			})
			if before < next && kindOf(failed) == passing {
				return nil
			}
			return failed
		})
	}
	return next, err
}

func errOr(err error) error {
	if err == nil {
		return errShort
	}
	return err
}

// get makes one request for pieces.
func (r *reader) get(from, to int, visit func(data []byte)) error {
	at := int64(from) * pieceSize
	bytes := min(int64(to)*pieceSize, r.version.bytes) - at
	in, size, err := r.service.dialect.get(r.ctx, r.name, r.version.etag, at, bytes)
	if err != nil {
		if kindOf(err) == missing {
			return errReplaced
		}
		return err
	}
	defer in.Close()
	if size != r.version.bytes {
		return errReplaced
	}
	for i := from; i < to; i++ {
		data := make([]byte, r.version.sizeOf(i))
		if _, err := io.ReadFull(in, data); err != nil {
			return fmt.Errorf("%w: %w", errShort, err)
		}
		visit(data)
	}
	return nil
}
