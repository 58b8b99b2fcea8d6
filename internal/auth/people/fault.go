package people

import (
	"errors"
	"fmt"
)

// Errors of signing in. What wraps them is for the log of the server: it has what a provider sent, and no code, token
// or secret.
var (
	// ErrStale: the answer is not one to a question of this browser, or not any more, or was used before.
	ErrStale = errors.New("this browser began no such sign-in in the last ten minutes, or it was completed before")
	// ErrUnreachable: the provider cannot be asked for now.
	ErrUnreachable = errors.New("the provider cannot be reached")
	// ErrRejected: the provider answered what cannot be believed, or refused this server.
	ErrRejected = errors.New("the answer of the provider was not accepted")
	// ErrDenied: the provider did not sign the person in.
	ErrDenied = errors.New("the provider did not sign in")
)

// DeniedError is an ErrDenied with the provider's reason: a code of RFC 6749, section 4.1.2.1, or of OpenID Connect
// Core, section 3.1.2.6; "" for others.
type DeniedError struct{ Code string }

// Error names the code.
func (e *DeniedError) Error() string { return fmt.Sprintf("%v: %q", ErrDenied, e.Code) }

// Unwrap returns ErrDenied.
func (e *DeniedError) Unwrap() error { return ErrDenied }

// knownCodes are the reasons that are repeated to people and in the log: others could be anybody's text.
var knownCodes = []string{"access_denied", "account_selection_required", "consent_required", "interaction_required",
	"invalid_request", "invalid_request_object", "invalid_request_uri", "invalid_scope", "login_required",
	"registration_not_supported", "request_not_supported", "request_uri_not_supported", "server_error",
	"temporarily_unavailable", "unauthorized_client", "unsupported_response_type", "invalid_client", "invalid_grant",
	"unsupported_grant_type"}

func stale(why string) error { return fmt.Errorf("%w: %s", ErrStale, why) }

func rejected(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrRejected, fmt.Errorf(format, args...))
}
