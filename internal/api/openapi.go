package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/edge/openapi"
	"github.com/muster-project/muster/internal/export"
	"github.com/muster-project/muster/internal/store/organization"
)

// Version is the version of what clients see of the API: addresses, parameters, shapes. It is
// raised when any of that changes; testdata/wire holds what each version stands for.
const Version = "1.9"

var showsOpenAPI = edge.Description{
	Summary: "This description",
	Gives:   []edge.Payload{edge.OtherBody(http.StatusOK, edge.MediaJSON, "OpenAPI 3.1")},
}

// selfDescription handles GET /openapi.json.
type selfDescription struct {
	origins *edge.Origins
	// before and after are the document around the server's origin.
	before, after string
}

// originMark stands in the document for the server's origin.
const originMark = "muster:origin"

// show is GET /openapi.json. Like the metadata it needs no token. The server is named as the client
// names it, so that a copy of the document leads there.
func (d *selfDescription) show(w *edge.Response, r *edge.Request) error {
	return w.Body(http.StatusOK, []byte(d.before+d.origins.Of(r.Request)+d.after))
}

// describeAPI writes the OpenAPI document of a table of routes.
func describeAPI(routes []edge.Route) (string, error) {
	d := describer{schemas: openapi.NewSchemas(schemaNames()), ids: map[string]bool{}}
	d.document = openapi.Document{
		OpenAPI: openapi.Version,
		Info: openapi.Info{
			Title:   "muster",
			Version: Version,
			Description: "What is installed on every device, what is wrong with it, and what changed. The calls below /api/ " +
				"are also below /api/v1.0/, and their paths match in any case. HEAD works wherever GET does.",
			License: openapi.License{Name: "Apache 2.0", Identifier: "Apache-2.0"},
		},
		Servers:    []openapi.Server{{URL: originMark}},
		Paths:      map[string]map[string]*openapi.Operation{},
		Components: openapi.Components{SecuritySchemes: securitySchemes(), Responses: map[string]*openapi.Response{}},
	}
	if err := d.addRoutes(routes); err != nil {
		return "", fmt.Errorf("describing the API: %w", err)
	}
	d.document.Components.Schemas = d.schemas.All()
	text, err := json.Marshal(d.document)
	if err != nil {
		return "", fmt.Errorf("describing the API: %w", err)
	}
	return string(text) + "\n", nil
}

// describer makes a document.
type describer struct {
	document openapi.Document
	schemas  *openapi.Schemas
	ids      map[string]bool // of operations
}

// addRoutes describes the routes, and the rows of files, which no route returns as JSON.
func (d *describer) addRoutes(routes []edge.Route) error {
	for _, rt := range routes {
		path := describedPath(rt)
		if path == "" || rt.Methods == nil {
			continue
		}
		operations := map[string]*openapi.Operation{}
		for method, op := range rt.Methods {
			described, err := d.operation(op, path)
			if err != nil {
				return fmt.Errorf("%s %s: %w", method, path, err)
			}
			described.ID = d.newID(strings.ToLower(method) + strings.ToUpper(rt.Name[:1]) + rt.Name[1:])
			operations[strings.ToLower(method)] = described
		}
		d.document.Paths[path] = operations
	}
	for _, call := range defender.Calls() {
		d.schemas.Add(defender.EntityName(call.Dataset, call.Delta)+".file", export.RowSchema(call, true))
	}
	return nil
}

// newID returns an id that no operation has yet. The id of an older form of a call says so.
func (d *describer) newID(id string) string {
	for d.ids[id] {
		id += "V1"
	}
	d.ids[id] = true
	return id
}

// describedPath returns a route's path as the document has it: calls once and in their own
// spelling, without the syntax of http.ServeMux.
func describedPath(rt edge.Route) string {
	const calls, versioned = "/api/machines/", "/api/v1.0/"
	switch {
	case strings.HasPrefix(rt.Pattern, versioned):
		return ""
	case rt.Documented != "":
		return rt.Documented
	case strings.HasPrefix(rt.Pattern, calls):
		return calls + rt.Name
	}
	return strings.NewReplacer("...}", "}", "{$}", "").Replace(rt.Pattern)
}

// operation describes an operation.
func (d *describer) operation(op edge.Operation, path string) (*openapi.Operation, error) {
	out := &openapi.Operation{
		Summary: op.Description.Summary, Responses: map[string]*openapi.Response{}, Security: security(op.Needs)}
	for _, name := range pathParameters(path) {
		out.Parameters = append(out.Parameters,
			openapi.Parameter{Name: name, In: "path", Required: true, Schema: openapi.Text()})
	}
	for _, p := range op.Description.Query {
		out.Parameters = append(out.Parameters, describeParameter(p))
	}
	var err error
	if out.Body, err = d.requestBody(op.Description.Takes); err != nil {
		return nil, err
	}
	for _, status := range slices.Concat(commonErrors(op), op.Description.Fails) {
		if out.Responses[strconv.Itoa(status)], err = d.failure(status); err != nil {
			return nil, err
		}
	}
	return out, d.replies(out.Responses, op.Description.Gives)
}

