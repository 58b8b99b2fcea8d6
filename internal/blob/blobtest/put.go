package blobtest

import (
	"context"

	"github.com/muster-project/muster/internal/blob"
)

// Put puts a blob from memory, durably.
func Put(ctx context.Context, s blob.Store, key string, data []byte) (blob.Ref, error) {
	batch := s.NewBatch()
	w, err := batch.Create(ctx, key)
	if err != nil {
		return blob.Ref{}, err
	}
	defer w.Abort()
	if _, err := w.Write(data); err != nil {
		return blob.Ref{}, err
	}
	made, err := w.Commit()
	if err != nil {
		return blob.Ref{}, err
	}
	return made, batch.Sync(ctx)
}
