package bucket

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// name returns the name of an object as S3 has it.
func (s *s3Service) name(key string) string { return escape(key, "") }

func (s *s3Service) list(ctx context.Context, prefix, delimiter, token string, most int32) (
	names []string, next string, err error,
) {
	query := url.Values{"list-type": {"2"}, "max-keys": {strconv.Itoa(int(most))}}
	for name, value := range map[string]string{"prefix": s.name(prefix), "delimiter": delimiter, "continuation-token": token} {
		if value != "" {
			query.Set(name, value)
		}
	}
	page, err := s.ask(ctx, s3Request{method: http.MethodGet, query: query})
	if err != nil {
		return nil, "", err
	}
	for _, name := range append(page.Keys, page.Common...) {
		names = append(names, unescape(name))
	}
	return names, page.Next, nil
}

func (s *s3Service) head(ctx context.Context, name string) (v version, err error) {
	found, err := s.do(ctx, s3Request{method: http.MethodHead, key: s.name(name)})
	if err != nil {
		return v, err
	}
	v = version{etag: found.Get("ETag"), sum: found.Get(s3Meta + metaSum), put: found.Get(s3Meta + metaPut)}
	if v.bytes, err = strconv.ParseInt(found.Get("Content-Length"), 10, 64); err != nil || v.etag == "" {
		return v, fmt.Errorf("%w: it has no ETag or no length", errShort)
	}
	v.modified, _ = http.ParseTime(found.Get("Last-Modified")) // zero without it
	return v, nil
}

func (s *s3Service) get(ctx context.Context, name, etag string, at, bytes int64) (io.ReadCloser, int64, error) {
	got, err := s.send(ctx, s3Request{method: http.MethodGet, key: s.name(name),
		header: http.Header{"If-Match": {etag}, "Range": {fmt.Sprintf("bytes=%d-%d", at, at+bytes-1)}}})
	if err != nil {
		return nil, 0, err
	}
	var within *string
	if of := got.Header.Get("Content-Range"); of != "" {
		within = &of
	}
	return got.Body, sizeOf(within, &got.ContentLength), nil
}

func (s *s3Service) remove(ctx context.Context, name string) error {
	_, err := s.do(ctx, s3Request{method: http.MethodDelete, key: s.name(name)})
	return err
}

func (s *s3Service) copy(ctx context.Context, from, name string) error {
	_, err := s.ask(ctx, s3Request{method: http.MethodPut, key: s.name(name), header: http.Header{
		"X-Amz-Copy-Source": {url.QueryEscape(s.bucket + "/" + s.name(from))}, "If-None-Match": {"*"}}})
	return err
}

// longestLink is how long a signature of S3 can be valid.
const longestLink = 7 * 24 * time.Hour

// sign presigns a request. Links of temporary credentials end with those.
func (s *s3Service) sign(ctx context.Context, name string, expires time.Time) (string, error) {
	life := time.Until(expires)
	if life <= 0 || life > longestLink {
		return "", fmt.Errorf("%w: links last between a second and %s", ErrCannotSign, longestLink)
	}
	request, _, err := s.request(ctx, s3Request{method: http.MethodGet, key: name,
		query: url.Values{"X-Amz-Expires": {strconv.Itoa(int(life.Seconds()))}}})
	if err != nil {
		return "", err
	}
	request.Header = http.Header{} // whoever follows the link sends headers of their own
	keys, err := s.who.Retrieve(ctx)
	if err != nil {
		return "", err
	}
	link, _, err := s.signer.PresignHTTP(ctx, keys, request, unsigned, "s3", s.region, time.Now())
	return link, err
}

// sweep aborts uploads page by page.
func (s *s3Service) sweep(ctx context.Context, prefix string, before time.Time) (removed int, err error) {
	for after := (s3Said{More: true}); after.More; {
		if after, err = s.unfinished(ctx, prefix, after); err != nil {
			return removed, err
		}
		for _, u := range after.Uploads {
			if !u.Initiated.Before(before) || u.Initiated.IsZero() {
				continue
			}
			if err := s.abort(ctx, u.Key, u.UploadID); err != nil && kindOf(err) != missing && !isNoUpload(err) {
				return removed, err
			}
			removed++
		}
	}
	return removed, nil
}

// unfinished lists a page of the uploads that have not ended, behind those of another page.
func (s *s3Service) unfinished(ctx context.Context, prefix string, after s3Said) (s3Said, error) {
	query := url.Values{"uploads": {""}, "prefix": {s.name(prefix)}}
	if after.NextKey != "" {
		query.Set("key-marker", after.NextKey)
		query.Set("upload-id-marker", after.NextID)
	}
	return s.ask(ctx, s3Request{method: http.MethodGet, query: query})
}

// abort ends an upload. Its parts are gone then.
func (s *s3Service) abort(ctx context.Context, name, id string) error {
	_, err := s.do(ctx, s3Request{method: http.MethodDelete, key: name, query: url.Values{"uploadId": {id}}})
	return err
}

// isNoUpload reports whether an upload ended meanwhile.
func isNoUpload(err error) bool {
	r, _ := replyOf(err)
	return r.code == "NoSuchUpload"
}
