package api_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/bloberror"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"

	"github.com/muster-project/muster/internal/store/publication"
)

// blobClient is Azure's own client for the file of a link. It does not retry.
func (l *lab) blobClient(link string) *blob.Client {
	l.Helper()
	var once blob.ClientOptions
	once.Retry.MaxRetries = -1
	client, err := blob.NewClientWithNoCredential(link, &once)
	if err != nil {
		l.Fatal(err)
	}
	return client
}

// otherTag is a condition that the file does not meet.
func otherTag(properties blob.GetPropertiesResponse) *blob.AccessConditions {
	tag := *properties.ETag
	tag = `"0x1` + tag[1:]
	return &blob.AccessConditions{ModifiedAccessConditions: &blob.ModifiedAccessConditions{IfMatch: &tag}}
}

func TestStorageReplies(t *testing.T) {
	l := newLab(t)
	link, content := oneLink(l)
	client := l.blobClient(link)
	properties, err := client.GetProperties(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("properties of a blob", func(t *testing.T) {
		l.equal("type", *properties.BlobType, blob.BlobTypeBlockBlob)
		l.equal("length", *properties.ContentLength, int64(len(content)))
		l.equal("content type", *properties.ContentType, "application/octet-stream")
		l.equal("ranges", *properties.AcceptRanges, "bytes")
		l.equal("version", *properties.Version, "2021-06-08")
		l.equal("made and changed", *properties.CreationTime, *properties.LastModified)
		if *properties.RequestID == "" || *properties.ETag == "" {
			t.Errorf("request id %q, ETag %q", *properties.RequestID, *properties.ETag)
		}
	})
	t.Run("the whole file, in parallel blocks, each on condition of the first one's ETag", func(t *testing.T) {
		got := make([]byte, len(content))
		n, err := client.DownloadBuffer(t.Context(), got, &blob.DownloadBufferOptions{BlockSize: 100, Concurrency: 3})
		if err != nil || n != int64(len(content)) {
			t.Fatalf("%d bytes of %d, %v", n, len(content), err)
		}
		l.equal("content", got, content)
	})
	t.Run("a file on disk", func(t *testing.T) {
		file, err := os.Create(filepath.Join(t.TempDir(), "part"))
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		if _, err := client.DownloadFile(t.Context(), file, &blob.DownloadFileOptions{BlockSize: 333}); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(file.Name())
		if err != nil {
			t.Fatal(err)
		}
		l.equal("content", got, content)
	})
	t.Run("a range, on condition", func(t *testing.T) {
		reply, err := client.DownloadStream(t.Context(), &blob.DownloadStreamOptions{
			Range:            blob.HTTPRange{Offset: 10, Count: 20},
			AccessConditions: when(blob.ModifiedAccessConditions{IfMatch: properties.ETag})})
		if err != nil {
			t.Fatal(err)
		}
		defer reply.Body.Close()
		got, err := io.ReadAll(reply.Body)
		if err != nil {
			t.Fatal(err)
		}
		l.equal("content", got, content[10:30])
		l.equal("type", *reply.BlobType, blob.BlobTypeBlockBlob)
	})
	t.Run("not modified", func(t *testing.T) {
		reply, err := client.DownloadStream(t.Context(), &blob.DownloadStreamOptions{
			AccessConditions: when(blob.ModifiedAccessConditions{IfNoneMatch: properties.ETag})})
		if err != nil || reply.ErrorCode == nil || *reply.ErrorCode != string(bloberror.ConditionNotMet) {
			t.Errorf("%v, error code %v", err, reply.ErrorCode)
		}
	})
	t.Run("a client's own id of a request", func(t *testing.T) {
		const header = "X-Ms-Client-Request-Id"
		for sent, want := range map[string]string{
			"bc8b00d6-24d4-452b-aa42-d8a0cc3d4687": "bc8b00d6-24d4-452b-aa42-d8a0cc3d4687",
			strings.Repeat("x", 1024):              strings.Repeat("x", 1024),
			strings.Repeat("x", 1025):              "",
			"two words":                            "",
			"\xfcber":                              "",
		} {
			l.equal(sent, l.get(link, header+": "+sent).Header.Get(header), want)
		}
		l.equal("none sent", l.get(link).Header.Values(header), []string(nil))
	})
}

// storageFailure checks how Azure's client understands a refusal.
func storageFailure(t *testing.T, err error, status int, code bloberror.Code) {
	t.Helper()
	if !bloberror.HasCode(err, code) || !strings.Contains(err.Error(), fmt.Sprintf("RESPONSE %d", status)) {
		t.Errorf("%v, want status %d and code %s", err, status, code)
	}
}

func TestStorageRefusals(t *testing.T) {
	l := newLab(t)
	link, _ := oneLink(l)
	properties, err := l.blobClient(link).GetProperties(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		status int
		code   bloberror.Code
		ask    func(*blob.Client) error
	}{
		{"another ETag", http.StatusPreconditionFailed, bloberror.ConditionNotMet, func(c *blob.Client) error {
			_, err := c.DownloadStream(t.Context(), &blob.DownloadStreamOptions{AccessConditions: otherTag(properties)})
			return err
		}},
		{"another ETag, by HEAD", http.StatusPreconditionFailed, bloberror.ConditionNotMet, func(c *blob.Client) error {
			_, err := c.GetProperties(t.Context(), &blob.GetPropertiesOptions{AccessConditions: otherTag(properties)})
			return err
		}},
		{"a range behind the end", http.StatusRequestedRangeNotSatisfiable, bloberror.InvalidRange, func(c *blob.Client) error {
			_, err := c.DownloadStream(t.Context(), &blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: 1 << 40}})
			return err
		}},
		{"tags", http.StatusBadRequest, bloberror.InvalidQueryParameterValue, func(c *blob.Client) error {
			_, err := c.GetTags(t.Context(), nil)
			return err
		}},
		{"another snapshot of the blob", http.StatusBadRequest, bloberror.InvalidQueryParameterValue, func(c *blob.Client) error {
			other, err := c.WithSnapshot("2026-11-23T12:00:00.0000000Z")
			if err == nil {
				_, err = other.DownloadStream(t.Context(), nil)
			}
			return err
		}},
	} {
		t.Run(test.name, func(t *testing.T) { storageFailure(t, test.ask(l.blobClient(link)), test.status, test.code) })
	}
	t.Run("writing", func(t *testing.T) {
		_, err := l.blobClient(link).Delete(t.Context(), nil)
		storageFailure(t, err, http.StatusMethodNotAllowed, "MethodNotAllowed")
	})
	t.Run("a refused part looks like no blob", func(t *testing.T) {
		r := l.get(link, `If-Match: "0x1"`)
		l.refused(r, http.StatusPreconditionFailed, "PreconditionFailed")
		for _, name := range []string{"X-Ms-Blob-Type", "X-Ms-Creation-Time", "Etag", "Last-Modified"} {
			l.equal(name, r.Header.Values(name), []string(nil))
		}
	})
	t.Run("listing of the container is not offered", func(t *testing.T) {
		address, query, _ := strings.Cut(link, "?")
		address = address[:strings.Index(address, "/tvm-export")+len("/tvm-export")]
		client, err := container.NewClientWithNoCredential(address+"?"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = client.NewListBlobsFlatPager(nil).NextPage(t.Context())
		storageFailure(t, err, http.StatusNotFound, "NotFound")
		for _, path := range []string{"/tvm-export", "/tvm-export/"} {
			l.equal(path, l.get(path+"?restype=container&comp=list").StatusCode, http.StatusNotFound)
		}
	})
	t.Run("`Signature not valid in the specified key time frame: …`, which clients look for", func(t *testing.T) {
		l.advance(2 * time.Hour)
		defer l.advance(-2 * time.Hour)
		_, err := l.blobClient(link).DownloadStream(t.Context(), nil)
		storageFailure(t, err, http.StatusForbidden, bloberror.AuthenticationFailed)
		if !strings.Contains(err.Error(), "Signature not valid in the specified key time frame") {
			t.Errorf("error %v", err)
		}
		_, err = l.blobClient(link).GetProperties(t.Context(), nil)
		storageFailure(t, err, http.StatusForbidden, bloberror.AuthenticationFailed)
	})
	t.Run("a file that is not kept any more", func(t *testing.T) {
		if err := l.retain(1, publication.Retired, publication.Retired); err != nil {
			t.Fatal(err)
		}
		_, err := l.blobClient(link).DownloadStream(t.Context(), nil)
		storageFailure(t, err, http.StatusNotFound, bloberror.BlobNotFound)
		_, err = l.blobClient(link).GetProperties(t.Context(), nil)
		storageFailure(t, err, http.StatusNotFound, bloberror.BlobNotFound)
	})
}

