package export

import (
	"net/http"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/edge"
)

// odataVersion is the header that OData clients look for: OData 4.0 part 1,
// section 8.1.5.
const odataVersion = "Odata-Version"

var showsMetadata = edge.Description{
	Summary: "The types of rows and the calls, for OData clients",
	Gives:   []edge.Payload{edge.OtherBody(http.StatusOK, "application/xml", "OData 4.0 CSDL")},
}

// showMetadata makes the handler of GET /api/$metadata. The reply is the same for
// everyone and holds no data, so it asks for no token.
func showMetadata() edge.Handler {
	text := defender.Metadata()
	return func(w *edge.Response, _ *edge.Request) error {
		w.Header().Set(odataVersion, defender.MetadataVersion)
		return w.Send(http.StatusOK, "application/xml", text)
	}
}
