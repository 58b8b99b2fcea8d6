package api_test

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/muster-project/muster/defender"
)

// Every reply that a lab gets is checked against the server's own /openapi.json: its operation,
// status and media type must be described, and its JSON must match the schema, without unnamed
// keys. The body of every accepted request must match its schema, too.

// described holds the descriptions of all labs of the run.
var described descriptions

// descriptions compiles descriptions once each, and remembers what was seen.
type descriptions struct {
	mu   sync.Mutex
	all  map[[32]byte]*apiDescription
	seen map[string]bool // method, path and status
}

// apiDescription is an /openapi.json that replies are checked against.
type apiDescription struct {
	compiler *jsonschema.Compiler
	paths    map[string]map[string]describedOperation
	shared   map[string]describedReply // of components
	schemas  map[string]*jsonschema.Schema
}

type describedOperation struct {
	Takes     describedReply            `json:"requestBody"`
	Responses map[string]describedReply `json:"responses"`
}

type describedReply struct {
	Ref     string                     `json:"$ref"`
	Content map[string]json.RawMessage `json:"content"`
}

// of returns the description of a document.
func (d *descriptions) of(document []byte) (*apiDescription, error) {
	hash := sha256.Sum256(document)
	if known := d.all[hash]; known != nil {
		return known, nil
	}
	var outline struct {
		Paths      map[string]map[string]describedOperation `json:"paths"`
		Components struct {
			Responses map[string]describedReply `json:"responses"`
		} `json:"components"`
	}
	if err := json.Unmarshal(document, &outline); err != nil {
		return nil, err
	}
	whole, err := jsonschema.UnmarshalJSON(bytes.NewReader(document))
	if err != nil {
		return nil, err
	}
	compiler := jsonschema.NewCompiler()
	compiler.DefaultDraft(jsonschema.Draft2020)
	compiler.AssertFormat()
	if err := compiler.AddResource("requests.json", whole); err != nil {
		return nil, err
	}
	if whole, err = jsonschema.UnmarshalJSON(bytes.NewReader(document)); err != nil {
		return nil, err
	}
	closeObjects(whole)
	if err := compiler.AddResource("replies.json", whole); err != nil {
		return nil, err
	}
	a := &apiDescription{compiler, outline.Paths, outline.Components.Responses, map[string]*jsonschema.Schema{}}
	if d.all == nil {
		d.all, d.seen = map[[32]byte]*apiDescription{}, map[string]bool{}
	}
	d.all[hash] = a
	return a, nil
}

// closeObjects forbids properties that the schemas of objects do not name.
func closeObjects(value any) {
	switch value := value.(type) {
	case map[string]any:
		if value["type"] == "object" && value["properties"] != nil {
			value["additionalProperties"] = false
		}
		for _, v := range value {
			closeObjects(v)
		}
	case []any:
		for _, v := range value {
			closeObjects(v)
		}
	}
}

