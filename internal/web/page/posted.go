package page

import (
	"crypto/subtle"
	"mime"
	"net/http"
	"net/url"

	"github.com/muster-project/muster/internal/edge"
)

// maxForm is the largest form, in bytes.
const maxForm = 64 << 10

// ReadForm reads a form.
func ReadForm(w *edge.Response, r *edge.Request) (url.Values, error) {
	media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || media != "application/x-www-form-urlencoded" {
		return nil, edge.Refuse(http.StatusUnsupportedMediaType, "", "a form is sent as application/x-www-form-urlencoded")
	}
	body, err := edge.ReadBody(w, r, maxForm)
	if err != nil {
		return nil, err
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, edge.Invalid("the form cannot be read")
	}
	if len(form) > edge.MaxParameters {
		return nil, edge.Invalid("the form has more than %d fields", edge.MaxParameters)
	}
	return form, nil
}

// IsOfSession tells whether a form carries the token of a session.
func IsOfSession(form url.Values, secret string) bool {
	return subtle.ConstantTimeCompare([]byte(form.Get(tokenName)), []byte(FormToken(secret))) == 1
}
