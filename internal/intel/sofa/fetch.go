package sofa

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"

	"github.com/muster-project/muster/internal/intel"
)

// fileName is the name of the list, timestampName that of the document beside it that has its hash.
const fileName, timestampName = "macos_data_feed.json", "timestamp.json"

// maxList bounds the list when its hash is read, in bytes; real ones have 0.5 MB.
const maxList = 64 << 20

// mark says which list was fetched: by the validators of its file, and by the hash that it has of itself, which
// stays while only the day of the last check changes.
type mark struct {
	Files intel.Mark `json:"files"`
	Hash  string     `json:"hash,omitempty"`
}

// Address returns where the list is (intel.Feed).
func (f Feed) Address() string { return cmp.Or(f.URL, Address) }

// Fetch downloads the list if it has changed. A small document tells its hash; where there is none, or another
// hash, the list is asked for by its ETag.
func (f Feed) Fetch(ctx context.Context, dst *os.Root, since intel.Mark) (intel.Mark, error) {
	var known mark
	if since != "" {
		if err := json.Unmarshal([]byte(since), &known); err != nil {
			return since, fmt.Errorf("reading mark %.100q: %w", since, err)
		}
	}
	address := f.Address()
	if known.Hash != "" && f.published(ctx, address) == known.Hash {
		return since, ctx.Err()
	}
	files, err := intel.Download{Client: f.Client}.Files(ctx, dst, known.Files, map[string]string{fileName: address})
	if err != nil || files == known.Files {
		return since, err
	}
	hash, err := hashIn(dst)
	if err != nil {
		return since, err
	}
	next, err := json.Marshal(mark{files, hash})
	return intel.Mark(next), err
}

// published returns the hash of the list that is published now; "" if it is not told.
func (f Feed) published(ctx context.Context, address string) string {
	beside, err := url.Parse(address)
	if err != nil {
		return ""
	}
	timestamp := beside.ResolveReference(&url.URL{Path: timestampName})
	data, err := intel.Download{Client: f.Client}.Bytes(ctx, timestamp.String())
	if err != nil {
		return ""
	}
	var told struct {
		MacOS struct{ UpdateHash string } `json:"macOS"`
	}
	if json.Unmarshal(data, &told) != nil {
		return ""
	}
	return told.MacOS.UpdateHash
}

// hashIn returns the hash that a fetched list has of itself; "" if it has none. What the list says otherwise is seen
// when it is parsed.
func hashIn(dst *os.Root) (string, error) {
	file, err := dst.Open(fileName)
	if err != nil {
		return "", err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxList))
	if err != nil {
		return "", err
	}
	var list struct{ UpdateHash string }
	if json.Unmarshal(data, &list) != nil {
		return "", nil
	}
	return list.UpdateHash, nil
}
