// Package bucket keeps blobs in object storage: Azure Blob, S3, and what is compatible with S3.
// Many nodes share one place.
//
// # Where
//
// A place is a URL:
//
//	azblob://CONTAINER/PREFIX?account=NAME
//	s3://BUCKET/PREFIX?region=NAME
//
// with the parameters
//
//	endpoint=URL      the service; for Azure with the account in its path or host
//	http=allow        the endpoint may be without TLS; on loopback it may anyhow
//	account=NAME      of Azure, if the environment does not name it
//	region=NAME       of S3, if the environment does not name it
//	path_style=BOOL   whether the bucket of S3 is in the path; true where there is an endpoint
//
// Credentials come from the environment, and never from the URL. Azure: AZURE_STORAGE_ACCOUNT with
// AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or either in a file that AZURE_STORAGE_KEY_FILE or
// AZURE_STORAGE_SAS_TOKEN_FILE names; AZURE_STORAGE_CONNECTION_STRING; else a workload's, a
// service principal's or a managed identity. S3: AWS_ACCESS_KEY_ID with AWS_SECRET_ACCESS_KEY (or
// AWS_SECRET_ACCESS_KEY_FILE) and AWS_SESSION_TOKEN; else the files and roles that AWS's tools know.
//
// # Writing
//
// What is written lies in a file below the cache until Commit, which uploads it in blocks of 8 MiB,
// at most four large uploads at a time; each takes about 60 MiB of memory. The service checks each
// block: by CRC-64 on Azure, by CRC-32 on S3. A put is retried as a whole. It takes an unused name
// only (If-None-Match: *), and knows by a random number in the object's metadata whether an object
// is its own, made by a request whose reply was lost. Our SHA-256 is in the metadata, too.
//
// Nothing in the service tells of a put before Commit. An upload that dies leaves blocks that no
// one sees: Azure removes them after a week, and Sweep those of S3, if no rule of the bucket does.
//
// # Reading
//
// Blobs are read in pieces of 1 MiB, which package pieces keeps on disk, each with its hash. An
// open blob is one version of an object: every request asks for that version (If-Match). Opening
// asks the service for the version, so that a blob that another node removed or replaced is known
// to be; the pieces of a version are fetched once.
//
// # What the service must do
//
// Replies must be consistent: a listing has what was put before. S3, Azure Blob, MinIO, Ceph and
// versitygw are. It must know If-None-Match for puts; one that does not would let a second put
// of a name replace the first one, which callers never do knowingly, since names have random parts.
package bucket

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// Store is a blob.Store in object storage.
type Store struct {
	*service
	prefix string // of this store's keys within the place
}

// Below returns a store of the keys below a folder of this one. Both share the connections and the
// cache; closing one closes both.
func (s *Store) Below(folder string) *Store {
	return &Store{s.service, s.prefix + strings.Trim(folder, "/") + "/"}
}

// Close releases the store. Blobs that are open can no longer be read.
func (s *Store) Close() error {
	s.closed.Store(true)
	s.close()
	return nil
}

// String is the place, without parameters.
func (s *Store) String() string {
	return s.at.scheme + "://" + s.at.container + "/" + strings.TrimSuffix(s.prefix, "/")
}

// Sweep removes what is left of uploads that were begun before a time and never ended, and returns
// how many there were. Nothing of them was ever visible. It must be a time before which no upload
// that still runs was begun, on any node: a day ago. Azure removes its own after a week, and there
// is nothing to do.
func (s *Store) Sweep(ctx context.Context, before time.Time) (removed int, err error) {
	err = s.again(ctx, func() error {
		n, err := s.dialect.sweep(ctx, s.prefix, before)
		removed += n
		return err
	})
	if err != nil {
		return removed, fmt.Errorf("removing unfinished uploads: %w", err)
	}
	return removed, nil
}
