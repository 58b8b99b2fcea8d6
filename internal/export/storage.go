package export

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/snapshot"
)

// Links are read by clients of Azure's storage service, too: its SDKs, and what
// is made with them. This file is what such a client wants of a reply beside
// what HTTP itself asks for (doc/decision/0025).

// greetStorage names the version spoken, and gives the client its own id of the
// request back.
func greetStorage(w *edge.Response, r *http.Request) {
	const id = "X-Ms-Client-Request-Id"
	w.Header().Set("X-Ms-Version", linkVersion)
	if sent := r.Header.Get(id); isRequestID(sent) {
		w.Header().Set(id, sent)
	}
}

// maxRequestID bounds a client's own id of a request, in characters.
const maxRequestID = 1024

// isRequestID tells whether a client's id is one that Azure would give back:
// visible characters of ASCII.
func isRequestID(id string) bool {
	return id != "" && len(id) <= maxRequestID && strings.IndexFunc(id, func(c rune) bool { return c <= ' ' || c > '~' }) < 0
}

// describeBlob says what kind of file a part is to storage clients. It is made
// once and never changes, so its two times are one.
func describeBlob(header http.Header, file snapshot.File, made time.Time) {
	header.Set("X-Ms-Blob-Type", "BlockBlob")
	header.Set("X-Ms-Creation-Time", made.UTC().Format(http.TimeFormat))
	header.Set("Etag", entityTag(file))
}

// unsupported tells which operation, other than reading the file, a storage
// client asks of a link; empty if none.
func unsupported(r *http.Request) string {
	for _, name := range []string{"comp", "restype", "snapshot", "versionid"} {
		if value := r.URL.Query().Get(name); value != "" {
			return name + "=" + edge.Clip(value)
		}
	}
	return ""
}

// storageCode is what Azure's storage service calls an error of a status.
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

// contentWriter keeps http.ServeContent from writing its own errors, which have
// neither code nor shape.
type contentWriter struct {
	*edge.Response
	// refused is the status of the error; 0 if there is none.
	refused int
}

// WriteHeader passes every status on but those of errors.
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

// Write passes everything on but the text of errors.
func (w *contentWriter) Write(p []byte) (int, error) {
	if w.refused != 0 {
		return len(p), nil
	}
	return w.Response.Write(p)
}

// entityTag is the ETag of a part: from its content alone, so it stays the same
// wherever the file is restored.
func entityTag(file snapshot.File) string { return fmt.Sprintf(`"0x%X"`, file.SHA256[:8]) }
