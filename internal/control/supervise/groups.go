package supervise

import (
	"bytes"
	"io"
	"net/http"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory/rbac"
)

// Rehearsal is the reply to POST /v1/groups/rehearsal: what the next generation would do by new rules.
type Rehearsal struct {
	// Moves are devices by where they are and where they would go, most first.
	Moves []Move `json:"moves"`
	// Stay is how many devices would stay where they are. Hidden devices are not counted.
	Stay int64 `json:"stay"`
}

// Move is how many devices go from one group to another.
type Move struct {
	From    string `json:"from"`
	To      string `json:"to"`
	Devices int64  `json:"devices"`
}

// RehearseGroups tells what new rules would do, and changes nothing.
func RehearseGroups(rules *rbac.Rules) control.Request[Rehearsal] {
	return control.Request[Rehearsal]{Call: control.Call{Method: http.MethodPost, Path: "/v1/groups/rehearsal",
		ContentType: control.JSON, Body: Body(rules)}}
}

// Body opens the JSON of rules.
func Body(rules *rbac.Rules) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		text, err := rules.MarshalJSON()
		return io.NopCloser(bytes.NewReader(text)), err
	}
}
