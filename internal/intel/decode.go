package intel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"sync"
)

// Decode turns documents into records by calling decode on all cores, and
// yields them in the documents' order. decode must be safe for many goroutines.
// It may return records and a *RecordError, ErrNotRecord, or any other error,
// which ends the sequence (see Feed.Parse). Where not one document was a record
// the last element is ErrNoRecords.
func Decode(ctx context.Context, docs iter.Seq2[Document, error], decode func(Document) ([]Record, error)) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var workers sync.WaitGroup
		defer workers.Wait()
		defer cancel()
		queue := startDecoding(ctx, &workers, docs, decode)
		deliver(ctx, queue, yield)
	}
}

// decoding is one document on its way: done is closed when records and err are
// there.
type decoding struct {
	doc     Document
	records []Record
	err     error
	done    chan struct{}
}

// startDecoding reads docs in one goroutine and decodes in one a core. The
// queue it returns has the documents in order, decoded or about to be; its
// capacity bounds what is in memory.
func startDecoding(ctx context.Context, workers *sync.WaitGroup, docs iter.Seq2[Document, error], decode func(Document) ([]Record, error)) <-chan *decoding {
	cores := runtime.GOMAXPROCS(0)
	queue := make(chan *decoding, 8*cores)
	work := make(chan *decoding, 8*cores)
	workers.Go(func() {
		defer close(queue)
		defer close(work)
		read(ctx, docs, queue, work)
	})
	for range cores {
		workers.Go(func() {
			for d := range work {
				d.records, d.err = decode(d.doc)
				close(d.done)
			}
		})
	}
	return queue
}

// read passes documents to both the queue and the workers until they end, one
// is in error, or nobody wants more.
func read(ctx context.Context, docs iter.Seq2[Document, error], queue, work chan<- *decoding) {
	for doc, err := range docs {
		d := &decoding{doc: doc, err: err, done: make(chan struct{})}
		if err != nil {
			close(d.done)
		}
		select {
		case queue <- d:
		case <-ctx.Done():
			return
		}
		if err != nil {
			return
		}
		select {
		case work <- d:
		case <-ctx.Done():
			return
		}
	}
}

// deliver yields what the queue brings, in order.
func deliver(ctx context.Context, queue <-chan *decoding, yield func(Record, error) bool) {
	sound := 0
	for d := range queue {
		select {
		case <-d.done:
		case <-ctx.Done():
		}
		if err := ctx.Err(); err != nil {
			yield(Record{}, err)
			return
		}
		if d.err == nil || len(d.records) > 0 {
			sound++
		}
		if !d.deliver(yield) {
			return
		}
	}
	if err := ctx.Err(); err != nil {
		yield(Record{}, err)
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
	var odd *RecordError
	return yield(Record{}, d.err) && errors.As(d.err, &odd)
}

// Unmarshal decodes a document into v. Text that is not JSON is an error that
// ends a feed's parsing; JSON of another shape is a *RecordError.
func Unmarshal(doc Document, v any) error {
	err := json.Unmarshal(doc.Data, v)
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("document %q is damaged: %w", doc.Name, err)
	}
	return &RecordError{Source: doc.Name, Err: err}
}
