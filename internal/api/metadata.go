package api

import (
	"net/http"

	"github.com/muster-project/muster/defender"
)

// odataVersion is the header that OData clients look for: OData 4.0 part 1,
// section 8.1.5.
const odataVersion = "Odata-Version"

var showsMetadata = description{
	summary: "The types of rows and the calls, for OData clients",
	gives:   []payload{other(http.StatusOK, "application/xml", "OData 4.0 CSDL")},
}

// showMetadata makes the handler of GET /api/$metadata. The reply is the same for
// everyone and holds no data, so it asks for no token.
func showMetadata() handler {
	text := defender.Metadata()
	return func(w *response, _ *request) error {
		w.Header().Set(odataVersion, defender.MetadataVersion)
		return w.send(http.StatusOK, "application/xml", text)
	}
}
