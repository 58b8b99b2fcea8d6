package intel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"sync"
	"unicode/utf8"

	"golang.org/x/sync/semaphore"
)

// Decode turns documents into records by calling decode on all cores, and yields them in the
// documents' order. decode must be safe for concurrent use. It may return records and a
// *RecordError, ErrNotRecord, or any other error, which ends the sequence (see Feed.Parse). If not
// a single document was a record, the last element wraps ErrNoRecords, and says why the first of those
// left out was. A *RecordError among docs is passed on, and the documents go on.
func Decode(ctx context.Context, docs iter.Seq2[Document, error],
	decode func(Document) ([]Record, error)) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		cores := runtime.GOMAXPROCS(0)
		d := decoder{
			queue:  make(chan *decoding, 8*cores),
			work:   make(chan *decoding, 8*cores),
			memory: semaphore.NewWeighted(maxInFlight),
		}
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()
		running.Go(func() { d.read(ctx, docs) })
		for range cores {
			running.Go(func() { d.decode(decode) })
		}
		d.deliver(ctx, yield)
	}
}

// Limits of the memory for documents in progress.
const (
	// maxInFlight bounds the memory, in bytes, of documents that were read and not delivered; a
	// larger document is processed alone.
	maxInFlight = 128 << 20
	// maxValues bounds the values of one document: objects, lists and items of either. The largest
	// real ones have about 300,000 versions.
	maxValues = 500_000
	// valueWeight is the memory for a decoded value, in bytes: an empty object, which counts as
	// two, becomes a structure, and lists of structures grow.
	valueWeight = 160
)

// decoder passes documents from one reader to workers on all cores and on to one consumer. The
// queue has them in order, decoded or in progress.
type decoder struct {
	queue, work chan *decoding
	memory      *semaphore.Weighted
}

// decoding is one document in progress: done is closed when records and err are set.
type decoding struct {
	doc     Document
	taken   int64 // memory it uses
	records []Record
	err     error
	done    chan struct{}
}

// weight returns the memory that the document uses.
func (d *decoding) weight() int64 {
	size := 2*len(d.doc.Data) + valueWeight*min(d.doc.values(), maxValues)
	return int64(min(size, maxInFlight))
}

// values returns an upper bound of the number of values in a document. It is fast and also counts
// characters inside strings.
func (d Document) values() int {
	n := 0
	for _, mark := range [...]string{"{", "[", ","} {
		n += bytes.Count(d.Data, []byte(mark))
	}
	return n
}

// read queues documents until they end, one has an error, or the consumer stops.
func (d *decoder) read(ctx context.Context, docs iter.Seq2[Document, error]) {
	defer close(d.queue)
	defer close(d.work)
	for doc, err := range docs {
		next := &decoding{doc: doc, err: err, done: make(chan struct{})}
		next.taken = next.weight()
		if d.memory.Acquire(ctx, next.taken) != nil || !send(ctx, d.queue, next) {
			return
		}
		if err != nil {
			close(next.done)
			if isOdd(err) {
				continue
			}
			return
		}
		if !send(ctx, d.work, next) {
			return
		}
	}
}

// isOdd reports whether an error is about one document that is left out.
func isOdd(err error) bool {
	var odd *RecordError
	return errors.As(err, &odd)
}

func send(ctx context.Context, to chan<- *decoding, next *decoding) bool {
	select {
	case to <- next:
		return true
	case <-ctx.Done():
		return false
	}
}

func (d *decoder) decode(decode func(Document) ([]Record, error)) {
	for next := range d.work {
		next.records, next.err = next.doc.bounded(decode)
		close(next.done)
	}
}