// The message of a refused link has several lines, also for XML readers that do not know numeric
// references.
func TestRefusedLinkIsPlainXML(t *testing.T) {
	l := newLab(t)
	link, _ := oneLink(l)
	body := string(l.get(strings.Replace(link, "sig=", "sig=A", 1)).body)
	if strings.Contains(body, "&#") || !strings.Contains(body, "\nRequestId:") {
		t.Errorf("body %s", body)
	}
}

func TestLinkExpiresOnTheWay(t *testing.T) {
	l := newLab(t)
	link, content := oneLink(l)
	begun, err := l.blobClient(link).DownloadStream(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer begun.Body.Close()
	l.advance(2 * time.Hour)
	t.Run("A download that began while the link was good may go on after that", func(t *testing.T) {
		got, err := io.ReadAll(begun.Body)
		if err != nil {
			t.Fatal(err)
		}
		l.equal("content", got, content)
	})
	t.Run("what is asked for later is refused", func(t *testing.T) {
		_, err := l.blobClient(link).DownloadStream(t.Context(),
			&blob.DownloadStreamOptions{Range: blob.HTTPRange{Offset: 10}})
		storageFailure(t, err, http.StatusForbidden, bloberror.AuthenticationFailed)
	})
}

// when is a request's conditions on the version of a file.
func when(version blob.ModifiedAccessConditions) *blob.AccessConditions {
	return &blob.AccessConditions{ModifiedAccessConditions: &version}
}
