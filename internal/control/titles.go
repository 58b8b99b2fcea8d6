package control

import (
	"net/http"
	"net/url"
	"time"
)

// ConfirmedTitle is a title of software that somebody confirmed to be a product.
type ConfirmedTitle struct {
	Vendor string `json:"vendor"`
	Name   string `json:"name"`
	// Product is a CPE pair, "vendor:product", or NoProduct.
	Product string `json:"product"`
	// Known says whether a record of a feed names the product.
	Known         bool      `json:"known"`
	ConfirmedBy   string    `json:"confirmedBy"`
	ConfirmedTime time.Time `json:"confirmedTime"`
}

// TitleList is the reply to GET /v1/titles.
type TitleList struct {
	Titles []ConfirmedTitle `json:"titles"`
}

// NoProduct, in place of a product, says that a title is of none.
const NoProduct = "none"

// TitleRequest is a title to confirm.
type TitleRequest struct {
	Vendor string `json:"vendor,omitempty"`
	Name   string `json:"name"`
	// Product is a CPE pair, "vendor:product", or NoProduct.
	Product string `json:"product"`
}

// TitleCandidates is the reply to GET /v1/titles/candidates.
type TitleCandidates struct {
	// Vendor and Name are the title without its version: what is confirmed.
	Vendor string `json:"vendor"`
	Name   string `json:"name"`
	// Unknown says that the catalog does not know what the title is.
	Unknown    bool             `json:"unknown"`
	Candidates []TitleCandidate `json:"candidates"`
}

// TitleCandidate is a product that a title may be.
type TitleCandidate struct {
	Product string `json:"product"`
	// Score is how much the names have in common, at most 1.
	Score float64 `json:"score"`
}

const titlesPath = "/v1/titles"

// ListTitles lists the titles that were confirmed.
func ListTitles() Request[TitleList] { return get[TitleList](titlesPath) }

// FindCandidates lists the products that a title may be. Kind is "windows" or "macos"; the texts are those of a row.
func FindCandidates(kind, vendor, name, version string) Request[TitleCandidates] {
	return get[TitleCandidates](titlesPath + "/candidates").with(url.Values{
		"kind": {kind}, "vendor": {vendor}, "name": {name}, "version": {version}})
}

// ConfirmTitle makes a title known as a product. The reply comes when the catalog has it.
func ConfirmTitle(t TitleRequest) Request[ConfirmedTitle] {
	return send[ConfirmedTitle](http.MethodPost, titlesPath, t)
}

// RemoveTitle undoes that. The reply comes when the catalog no longer has it.
func RemoveTitle(vendor, name string) Request[ConfirmedTitle] {
	return Request[ConfirmedTitle]{Call{Method: http.MethodDelete, Path: titlesPath,
		Query: url.Values{"vendor": {vendor}, "name": {name}}}}
}