// commonErrors are the statuses that any operation may have: for the request's head, its caller,
// and the server's state.
func commonErrors(op edge.Operation) []int {
	statuses := []int{http.StatusBadRequest, http.StatusForbidden, http.StatusRequestURITooLong,
		http.StatusMisdirectedRequest, http.StatusTooManyRequests, http.StatusRequestHeaderFieldsTooLarge,
		http.StatusInternalServerError, http.StatusServiceUnavailable}
	if len(op.Needs) > 0 {
		statuses = append(statuses, http.StatusUnauthorized)
	}
	if len(op.Description.Takes) > 0 {
		statuses = append(statuses, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	return statuses
}

// pathParameters lists the parameters of a path.
func pathParameters(path string) (names []string) {
	for _, match := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
		names = append(names, match[1])
	}
	return names
}

// describeParameter describes a parameter of the query.
func describeParameter(p edge.Parameter) openapi.Parameter {
	schema := openapi.Text()
	switch p.Kind {
	case edge.NumberParameter:
		schema = &openapi.Schema{Type: openapi.Types{"integer"}, Format: "int64", Minimum: &p.Least}
		if p.Most < math.MaxInt64 {
			schema.Maximum = &p.Most
		}
		if p.Fallback >= p.Least && p.Fallback > 0 {
			schema.Default = p.Fallback
		}
	case edge.FlagParameter:
		schema = &openapi.Schema{Type: openapi.Types{"boolean"}, Default: false}
	}
	return openapi.Parameter{Name: p.Name, In: "query", Description: p.About, Required: p.Required, Schema: schema}
}

// requestBody describes the body of an operation's request; nil if it has none.
func (d *describer) requestBody(takes []edge.Payload) (*openapi.RequestBody, error) {
	if len(takes) == 0 {
		return nil, nil
	}
	out := &openapi.RequestBody{Content: map[string]openapi.MediaType{}}
	for _, form := range takes {
		media, err := d.media(form)
		if err != nil {
			return nil, err
		}
		out.Content[form.Media] = media
	}
	return out, nil
}

// replies adds the replies of an operation. A status may have several media types, and a status
// of an error another form besides the common form of errors.
func (d *describer) replies(to map[string]*openapi.Response, gives []edge.Payload) error {
	for _, form := range gives {
		status := strconv.Itoa(form.Status)
		reply := d.ownReply(to[status], form.About)
		to[status] = reply
		if form.Media == "" {
			continue
		}
		media, err := d.media(form)
		if err != nil {
			return err
		}
		if before := reply.Content[form.Media].Schema; before != nil && media.Schema != nil {
			media.Schema = &openapi.Schema{AnyOf: []*openapi.Schema{before, media.Schema}}
		}
		reply.Content[form.Media] = media
	}
	return nil
}

// ownReply returns a reply that can be changed: not one that operations share.
func (d *describer) ownReply(reply *openapi.Response, about string) *openapi.Response {
	own := &openapi.Response{Description: about, Content: map[string]openapi.MediaType{}}
	if reply == nil {
		return own
	}
	if shared := d.document.Components.Responses[strings.TrimPrefix(reply.Ref, responses)]; shared != nil {
		own.Headers = shared.Headers
		maps.Copy(own.Content, shared.Content)
		return own
	}
	return reply
}

// responses is the prefix of references to shared replies.
const responses = "#/components/responses/"

// media describes a body.
func (d *describer) media(form edge.Payload) (openapi.MediaType, error) {
	if form.Schema == nil {
		return openapi.MediaType{}, nil
	}
	schema, err := form.Schema(d.schemas)
	return openapi.MediaType{Schema: schema}, err
}

// failure describes the reply with an error: contract.md, section 7.
func (d *describer) failure(status int) (*openapi.Response, error) {
	name := strings.ReplaceAll(http.StatusText(status), " ", "")
	if d.document.Components.Responses[name] == nil {
		schema, err := edge.SchemaOf[defender.ErrorBody]()(d.schemas)
		if err != nil {
			return nil, err
		}
		d.document.Components.Responses[name] = &openapi.Response{Description: http.StatusText(status),
			Content: map[string]openapi.MediaType{edge.MediaJSON: {Schema: schema}}, Headers: failureHeaders(status)}
	}
	return &openapi.Response{Ref: responses + name}, nil
}

// failureHeaders are the headers of an error that clients act on.
func failureHeaders(status int) map[string]openapi.Header {
	switch status {
	case http.StatusUnauthorized:
		return map[string]openapi.Header{"WWW-Authenticate": {Description: "Bearer", Schema: openapi.Text()}}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		seconds := &openapi.Schema{Type: openapi.Types{"integer"}}
		return map[string]openapi.Header{"Retry-After": {Description: "when to try again, in seconds", Schema: seconds}}
	}
	return nil
}

// security describes which tokens an operation accepts: those with any one of the permissions.
func security(needs []auth.Permission) []map[string][]string {
	alternatives := []map[string][]string{}
	for _, p := range needs {
		for _, scheme := range slices.Sorted(maps.Keys(securitySchemes())) {
			alternatives = append(alternatives, map[string][]string{scheme: {string(p)}})
		}
	}
	return alternatives
}

// securitySchemes are the ways to get a token: the server's own call, or another issuer.
func securitySchemes() map[string]openapi.SecurityScheme {
	scopes := map[string]string{string(auth.WriteOwnReports): "send reports of the one device whose credential it is"}
	for _, p := range auth.Permissions() {
		scopes[string(p)] = "a permission of the client; the call's scope is always the API's /.default"
	}
	return map[string]openapi.SecurityScheme{
		"oauth2": {
			Type:        "oauth2",
			Description: "The address contains the GUID of the client's organization; this one has that of the home organization.",
			Flows: &openapi.Flows{ClientCredentials: &openapi.Flow{
				TokenURL: "/" + organization.Default + "/oauth2/v2.0/token", Scopes: scopes}},
		},
		"issuer": {
			Type: "http", Scheme: "bearer", BearerFormat: "JWT",
			Description: "A token of an outside issuer that the server trusts.",
		},
	}
}