// unseen lists the successes that are described and were not seen.
func (d *descriptions) unseen() []string {
	missing := map[string]bool{}
	for _, a := range d.all {
		for path, operations := range a.paths {
			for method, operation := range operations {
				for status := range operation.Responses {
					if seen := strings.ToUpper(method) + " " + path + " " + status; status < "300" && !d.seen[seen] {
						missing[seen] = true
					}
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(missing))
}

// find returns the path of the document that matches a request's path.
func (a *apiDescription) find(path string) (string, bool) {
	if len(path) > 5 && strings.EqualFold(path[:5], "/api/") {
		path = strings.ToLower(path)
		path = strings.TrimSuffix(strings.Replace(path, strings.ToLower(defender.Namespace)+".", "", 1), "()")
	}
	path = strings.Replace(path, "/api/v1.0/", "/api/", 1)
	best := ""
	for template := range a.paths {
		// Concrete paths come before templates (OpenAPI 3.1, section 4.8.8.2).
		if matches(template, path) && (best == "" || strings.Count(template, "{") < strings.Count(best, "{")) {
			best = template
		}
	}
	return best, best != ""
}

// matches tells whether a path matches a template; {path} matches the rest.
func matches(template, path string) bool {
	if head, ok := strings.CutSuffix(template, "{path}"); ok {
		return strings.HasPrefix(path, head)
	}
	want, got := strings.Split(template, "/"), strings.Split(path, "/")
	return len(want) == len(got) && slices.EqualFunc(want, got, func(w, g string) bool {
		return strings.HasPrefix(w, "{") && g != "" || strings.EqualFold(w, g)
	})
}

// conforms checks a reply against the description.
func (l *lab) conforms(r reply) {
	l.Helper()
	described.mu.Lock()
	defer described.mu.Unlock()
	document := l.describedBy()
	if document == nil {
		return // a server that fails on purpose
	}
	a, err := described.of(document)
	if err != nil {
		l.Fatalf("reading /openapi.json: %v", err)
	}
	method, body := r.Request.Method, r.body
	if method == http.MethodHead {
		method, body = http.MethodGet, nil
	}
	address := r.Request.URL.Path
	if escaped := r.Request.URL.EscapedPath(); strings.Contains(escaped, "%2F") { // a name with slashes is one part
		address = escaped
	}
	path, found := a.find(address)
	operation, ok := a.paths[path][strings.ToLower(method)]
	if !found || !ok {
		if r.StatusCode < 400 {
			l.Errorf("%s %s: %d, and /openapi.json does not have it", r.Request.Method, r.Request.URL, r.StatusCode)
		}
		return
	}
	status := strconv.Itoa(r.StatusCode)
	described.seen[method+" "+path+" "+status] = true
	if problem := a.check(path, method, status, operation, r.Header, body); problem != nil {
		l.Errorf("%s %s is not as /openapi.json says: %v\n%.2000q", r.Request.Method, r.Request.URL, problem, r.body)
	}
	if r.StatusCode >= 300 {
		return
	}
	if problem := a.checkRequest(path, r.Request, operation); problem != nil {
		l.Errorf("%s %s takes what /openapi.json does not tell of: %v", r.Request.Method, r.Request.URL, problem)
	}
}

// check returns how a reply differs from the description.
func (a *apiDescription) check(path, method, status string, op describedOperation,
	header http.Header, body []byte) error {
	reply, ok := op.Responses[status]
	if !ok {
		return fmt.Errorf("it has no status %s", status)
	}
	at := "#/paths/" + pointer(path) + "/" + strings.ToLower(method) + "/responses/" + status
	if name, ok := strings.CutPrefix(reply.Ref, "#/components/responses/"); ok {
		reply, at = a.shared[name], reply.Ref
	}
	const tooLong = 1 << 20
	if len(body) == 0 || len(body) > tooLong || header.Get("Content-Encoding") != "" {
		return nil
	}
	media, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return fmt.Errorf("Content-Type: %w", err)
	}
	content, ok := reply.Content[media]
	switch {
	case !ok:
		return fmt.Errorf("%s has no %s", status, media)
	case string(content) == "{}":
		return nil
	}
	return a.validate("replies.json"+at+"/content/"+pointer(media)+"/schema", body)
}

// checkRequest returns how the body of an accepted request differs from the description.
func (a *apiDescription) checkRequest(path string, r *http.Request, op describedOperation) error {
	media := cmp.Or(r.Header.Get("Content-Type"), "application/json")
	if content := op.Takes.Content[media]; r.GetBody == nil || r.Header.Get("Content-Encoding") != "" || content == nil ||
		string(content) == "{}" {
		return nil
	}
	body, err := r.GetBody()
	if err != nil {
		return err
	}
	text, err := io.ReadAll(body)
	if err != nil || len(bytes.TrimSpace(text)) == 0 {
		return err
	}
	if media == "application/x-www-form-urlencoded" {
		if text, err = formJSON(text); err != nil {
			return err
		}
	}
	return a.validate("requests.json#/paths/"+pointer(path)+"/"+strings.ToLower(r.Method)+"/requestBody/content/"+
		pointer(media)+"/schema", text)
}

// formJSON writes a form as the JSON object of its description.
func formJSON(text []byte) ([]byte, error) {
	form, err := url.ParseQuery(string(text))
	if err != nil {
		return nil, err
	}
	fields := map[string]string{}
	for name, values := range form {
		fields[name] = values[0]
	}
	return json.Marshal(fields)
}

// validate checks JSON against the schema at a place.
func (a *apiDescription) validate(at string, text []byte) error {
	schema, err := a.schema(at)
	if err != nil {
		return err
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return err
	}
	return schema.Validate(value)
}

// schema compiles the schema at a place of the document, once: in replies.json
// objects are closed, in requests.json they are as described.
func (a *apiDescription) schema(at string) (*jsonschema.Schema, error) {
	if known := a.schemas[at]; known != nil {
		return known, nil
	}
	schema, err := a.compiler.Compile(at)
	if err == nil {
		a.schemas[at] = schema
	}
	return schema, err
}

// pointer writes a key as an element of a JSON pointer.
func pointer(key string) string {
	return strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D").Replace(key)
}

// describedBy returns the server's /openapi.json, requested once per lab; nil if it does not
// answer.
func (l *lab) describedBy() []byte {
	l.Helper()
	if l.openAPI == nil {
		response, err := http.Get(l.server.URL + "/openapi.json")
		if err != nil {
			l.Fatal(err)
		}
		defer response.Body.Close()
		if response.StatusCode != http.StatusOK {
			return nil
		}
		if l.openAPI, err = io.ReadAll(response.Body); err != nil {
			l.Fatal(err)
		}
	}
	return l.openAPI
}
