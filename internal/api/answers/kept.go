package answers

import (
	"context"
	"fmt"

	"github.com/muster-project/muster/internal/snapshot/cache"
)

// maxKept bounds the lists that are kept, in bytes.
const maxKept = 32 << 20

// kept returns all rows of a list, in their order. They are made once for all pages of it, as long as they are kept:
// the same filters in the same scope, snapshot and catalog have the same rows. Nobody may change them. Making goes on
// if the request ends, because others may wait for the same.
func kept[T any](ctx context.Context, ls *lists, q *question, weigh func(T) int64,
	make func(context.Context) ([]T, error)) ([]T, error) {
	key := cache.Key{Name: fmt.Sprintf("%d %d %s", q.snapshot.Number, q.snapshot.Mark(), q.know.catalog.ID()),
		What: string(q.binding)}
	return cache.Once(ls.kept, key, func() (all []T, bytes int64, err error) {
		if all, err = make(context.WithoutCancel(ctx)); err != nil {
			return nil, 0, err
		}
		for _, row := range all {
			bytes += weigh(row)
		}
		return all, bytes, nil
	})
}
