package export

import (
	"net/http"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/edge"
)

// odataVersion is a header that OData clients require: OData 4.0 part 1, section 8.1.5.
const odataVersion = "Odata-Version"

// metadataFormat is the $format of the metadata.
var metadataFormat = edge.TakesOption("$format", "xml")

var showsMetadata = edge.Description{
	Summary: "The types of rows and the calls, for OData clients",
	Query:   []edge.Parameter{metadataFormat},
	OData:   true,
	Gives:   []edge.Payload{edge.OtherBody(http.StatusOK, "application/xml", "OData 4.0 CSDL")},
}

// showMetadata returns the handler of GET /api/$metadata. The reply is the same for everyone and
// has no data of an organization, so it needs no token.
func showMetadata() edge.Handler {
	text := defender.Metadata()
	return func(w *edge.Response, r *edge.Request) error {
		switch text := r.Query.Text(metadataFormat); strings.ToLower(text) {
		case "", "xml", "application/xml":
		default:
			return edge.Refuse(http.StatusBadRequest, defender.CodeODataError, "$format is %q: the metadata is xml", edge.Clip(text))
		}
		w.Header().Set(odataVersion, defender.MetadataVersion)
		return w.Send(http.StatusOK, "application/xml", text)
	}
}
