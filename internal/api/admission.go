package api

import (
	"net/http"

	"github.com/muster-project/muster/internal/store"
)

var (
	admitsDevice = description{
		summary: "Lets a device that is known and has no credential be enrolled, once, within a week",
		gives:   []payload{nothing(http.StatusNoContent, "it may be enrolled")},
		fails:   []int{http.StatusNotFound, http.StatusConflict},
	}
	acceptsClaims = description{
		summary: "Makes what a device claims its identity",
		takes:   []payload{jsonOf[claims](0, "the claims, as the device shows them")},
		gives:   []payload{nothing(http.StatusNoContent, "they count, and the organization's rules apply to them")},
		fails:   []int{http.StatusNotFound, http.StatusConflict},
	}
	removesCredential = description{
		summary: "Takes a device's credential away, until it is enrolled again",
		gives:   []payload{nothing(http.StatusNoContent, "it is taken away")},
		fails:   []int{http.StatusNotFound},
	}
)

// admitDevice is PUT /v1/devices/{id}/admission: the device may be enrolled once,
// within a week.
func (d *devices) admitDevice(w *response, r *request) error {
	if err := d.visible(r); err != nil {
		return err
	}
	if err := d.store.AdmitDevice(r.Context(), r.caller.Organization, r.PathValue("id"), d.clock()); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// acceptClaims is PUT /v1/devices/{id}/claims: what the device claims becomes its
// identity. The body is the claims as the manager saw them.
func (d *devices) acceptClaims(w *response, r *request) error {
	var seen claims
	if err := readObject(w, r, &seen); err != nil {
		return err
	}
	if err := d.store.AcceptClaims(r.Context(), r.caller.Organization, r.PathValue("id"), store.Claims(seen)); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// removeCredential is DELETE /v1/devices/{id}/credential: the device reports no
// more until it is enrolled again. What is known of it stays.
func (d *devices) removeCredential(w *response, r *request) error {
	if err := d.store.RemoveDeviceClient(r.Context(), r.caller.Organization, r.PathValue("id"), d.clock()); err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
