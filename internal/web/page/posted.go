package page

import (
	"crypto/subtle"
	"mime"
	"net/http"
	"net/url"
	"unicode/utf8"

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
	return form, admitTexts(form)
}

// admitTexts refuses values that are no text: no page could show them.
func admitTexts(values url.Values) error {
	for name, all := range values {
		for _, value := range append([]string{name}, all...) {
			if !utf8.ValidString(value) {
				return edge.Invalid("%s is not UTF-8", edge.Clip(name))
			}
		}
	}
	return nil
}

// IsOfSession tells whether a form carries the token of a session.
func IsOfSession(form url.Values, secret string) bool {
	return subtle.ConstantTimeCompare([]byte(form.Get(tokenName)), []byte(FormToken(secret))) == 1
}
