package openapi

// Version is the version of the specification that documents are written in.
const Version = "3.1.0"

// Document is a whole description: OpenAPI 3.1, section 4.8.1.
type Document struct {
	OpenAPI string `json:"openapi"`
	Info    Info   `json:"info"`
	// Paths maps a path to its operations, those to their method in lower case.
	Paths      map[string]map[string]*Operation `json:"paths"`
	Components Components                       `json:"components"`
	Tags       []Tag                            `json:"tags,omitempty"`
}

// Info says what is described.
type Info struct {
	Title       string  `json:"title"`
	Description string  `json:"description,omitempty"`
	Version     string  `json:"version"`
	License     License `json:"license"`
}

// License is that of the API; Identifier is one of SPDX.
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
	// Security lists alternatives, each of which names schemes and permissions;
	// it is empty and not nil where nothing is asked for.
	Security []map[string][]string `json:"security"`
}

// Parameter is one of the path, the query or the header.
type Parameter struct {
	Name        string  `json:"name"`
	In          string  `json:"in"`
	Description string  `json:"description,omitempty"`
	Required    bool    `json:"required,omitempty"`
	Schema      *Schema `json:"schema"`
}

// RequestBody is what an operation takes, by media type.
type RequestBody struct {
	Description string               `json:"description,omitempty"`
	Required    bool                 `json:"required,omitempty"`
	Content     map[string]MediaType `json:"content"`
}

// Response is a reply, or a reference to one of Components.
type Response struct {
	Ref         string               `json:"$ref,omitempty"`
	Description string               `json:"description,omitempty"`
	Headers     map[string]Header    `json:"headers,omitempty"`
	Content     map[string]MediaType `json:"content,omitempty"`
}

// Header is one of a reply.
type Header struct {
	Description string  `json:"description,omitempty"`
	Schema      *Schema `json:"schema"`
}

// MediaType is the form of a body. No schema stands for bytes.
type MediaType struct {
	Schema *Schema `json:"schema,omitempty"`
}

// Components are what others refer to.
type Components struct {
	Schemas         map[string]*Schema        `json:"schemas,omitempty"`
	Responses       map[string]*Response      `json:"responses,omitempty"`
	SecuritySchemes map[string]SecurityScheme `json:"securitySchemes,omitempty"`
}

// SecurityScheme is a way to say who one is.
type SecurityScheme struct {
	Type         string `json:"type"`
	Description  string `json:"description,omitempty"`
	Scheme       string `json:"scheme,omitempty"`
	BearerFormat string `json:"bearerFormat,omitempty"`
	Flows        *Flows `json:"flows,omitempty"`
}

// Flows are the ways of OAuth 2 to a token.
type Flows struct {
	ClientCredentials *Flow `json:"clientCredentials,omitempty"`
}

// Flow is one of them; Scopes says what each permits.
type Flow struct {
	TokenURL string            `json:"tokenUrl"`
	Scopes   map[string]string `json:"scopes"`
}
