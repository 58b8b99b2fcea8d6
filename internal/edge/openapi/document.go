package openapi

// Version is the version of the specification.
const Version = "3.1.0"

// Document is a whole description: OpenAPI 3.1, section 4.8.1.
type Document struct {
	OpenAPI string `json:"openapi"`
	Info    Info   `json:"info"`
	// Servers are the addresses that paths are below.
	Servers []Server `json:"servers,omitempty"`
	// Paths maps a path to its operations, by method in lower case.
	Paths      map[string]map[string]*Operation `json:"paths"`
	Components Components                       `json:"components"`
	Tags       []Tag                            `json:"tags,omitempty"`
}

// Server is an address of the API.
type Server struct {
	URL string `json:"url"`
}

// Info describes the API as a whole.
type Info struct {
	Title       string  `json:"title"`
	Description string  `json:"description,omitempty"`
	Version     string  `json:"version"`
	License     License `json:"license"`
}

// License is the license of the API; Identifier is an SPDX identifier.
type License struct {
	Name       string `json:"name"`
	Identifier string `json:"identifier"`
}

// Tag names a group of operations.
type Tag struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

// Operation is what a method does at a path.
type Operation struct {
	ID          string       `json:"operationId"`
	Tags        []string     `json:"tags,omitempty"`
	Summary     string       `json:"summary,omitempty"`
	Description string       `json:"description,omitempty"`
	Parameters  []Parameter  `json:"parameters,omitempty"`
	Body        *RequestBody `json:"requestBody,omitempty"`
	// Responses maps a status to the reply.
	Responses map[string]*Response `json:"responses"`
	// Security lists alternatives, each with schemes and permissions; it is empty and not nil if
	// the operation is open.
	Security []map[string][]string `json:"security"`
}

// Parameter is a parameter in the path, the query or the header.
type Parameter struct {
	Name        string  `json:"name"`
	In          string  `json:"in"`
	Description string  `json:"description,omitempty"`
	Required    bool    `json:"required,omitempty"`
	Schema      *Schema `json:"schema"`
}

// RequestBody describes the body of a request, by media type.
type RequestBody struct {
	Description string               `json:"description,omitempty"`
	Required    bool                 `json:"required,omitempty"`
	Content     map[string]MediaType `json:"content"`
}

// Response describes a reply, or refers to one of Components.
type Response struct {
	Ref         string               `json:"$ref,omitempty"`
	Description string               `json:"description,omitempty"`
	Headers     map[string]Header    `json:"headers,omitempty"`
	Content     map[string]MediaType `json:"content,omitempty"`
}

// Header describes a header of a reply.
type Header struct {
	Description string  `json:"description,omitempty"`
	Schema      *Schema `json:"schema"`
}

// MediaType is the form of a body; without a schema it is bytes.
type MediaType struct {
	Schema *Schema `json:"schema,omitempty"`
}

// Components are the parts that others refer to.
type Components struct {
	Schemas         map[string]*Schema        `json:"schemas,omitempty"`
	Responses       map[string]*Response      `json:"responses,omitempty"`
	SecuritySchemes map[string]SecurityScheme `json:"securitySchemes,omitempty"`
}

// SecurityScheme is a way to authenticate.
type SecurityScheme struct {
	Type         string `json:"type"`
	Description  string `json:"description,omitempty"`
	Scheme       string `json:"scheme,omitempty"`
	BearerFormat string `json:"bearerFormat,omitempty"`
	Flows        *Flows `json:"flows,omitempty"`
}

// Flows are the OAuth 2 flows.
type Flows struct {
	ClientCredentials *Flow `json:"clientCredentials,omitempty"`
}

// Flow is one OAuth 2 flow; Scopes says what each scope permits.
type Flow struct {
	TokenURL string            `json:"tokenUrl"`
	Scopes   map[string]string `json:"scopes"`
}
