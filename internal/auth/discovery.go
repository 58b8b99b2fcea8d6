package auth

import (
	"context"
	"encoding/json"
)

// Discovery describes a tenant's token call to clients: the document of OpenID Connect
// Discovery, section 3, with the members that apply here.
type Discovery struct {
	Issuer string `json:"issuer"`
	// AuthorizationEndpoint does not exist here: no users sign in. The document, and MSAL,
	// require it.
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	JWKSURI               string   `json:"jwks_uri"`
	GrantTypes            []string `json:"grant_types_supported"`
	ResponseTypes         []string `json:"response_types_supported"`
	SubjectTypes          []string `json:"subject_types_supported"`
	SigningAlgorithms     []string `json:"id_token_signing_alg_values_supported"`
	Proofs                []string `json:"token_endpoint_auth_methods_supported"`
	ProofAlgorithms       []string `json:"token_endpoint_auth_signing_alg_values_supported"`
}

// Discovery returns the document of a tenant below an origin; that of the older call if v1. The
// error is database.ErrNotFound if there is no such tenant.
func (a *Authority) Discovery(ctx context.Context, origin, tenant string, v1 bool) (Discovery, error) {
	org, err := a.organization(ctx, tenant)
	if err != nil {
		return Discovery{}, err
	}
	base := origin + "/" + org
	d := Discovery{
		Issuer:                issuerV2(origin, org),
		AuthorizationEndpoint: base + "/oauth2/v2.0/authorize",
		TokenEndpoint:         tokenV2(origin, org),
		JWKSURI:               base + "/discovery/v2.0/keys",
		GrantTypes:            []string{"client_credentials"},
		ResponseTypes:         []string{"none"},
		SubjectTypes:          []string{"pairwise"},
		SigningAlgorithms:     []string{"RS256"},
		Proofs:                []string{"client_secret_post", "client_secret_basic", "private_key_jwt"},
		ProofAlgorithms:       []string{"RS256", "PS256", "ES256", "ES384"},
	}
	if v1 {
		d.Issuer, d.TokenEndpoint = issuerV1(origin, org), tokenV1(origin, org)
		d.AuthorizationEndpoint, d.JWKSURI = base+"/oauth2/authorize", base+"/discovery/keys"
	}
	return d, nil
}

// JWKS returns the public keys of tokens, the same for every tenant: a JSON Web Key Set
// (RFC 7517). The error is database.ErrNotFound if there is no such tenant.
func (a *Authority) JWKS(ctx context.Context, tenant string) (json.RawMessage, error) {
	if _, err := a.organization(ctx, tenant); err != nil {
		return nil, err
	}
	return a.Keys.keys.Load().public, nil
}
