package access

import (
	"errors"
	"net/http"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	stored "github.com/muster-project/muster/internal/store/access"
)

var (
	rotatesSecret = edge.Description{
		Summary: "Makes a new secret; the previous one stays valid for a while",
		Takes: []edge.Payload{edge.JSONOf[control.RotationRequest](0,
			"how long the previous and the new secret are valid")},
		Gives: []edge.Payload{edge.JSONOf[control.Issued](http.StatusCreated, "the secret is shown only here")},
		Fails: []int{http.StatusNotFound},
	}
	addsCertificate = edge.Description{
		Summary: "Adds a certificate that authenticates the client",
		Takes:   []edge.Payload{edge.JSONOf[control.CertificateRequest](0, "the certificate")},
		Gives:   []edge.Payload{edge.JSONOf[control.Issued](http.StatusCreated, "the client")},
		Fails:   []int{http.StatusNotFound, http.StatusConflict},
	}
	revokesCredential = edge.Description{
		Summary: "Removes a secret or a certificate of a client",
		Gives:   []edge.Payload{edge.NoBody(http.StatusNoContent, "the credential no longer works")},
		Fails:   []int{http.StatusNotFound},
	}
)

// rotateSecret is POST /v1/clients/{id}/rotate: a new secret. The previous one stays valid for
// keepSeconds, older ones end at once.
func (s *clients) rotateSecret(w *edge.Response, r *edge.Request) error {
	var asked control.RotationRequest
	if err := edge.ReadObject(w, r, &asked); err != nil {
		return err
	}
	keep, err := edge.ReadSeconds("keepSeconds", asked.KeepSeconds, defaultKeep, 0, maxKeep)
	if err != nil {
		return err
	}
	made := proofs{now: s.clock()}
	if err := made.addSecret(asked.LifetimeSeconds); err != nil {
		return err
	}
	proven, err := s.clients.RotateSecret(r.Context(), r.Caller.Organization, r.PathValue("id"),
		made.credentials[0], made.now.Add(keep))
	if err != nil {
		return noClient(r, err)
	}
	reply := s.issued(r, &proven.Client, made, proven.Names)
	reply.PreviousExpiresTime = edge.TimeOrNull(proven.PreviousEnds)
	return w.JSON(http.StatusCreated, reply)
}

// addCertificate is POST /v1/clients/{id}/certificates.
func (s *clients) addCertificate(w *edge.Response, r *edge.Request) error {
	var asked control.CertificateRequest
	if err := edge.ReadObject(w, r, &asked); err != nil {
		return err
	}
	made := proofs{now: s.clock()}
	if err := made.addCertificate(asked.Certificate); err != nil {
		return err
	}
	proven, err := s.clients.AddCredential(r.Context(), r.Caller.Organization, r.PathValue("id"), made.credentials[0])
	if err != nil {
		return noClient(r, refusedClient(err))
	}
	return w.JSON(http.StatusCreated, s.issued(r, &proven.Client, made, proven.Names))
}

// revokeCredential is DELETE /v1/clients/{id}/credentials/{credential}: it stops working with the
// next request. Tokens that it got stay valid for their hour.
func (s *clients) revokeCredential(w *edge.Response, r *edge.Request) error {
	err := s.clients.RemoveCredential(r.Context(), r.Caller.Organization, r.PathValue("id"), r.PathValue("credential"))
	if errors.Is(err, stored.ErrNoCredential) {
		return edge.Refuse(http.StatusNotFound, defender.CodeResourceNotFound, "the client has no credential %q",
			edge.Clip(r.PathValue("credential")))
	}
	if err != nil {
		return noClient(r, err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
