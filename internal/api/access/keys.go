package access

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
)

var rotatesKey = edge.Description{
	Summary: "Makes a new key; what the previous key signed stays valid until it expires",
	Gives:   []edge.Payload{edge.JSONOf[control.RotatedKey](http.StatusCreated, "the new key signs from now on")},
	Fails:   []int{http.StatusNotFound},
}

// keyring handles the server's keys.
type keyring struct{ keys *auth.Keyring }

// rotateKey is POST /v1/keys/{purpose}/rotate: a new key signs from now on. What the previous key
// signed stays valid until it expires.
func (k *keyring) rotateKey(w *edge.Response, r *edge.Request) error {
	purpose := auth.Purpose(r.PathValue("purpose"))
	id, err := k.keys.Rotate(r.Context(), purpose)
	if errors.Is(err, auth.ErrPurpose) {
		return edge.NotFound("%v", err)
	}
	if err != nil {
		return err
	}
	w.Note(slog.String("key", id))
	return w.JSON(http.StatusCreated, control.RotatedKey{Purpose: string(purpose), KeyID: id})
}
