package exceptions

import (
	"net/http"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
)

var (
	lists = edge.Description{
		Summary: "Exceptions, with those that wait and have expired",
		Query:   []edge.Parameter{limit, after},
		Gives:   []edge.Payload{edge.JSONOf[control.ExceptionList](http.StatusOK, "newest first")},
		Fails:   []int{http.StatusGone},
	}
	adds = edge.Description{
		Summary: "Adds an exception: a finding is hidden or marked from the next snapshot on",
		Takes:   []edge.Payload{edge.JSONOf[control.NewException](0, "the exception")},
		Gives:   []edge.Payload{edge.JSONOf[control.Exception](http.StatusCreated, "it is stored")},
		Fails:   []int{http.StatusNotFound, http.StatusConflict},
	}
	removes = edge.Description{
		Summary: "Removes an exception: the finding is New in the next snapshot",
		Gives:   []edge.Payload{edge.NoBody(http.StatusNoContent, "it is removed")},
		Fails:   []int{http.StatusNotFound},
	}
	imports = edge.Description{
		Summary: "Imports a VEX document (OpenVEX, CycloneDX, CSAF) or a file of exceptions (JSON, CSV)",
		Query:   []edge.Parameter{device, group},
		Takes:   []edge.Payload{edge.OtherBody(0, "application/octet-stream", "the document, up to 16 MiB")},
		Gives:   []edge.Payload{edge.JSONOf[control.ImportedExceptions](http.StatusOK, "what was done")},
		Fails:   []int{http.StatusNotFound, http.StatusConflict, http.StatusUnsupportedMediaType},
	}
	listsExcepted = edge.Description{
		Summary: "What exceptions hide or mark in the newest snapshot, by group and device",
		Query:   []edge.Parameter{which, group, limit, after},
		Gives:   []edge.Payload{edge.JSONOf[control.ExceptedRows](http.StatusOK, "all pages show one snapshot")},
		Fails:   []int{http.StatusNotFound, http.StatusGone},
	}
)

// Routes returns the routes of exceptions.
func Routes(c Config) []edge.Route {
	x := &calls{c, edge.NewGate(places, c.MaxWait)}
	write := func(h edge.Handler) edge.Operation { return edge.Needs(h, auth.WriteExceptions, auth.Manage) }
	return []edge.Route{
		edge.At("exceptions", "/v1/exceptions", edge.Methods{
			http.MethodGet:  edge.Needs(x.list, auth.ReadVulnerabilities, auth.WriteExceptions, auth.Manage).As(lists),
			http.MethodPost: write(x.add).As(adds).Told("add exception")}),
		edge.At("exceptionimport", "/v1/exceptions/import", edge.Methods{
			http.MethodPost: write(x.importDocument).As(imports).Told("import exceptions")}),
		edge.At("excepted", "/v1/exceptions/findings", edge.Methods{
			http.MethodGet: edge.Needs(x.listExcepted, auth.ReadVulnerabilities, auth.Manage).As(listsExcepted)}),
		edge.At("exception", "/v1/exceptions/{id}", edge.Methods{
			http.MethodDelete: write(x.remove).As(removes).Told("remove exception")}),
	}
}
