package intelligence

import (
	"fmt"
	"net/http"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/edge"
	stored "github.com/muster-project/muster/internal/store/intelligence"
)

// describeBuild returns a build as clients see it.
func describeBuild(b stored.Build) *control.Build {
	described := &control.Build{Number: b.Number, URL: fmt.Sprintf("/v1/catalog/builds/%d", b.Number), State: b.State,
		AskedTime: b.Asked, BegunTime: edge.TimeOrNull(b.Begun), EndedTime: edge.TimeOrNull(b.Ended),
		Failure: b.Failure, Catalog: b.Catalog}
	if b.Summary != "" {
		summary := control.Encoded[counts.Catalog](b.Summary)
		described.Summary = &summary
	}
	return described
}

var showsBuild = edge.Description{
	Summary: "One build of the catalog, and its state: waiting, running, built or failed",
	Gives: []edge.Payload{edge.JSONOf[control.Build](http.StatusOK,
		"the build; if it failed, the previous catalog stays in use")},
	Fails: []int{http.StatusNotFound},
}
