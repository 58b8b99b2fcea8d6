package defender

// Page is the JSON response: some rows of an export, and the link to the next ones (contract.md,
// section 3).
type Page[Asset any] struct {
	Context string  `json:"@odata.context"`
	Value   []Asset `json:"value"`
	// NextLink is absolute, and absent on the last page.
	NextLink string `json:"@odata.nextLink,omitempty"`
}

// ExportFilesResponse is the response via files: links to every part of a
// snapshot (contract.md, section 5).
type ExportFilesResponse struct {
	Context       string   `json:"@odata.context"`
	ExportFiles   []string `json:"exportFiles"`
	GeneratedTime string   `json:"generatedTime"`
}

// ErrorBody is the body of every unsuccessful reply (contract.md, section 7).
type ErrorBody struct {
	Error Error `json:"error"`
}

// Error says what went wrong.
type Error struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	// Target is the request's id.
	Target string `json:"target"`
}

// The error codes; CodeSkipTokenExpired and those of doubts are muster's own.
const (
	CodeBadRequest               = "BadRequest"
	CodeInvalidInput             = "InvalidInput"
	CodeMissingRequiredParameter = "MissingRequiredParameter"
	CodeODataError               = "ODataError"
	CodeUnauthorized             = "Unauthorized"
	CodeForbidden                = "Forbidden"
	CodeNotFound                 = "NotFound"
	CodeResourceNotFound         = "ResourceNotFound"
	CodeSkipTokenExpired         = "SkipTokenExpired"
	CodeClockAhead               = "ClockAhead"
	CodeClockBehind              = "ClockBehind"
	CodeFleetShrinks             = "FleetShrinks"
	CodeTooManyRequests          = "TooManyRequests"
	CodeInternalServerError      = "InternalServerError"
	CodeServiceUnavailable       = "ServiceUnavailable"
	CodeNotImplemented           = "NotImplemented"
)
