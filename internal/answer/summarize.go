package answer

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/packed"
)

// Summary is the summary of a snapshot that is about to be published; empty without one.
type Summary []byte

// Write makes the summary durable, before the manifest with a name.
func (s Summary) Write(files *snapshot.Files, manifest string) error {
	if len(s) == 0 {
		return nil
	}
	batch := files.NewBatch()
	_, err := batch.Write(snapshot.SummaryName(manifest), s)
	if err == nil {
		err = batch.Sync()
	}
	if err != nil {
		return fmt.Errorf("writing the summary of manifest %q: %w", manifest, err)
	}
	return nil
}

// Summarize makes the summary of a snapshot, and returns the heads of its groups for what else is counted. Without a
// summary answers take longer; so one that cannot be made, because a projection is damaged or missing, is empty and no
// error, and there are no heads. The answers will name the damage.
func Summarize(ctx context.Context, files *snapshot.Files, m *snapshot.Manifest) (Summary, Heads, error) {
	heads, err := New(files).Of(m, nil).groupHeads(ctx)
	var data []byte
	if err == nil {
		data, err = summarize(heads)
	}
	if errors.Is(err, ErrUnavailable) || errors.Is(err, snapshot.ErrDamaged) {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("summarizing: %w", err)
	}
	return data, heads, nil
}

// summarize returns the summary of the groups of a snapshot.
func summarize(heads []groupHead) ([]byte, error) {
	if len(heads) > 1 {
		heads = append(heads, groupHead{group: allGroups, sum: sumOf(heads, func(h groupHead) blob.Digest { return h.sum }),
			summed: mergeGroups(heads)})
	}
	encoder := gzipjoin.NewEncoder()
	file, data := binary.AppendUvarint([]byte(word), uint64(len(heads))), []byte(nil)
	for _, h := range heads {
		one, err := h.head.Encode(encoder, h.places.bits)
		if err != nil {
			return nil, err
		}
		file = append(binary.AppendVarint(file, h.group), h.sum[:]...)
		file = appendCounts(packed.AppendNumbers(file, int64(len(one))), h.head)
		data = append(data, one...)
	}
	file = binary.LittleEndian.AppendUint32(file, crc32.ChecksumIEEE(file))
	return append(file, data...), nil
}
