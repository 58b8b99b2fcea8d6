package generation

import (
	"context"
	"iter"

	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store/reports"
)

// The memory of a device that is assessed, beside maxAssessing.
const (
	// maxDocuments bounds the documents of a device, as they are stored, that
	// are loaded together; of a device with more they are read one by one.
	maxDocuments = 8 << 20
	// assessedByte is what a byte of a document makes: itself, decoded, and the
	// rows of it, which say again whose they are.
	assessedByte = 8
	// assessedRow is what a byte of an old row makes: itself, and its history,
	// difference and successor.
	assessedRow = 3
	// maxIdle bounds the memory for rows of a dataset that a worker keeps for
	// the next device.
	maxIdle = 4 << 20
)

// loaded is a device that is about to be assessed, and the memory that was
// claimed for it.
type loaded struct {
	reports.Device
	documents iter.Seq2[inventory.Document, error]
	claimed   int64
}

// load loads a device, and waits until there is memory for assessing it beside
// its old rows, of so many bytes. Who calls it must call unload.
func (w *worker) load(ctx context.Context, id string, oldRows int64) (d loaded, err error) {
	known, documents, whole, err := w.run.store.Reports.LoadUpTo(ctx, w.run.organization, id, maxDocuments)
	if err != nil {
		return d, err
	}
	d = loaded{Device: known, claimed: assessedRow * oldRows}
	plain := make([]inventory.Document, len(documents))
	for i := range documents {
		plain[i] = documents[i].Document
		d.claimed += assessedByte * plain[i].Size()
	}
	d.documents = inventory.Each(plain)
	if !whole {
		d.documents, d.claimed = w.oneByOne(ctx, id), maxAssessing
	}
	d.claimed = min(d.claimed, maxAssessing)
	return d, w.run.assessing.Acquire(ctx, d.claimed)
}

// oneByOne reads the documents of a device while they are gone through. What is
// reported meanwhile makes the device stale: its rows are noted as made from
// what was there before.
func (w *worker) oneByOne(ctx context.Context, id string) iter.Seq2[inventory.Document, error] {
	return func(yield func(inventory.Document, error) bool) {
		for doc, err := range w.run.store.Reports.Documents(ctx, w.run.organization, id) {
			if !yield(doc.Document, err) {
				return
			}
		}
	}
}

// unload gives the memory back, and does not keep what a large device needed.
func (w *worker) unload(d loaded) {
	w.run.assessing.Release(d.claimed)
	for _, rows := range [...]*assess.Rows{&w.old, &w.output.Rows, &w.delta.Rows} {
		for dataset := range rows {
			if cap(rows[dataset]) > maxIdle {
				rows[dataset] = nil
			}
		}
	}
}
