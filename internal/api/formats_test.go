package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
)

// operations calls yield with each GET of the description whose query has a parameter, or with each GET if the
// parameter is "": with an address that has what the operation needs, and ends with "&" or "?".
func (l *lab) operations(parameter string, yield func(path, address string)) {
	l.Helper()
	var document struct {
		Paths map[string]map[string]struct {
			Parameters []struct {
				Name, In string
				Required bool
			}
		}
	}
	l.decode(l.get("/openapi.json"), http.StatusOK, &document)
	for path, methods := range document.Paths {
		get, ok := methods["get"]
		address, takes := strings.NewReplacer("{id}", "x").Replace(path)+"?", ok && parameter == ""
		for _, p := range get.Parameters {
			takes = takes || p.In == "query" && p.Name == parameter
			if p.In == "query" && p.Required {
				address += p.Name + "=" + l.clock().Add(-time.Hour).Format(time.RFC3339) + "&"
			}
		}
		if takes {
			yield(path, address)
		}
	}
}

// Every call that offers $format takes the same values of it, and every call of the compatible API whose
// replies are JSON offers it.
func TestFormatOfEveryCall(t *testing.T) {
	t.Run("`$format`: `json` or `application/json`; any other value is 400 `ODataError`", formatOfEveryCall)
}

func formatOfEveryCall(t *testing.T) {
	l := newLab(t)
	offering := map[string]bool{}
	l.operations("$format", func(path, address string) {
		if strings.HasSuffix(path, "$metadata") {
			return // its replies are XML
		}
		offering[path] = true
		for format, ok := range map[string]bool{"": true, "json": true, "JSON": true, "application/json": true,
			"Application/JSON; charset=utf-8": true, "application/json;odata.metadata=minimal": true,
			"application/json;odata.metadata=full": false, "application/json;metadata=none": false, "jsonp": false, "json5": false,
			"json;x": false, "application/json-seq": false, "application/jsonx": false, "text/json": false, "xml": false,
			"atom": false, "application/xml": false, "csv": false} {
			if testing.Short() && ok && format != "json" {
				continue // each makes a whole reply
			}
			r := l.get(address + "$format=" + url.QueryEscape(format))
			if told := strings.Contains(string(r.body), "$format"); told == ok {
				t.Errorf("%s, $format=%s: status %d: %s", path, format, r.StatusCode, r.body)
			} else if !ok {
				l.refused(r, http.StatusBadRequest, defender.CodeODataError)
			}
		}
	})
	for _, call := range defender.Calls() {
		if !offering["/api/machines/"+call.Name] {
			t.Errorf("%s does not offer $format", call.Name)
		}
	}
	for _, call := range defender.NeighbourCalls() {
		if !offering["/api/"+call.Path] {
			t.Errorf("%s does not offer $format", call.Path)
		}
	}
}