// bounded decodes a document and leaves it out if it states too much. Compiling may multiply a
// record, whatever its length: each package by each CVE and each range.
func (d Document) bounded(decode func(Document) ([]Record, error)) ([]Record, error) {
	records, err := decode(d)
	for i := range records {
		if d.Listing != nil {
			records[i].Listing = d.Listing
		}
		if n := records[i].Rules(); n > MaxRules {
			return nil, d.Odd("%d statements on versions: %w", n, ErrTooLarge)
		}
	}
	return records, err
}

// deliver yields the results in the queue, in order.
func (d *decoder) deliver(ctx context.Context, yield func(Record, error) bool) {
	sound := 0
	var odd error // the first
	for next := range d.queue {
		select {
		case <-next.done:
		case <-ctx.Done():
		}
		if ctx.Err() != nil {
			break
		}
		d.memory.Release(next.taken)
		if next.err == nil || len(next.records) > 0 {
			sound++
		} else if odd == nil && isOdd(next.err) {
			odd = next.err
		}
		if !next.deliver(yield) {
			return
		}
	}
	if err := ctx.Err(); err != nil {
		yield(Record{}, err)
	} else if sound == 0 && odd != nil {
		yield(Record{}, fmt.Errorf("%w, and the first was left out: %s", ErrNoRecords, odd))
	} else if sound == 0 {
		yield(Record{}, ErrNoRecords)
	}
}

// deliver yields one document's records and error; false ends the sequence.
func (d *decoding) deliver(yield func(Record, error) bool) bool {
	for _, record := range d.records {
		if !yield(record, nil) {
			return false
		}
	}
	if d.err == nil || errors.Is(d.err, ErrNotRecord) {
		return true
	}
	return yield(Record{}, d.err) && isOdd(d.err)
}

// UnmarshalList decodes a document that is a list, item by item, so that a long list does not count as one value. A
// document that is not is a *RecordError, and so is what item returns, which ends the list.
func UnmarshalList[T any](doc Document, item func(at int, v *T) error) error {
	if !utf8.Valid(doc.Data) {
		return doc.Odd("%w", errNotUTF8)
	}
	d := json.NewDecoder(bytes.NewReader(doc.Data))
	if begin, err := d.Token(); err != nil || begin != json.Delim('[') {
		return doc.Odd("want a list (%v)", err)
	}
	for at := 0; d.More(); at++ {
		var v T
		if err := d.Decode(&v); err != nil {
			return doc.Odd("item %d: %w", at, err)
		}
		if err := item(at, &v); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return doc.Odd("%w", err)
	}
	if _, err := d.Token(); err != io.EOF {
		return doc.Odd("text after the list")
	}
	return nil
}

// NotRecord returns the error for a document that lies beside records: ErrNotRecord, or a
// *RecordError if it is not JSON either, since it may be what is left of a page of records.
func NotRecord(doc Document) error {
	if !json.Valid(doc.Data) {
		return doc.Odd("%w", errNotJSON)
	}
	return ErrNotRecord
}

var errNotJSON = errors.New("the text is not JSON, or was cut off")

// errNotUTF8 says that a document is no JSON text: RFC 8259, section 8.1 asks for UTF-8.
var errNotUTF8 = errors.New("the text is not UTF-8")

// Unmarshal decodes a document into v. A document that is not JSON, is nested too deeply, has
// another shape or too many values is a *RecordError: its file was read to the end, so what is
// wrong is this one document. Bytes that are not UTF-8 are wrong, too, since package json would
// read them as other text.
func Unmarshal(doc Document, v any) error { return UnmarshalUpTo(doc, v, maxValues) }

// UnmarshalUpTo is Unmarshal for documents of at most so many values, of which v keeps few.
func UnmarshalUpTo(doc Document, v any, most int) error {
	if n := doc.values(); n > most {
		return doc.Odd("%d values: %w", n, ErrTooLarge)
	}
	if !utf8.Valid(doc.Data) {
		return doc.Odd("%w", errNotUTF8)
	}
	if err := json.Unmarshal(doc.Data, v); err != nil {
		return doc.Odd("%w", err)
	}
	return nil
}
