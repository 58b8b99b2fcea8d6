package bucket

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/blob/blobtest"
	"github.com/muster-project/muster/internal/testneed"
)

// A bucket has the address that AWS's documents name for its region: Amazon S3 User Guide, "Making requests", and the
// endpoints of the AWS General Reference.
func TestAddressesOfBuckets(t *testing.T) {
	for _, test := range []struct{ url, region, fips, dual, want string }{
		{"s3://files", "eu-west-1", "", "", "https://files.s3.eu-west-1.amazonaws.com"},
		{"s3://files", "cn-north-1", "", "", "https://files.s3.cn-north-1.amazonaws.com.cn"},
		{"s3://files", "us-gov-west-1", "true", "", "https://files.s3-fips.us-gov-west-1.amazonaws.com"},
		{"s3://files", "eu-west-1", "", "true", "https://files.s3.dualstack.eu-west-1.amazonaws.com"},
		{"s3://files.of.muster", "eu-west-1", "", "", "https://s3.eu-west-1.amazonaws.com/files.of.muster"},
		{"s3://files?path_style=true", "eu-west-1", "", "", "https://s3.eu-west-1.amazonaws.com/files"},
		{"s3://files?endpoint=https://minio.example:9000", "", "", "", "https://minio.example:9000/files"},
		{"s3://files?endpoint=https://minio.example/s3/", "", "", "", "https://minio.example/s3/files"},
		{"s3://files?endpoint=https://minio.example&path_style=false", "", "", "", "https://files.minio.example"},
	} {
		t.Run(test.want, func(t *testing.T) {
			t.Setenv("AWS_USE_FIPS_ENDPOINT", test.fips)
			t.Setenv("AWS_USE_DUALSTACK_ENDPOINT", test.dual)
			p, err := parse(test.url)
			if err != nil {
				t.Fatal(err)
			}
			env := &environment{get: func(name string) string {
				return map[string]string{"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_REGION": test.region}[name]
			}}
			made, err := openS3(t.Context(), p, env, &http.Client{}, Config{})
			if err != nil {
				t.Fatal(err)
			}
			if got := made.(*s3Service).at.String(); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
		})
	}
}

// A directory bucket is refused by name: it has another API.
func TestDirectoryBucketsAreRefused(t *testing.T) {
	_, err := Open(t.Context(), Config{URL: "s3://files--euw1-az1--x-s3", Cache: t.TempDir(), Getenv: func(string) string { return "" }})
	if err == nil || !strings.Contains(err.Error(), "directory bucket") {
		t.Errorf("%v, want a directory bucket", err)
	}
}

// Over TLS bodies are not hashed for the signature, and carry a checksum; a certificate authority of one's own is known
// by AWS_CA_BUNDLE.
func s3OverTLS(t *testing.T, server *testneed.Storage) {
	if !isS3(server) {
		return
	}
	target, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	sums := 0
	front := httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = target.Scheme, target.Host, r.In.Host
		if r.In.Header.Get(s3Sum) != "" && r.In.Header.Get("X-Amz-Content-Sha256") == unsigned {
			sums++
		}
	}})
	front.Config.ErrorLog = log.New(io.Discard, "", 0) // of the client that does not believe it
	front.StartTLS()
	defer front.Close()
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: front.Certificate().Raw})
	if err := os.WriteFile(bundle, text, 0o600); err != nil {
		t.Fatal(err)
	}
	c := configOf(t, server, "tls")
	c.URL = strings.Replace(c.URL, server.Endpoint, front.URL, 1)
	if _, err := Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), "certificate") || errors.Is(err, ErrUnreachable) {
		t.Errorf("%v, want that the certificate is not believed, at once", err)
	}
	c.Getenv = func(name string) string {
		if name == "AWS_CA_BUNDLE" {
			return bundle
		}
		return server.Getenv(name)
	}
	s := mustOpen(t, c)
	for size, want := range map[int]int{1000: 1, 20 << 20: 3} {
		sums = 0
		b := data(size, size)
		key := fmt.Sprint(size)
		if _, err := blobtest.Put(t.Context(), s, key, b); err != nil {
			t.Fatal(err)
		}
		if err := blob.Check(t.Context(), s, refOf(key, b), true); err != nil || sums != want {
			t.Errorf("%d bytes: %v; %d bodies with a checksum, want %d", size, err, sums, want)
		}
	}
}

// What S3 says behind a status of success is no success, and a text that is cut or none is tried again.
func TestRepliesOfS3(t *testing.T) {
	const list = `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Contents><Key>a</Key></Contents></ListBucketResult>`
	for reply, want := range map[string]error{
		`<Error><Code>InternalError</Code></Error>`: ErrUnreachable,
		`<Error><Code>AccessDenied</Code></Error>`:  errUnknown,
		`<CopyObjectResult><ETag>"1"</ET`:           ErrUnreachable,
		``:                                          ErrUnreachable,
		`no XML`:                                    ErrUnreachable,
		`<CopyObjectResult/>`:                       nil,
	} {
		t.Run(reply, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodGet {
					io.WriteString(w, list)
				} else {
					io.WriteString(w, reply)
				}
			}))
			defer server.Close()
			s, err := Open(t.Context(), Config{URL: "s3://files?endpoint=" + server.URL, Cache: t.TempDir(), Patience: 1,
				Getenv: func(name string) string {
					return map[string]string{"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "secret of ours"}[name]
				}})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			err = s.explain(t.Context(), s.dialect.copy(t.Context(), "a", "b"))
			if want == errUnknown && err != nil && !errors.Is(err, ErrUnreachable) && !errors.Is(err, fs.ErrNotExist) {
				return
			}
			if !errors.Is(err, want) {
				t.Errorf("%v, want %v", err, want)
			}
		})
	}
}

// errUnknown stands for an error that says no more than its code.
var errUnknown = errors.New("an error of no kind")

// FuzzRepliesOfS3: whatever stands in a reply, a store lists, and says so if it cannot.
func FuzzRepliesOfS3(f *testing.F) {
	f.Add([]byte(`<ListBucketResult><Contents><Key>a</Key></Contents><NextContinuationToken>b</NextContinuationToken></ListBucketResult>`))
	f.Add([]byte(`<Error><Code>SlowDown</Code></Error>`))
	f.Add([]byte(`<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`))
	f.Add(bytes.Repeat([]byte("<a>"), 2000))
	f.Fuzz(func(t *testing.T, reply []byte) {
		s := &s3Service{http: &http.Client{Transport: replies(reply)}, at: &url.URL{Scheme: "http", Host: "files"},
			attempts: 1, who: always(aws.Credentials{AccessKeyID: "a", SecretAccessKey: "b"}), signer: newSigner()}
		names, _, err := s.list(t.Context(), "a/", "/", "", 10)
		if err != nil && len(names) > 0 {
			t.Errorf("names %q beside error %v", names, err)
		}
	})
}

// replies is a transport that answers every request alike.
type replies []byte

func (r replies) RoundTrip(request *http.Request) (*http.Response, error) {
	body := io.NopCloser(bytes.NewReader(r))
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: body, Request: request}, nil
}
