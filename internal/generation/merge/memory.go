package merge

import (
	"context"
	"iter"

	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/stored"
	"github.com/muster-project/muster/internal/store/reports"
)

// Bounds and estimates of the memory for one device that is assessed. maxAssessing bounds all
// devices together.
const (
	// maxDocuments bounds the stored size of the documents of a device that are loaded together.
	// Documents of a larger device are read one by one.
	maxDocuments = 8 << 20
	// assessedByte is the estimated memory for a byte of a document: the document, its decoded
	// form, its rows, which repeat the device's identity, and what its projection is made of.
	assessedByte = 11
	// assessedRow is the estimated memory for a byte of an old row: the row, its history, its
	// difference and its successor.
	assessedRow = 3
	// maxIdle bounds the memory for rows of a dataset that a worker keeps for the next device.
	maxIdle = 4 << 20
	// maxIdleSoftware is the same for what rows were made from.
	maxIdleSoftware = 8 << 10
)

// loaded is a device that is about to be assessed, and the memory claimed for it.
type loaded struct {
	reports.Device
	documents iter.Seq2[inventory.Document, error]
	claimed   int64
}

// load loads a device and waits until there is memory to assess it together with its old rows.
// oldRows is their size in bytes. The caller must call unload.
func (w *Worker) load(ctx context.Context, id string, oldRows int64) (d loaded, err error) {
	known, documents, whole, err := w.run.store.Reports.LoadUpTo(ctx, w.run.Organization, id, maxDocuments)
	if err != nil {
		return d, err
	}
	d = loaded{Device: known, claimed: assessedRow * oldRows}
	plain := make([]inventory.Document, len(documents))
	for i := range documents {
		plain[i] = documents[i].Document
		d.claimed += assessedByte * stored.Size(&plain[i])
	}
	d.documents = inventory.Each(plain)
	if !whole {
		d.documents, d.claimed = w.oneByOne(ctx, id), maxAssessing
	}
	d.claimed = min(d.claimed, maxAssessing)
	return d, w.run.assessing.Acquire(ctx, d.claimed)
}

// oneByOne reads the documents of a device one at a time. A report that arrives meanwhile makes the
// device stale, because its rows are recorded with the hash from before the report.
func (w *Worker) oneByOne(ctx context.Context, id string) iter.Seq2[inventory.Document, error] {
	return func(yield func(inventory.Document, error) bool) {
		for doc, err := range w.run.store.Reports.Documents(ctx, w.run.Organization, id) {
			if !yield(doc.Document, err) {
				return
			}
		}
	}
}

// unload returns the memory, and frees buffers that grew for a large device.
func (w *Worker) unload(d loaded) {
	w.run.assessing.Release(d.claimed)
	if cap(w.output.Made.Software) > maxIdleSoftware {
		w.output.Made = assess.Made{}
	}
	for _, rows := range [...]*assess.Rows{&w.old, &w.output.Rows, &w.delta.Rows} {
		for dataset := range rows {
			if cap(rows[dataset]) > maxIdle {
				rows[dataset] = nil
			}
		}
	}
}
