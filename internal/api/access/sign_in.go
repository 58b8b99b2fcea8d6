package access

import (
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	stored "github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/database"
)

// codeLife is how long the code of a link to sign in is valid.
const codeLife = time.Minute

// reads are the permissions of which one lets a caller sign a browser in: those that pages need.
var reads = []auth.Permission{auth.ReadVulnerabilities, auth.ReadSoftware, auth.ReadMachines, auth.ReadRecommendations,
	auth.ReadScores, auth.ReadAudit, auth.Manage}

var (
	makesCode = edge.Description{
		Summary: "Makes a link by which one browser signs in as the caller, once, within a minute",
		Gives:   []edge.Payload{edge.JSONOf[control.SignIn](http.StatusCreated, "the link is shown only here")},
		Fails:   []int{http.StatusConflict},
	}
)

// signIns handles browsers that sign in as a client: doc/decision/0151.
type signIns struct {
	store   *stored.Store
	origins *edge.Origins
	callers *edge.Callers
	clock   func() time.Time
	// sessions say who sessions are now.
	sessions *auth.Sessions
}

// makeCode is POST /v1/sign-ins. Only the reply shows the code. A session lasts longer than a token, so its caller is
// looked up at each request: only clients of this server can be.
func (s *signIns) makeCode(w *edge.Response, r *edge.Request) error {
	code := stored.Session{Organization: r.Caller.Organization, Client: r.Caller.ID, Name: r.Caller.Name}
	for _, p := range r.Caller.Permissions {
		code.Permissions = append(code.Permissions, string(p))
	}
	if !s.callers.Local() {
		client, err := s.store.Client(r.Context(), r.Caller.ID)
		if errors.Is(err, database.ErrNotFound) || err == nil && client.Organization != r.Caller.Organization {
			return edge.Refuse(http.StatusForbidden, defender.CodeForbidden,
				"only clients of this server make links to sign in, not tokens of other issuers")
		}
		if err != nil {
			return err
		}
	}
	now := s.clock().UTC().Truncate(time.Millisecond)
	secret, kept, err := auth.NewSecret(rand.Reader, now, now.Add(codeLife))
	if err != nil {
		return err
	}
	code.Hash, code.Expires = kept.Hash, kept.Expires
	if err := s.store.Sessions().AddSignIn(r.Context(), code, now); err != nil {
		return err
	}
	return w.JSON(http.StatusCreated, control.SignIn{
		URL: s.origins.Of(r.Request) + "/sign-in?" + url.Values{"code": {secret}}.Encode(), ExpiresTime: code.Expires})
}
