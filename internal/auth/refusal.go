package auth

import (
	"fmt"
	"net/http"
	"time"

	"github.com/muster-project/muster/internal/auth/jwt"
)

// Refusal is why a token is not issued, with the names and numbers of Entra ID, which clients
// check: contract.md, section 6.
type Refusal struct {
	// Status is the HTTP status: 400 or 401.
	Status int
	// Name is the error code of RFC 6749, section 5.2.
	Name string
	// Number is Entra ID's number, such as AADSTS7000215.
	Number int
	// Message is for people. It contains no secret.
	Message string
}

// Error returns number and message.
func (r *Refusal) Error() string { return fmt.Sprintf("AADSTS%d: %s", r.Number, r.Message) }

// RefusalBody is a Refusal on the wire.
type RefusalBody struct {
	Error         string `json:"error"`
	Description   string `json:"error_description"`
	Codes         []int  `json:"error_codes"`
	Timestamp     string `json:"timestamp"`
	TraceID       string `json:"trace_id"`
	CorrelationID string `json:"correlation_id"`
}

// Body returns the reply's body, with the ids that identify the request.
func (r *Refusal) Body(trace, correlation string, now time.Time) RefusalBody {
	at := now.UTC().Format("2006-01-02 15:04:05Z")
	return RefusalBody{Error: r.Name, Codes: []int{r.Number}, Timestamp: at, TraceID: trace, CorrelationID: correlation,
		Description: fmt.Sprintf("%v Trace ID: %s Correlation ID: %s Timestamp: %s", r, trace, correlation, at)}
}

// badRequest returns a Refusal of an invalid request.
func badRequest(name string, number int, format string, args ...any) *Refusal {
	return &Refusal{http.StatusBadRequest, name, number, fmt.Sprintf(format, args...)}
}

// badClient returns a Refusal of a client that did not authenticate.
func badClient(number int, format string, args ...any) *Refusal {
	return &Refusal{http.StatusUnauthorized, "invalid_client", number, fmt.Sprintf(format, args...)}
}

func missingParameter(name string) *Refusal {
	return badRequest("invalid_request", 900144, "The body must have the parameter '%s'.", name)
}

// MalformedRequest refuses a request that cannot be parsed.
func MalformedRequest(why string) *Refusal {
	return badRequest("invalid_request", 9002313, "The request is malformed: %s.", why)
}

// UnknownTenant refuses a request for a tenant that does not exist.
func UnknownTenant(tenant string) *Refusal {
	return badRequest("invalid_request", 90002,
		"There is no tenant '%s' on this server.", jwt.Printable(tenant))
}

func unknownClient(client, org string) *Refusal {
	return badRequest("unauthorized_client", 700016, "There is no application '%s' in tenant '%s'. "+
		"Perhaps it was removed, or belongs to another tenant.", jwt.Printable(client), org)
}
