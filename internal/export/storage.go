package export

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/snapshot"
)

// Clients of Azure's storage service read links, too: its SDKs, and tools made with them. This file
// has what such a client expects of a reply beyond HTTP itself (doc/decision/0025).

// greetStorage names the protocol version, and returns the client's own id of the request.
func greetStorage(w *edge.Response, r *http.Request) {
	const id = "X-Ms-Client-Request-Id"
	w.Header().Set("X-Ms-Version", linkVersion)
	if sent := r.Header.Get(id); isRequestID(sent) {
		w.Header().Set(id, sent)
	}
}

// maxRequestID is the longest id that a client gives a request, in characters.
const maxRequestID = 1024

// isRequestID tells whether Azure would return a client's id: visible ASCII characters.
func isRequestID(id string) bool {
	return id != "" && len(id) <= maxRequestID &&
		strings.IndexFunc(id, func(c rune) bool { return c <= ' ' || c > '~' }) < 0
}

// describeBlob sets the headers that describe a part to storage clients. It never changes, so both
// its times are when it was made.
func describeBlob(header http.Header, file snapshot.File, made time.Time) {
	header.Set("X-Ms-Blob-Type", "BlockBlob")
	header.Set("X-Ms-Creation-Time", made.UTC().Format(http.TimeFormat))
	header.Set("Etag", entityTag(file))
}

// unsupported returns the operation, other than reading the file, that a storage client asks of a
// link; "" if none.
func unsupported(r *http.Request) string {
	for _, name := range []string{"comp", "restype", "snapshot", "versionid"} {
		if value := r.URL.Query().Get(name); value != "" {
			return name + "=" + edge.Clip(value)
		}
	}
	return ""
}

// storageCode returns the error code of Azure's storage service for a status.
func storageCode(status int) string {
	switch status {
	case http.StatusBadRequest:
		return "InvalidQueryParameterValue"
	case http.StatusNotFound:
		return "BlobNotFound"
	case http.StatusNotModified, http.StatusPreconditionFailed:
		return "ConditionNotMet"
	case http.StatusRequestedRangeNotSatisfiable:
		return "InvalidRange"
	case http.StatusServiceUnavailable:
		return "ServerBusy"
	}
	return "InternalError"
}

// contentWriter keeps http.ServeContent from writing its own errors, which have no code and another
// form.
type contentWriter struct {
	*edge.Response
	// refused is the status of the error; 0 if there is none.
	refused int
}

// WriteHeader passes on every status except those of errors.
func (w *contentWriter) WriteHeader(status int) {
	switch status {
	case http.StatusPreconditionFailed, http.StatusRequestedRangeNotSatisfiable:
		w.refused = status
		return
	case http.StatusNotModified:
		w.Header().Set(errorCodeHeader, storageCode(status))
	}
	w.Response.WriteHeader(status)
}

// Write passes on everything except the text of errors.
func (w *contentWriter) Write(p []byte) (int, error) {
	if w.refused != 0 {
		return len(p), nil
	}
	return w.Response.Write(p)
}

// entityTag returns the ETag of a part. It depends only on the content, so it stays the same
// wherever the file is restored.
func entityTag(file snapshot.File) string { return fmt.Sprintf(`"0x%X"`, file.SHA256[:8]) }
