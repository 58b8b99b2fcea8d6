package api_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/inventory/trust/trusttest"
	"github.com/muster-project/muster/internal/store/access"
)

// court is a server on which random histories run, each with two organizations of its own and a
// model of each.
type court struct {
	*lab
	handler http.Handler
	// wordings are the texts of refusals, by reason: one text each.
	wordings map[string]string
	// steps counts steps, limit is the number wanted; differs tells that the program and the
	// model differ.
	steps, limit int
	differs      bool
}

func newCourt(t *testing.T) *court {
	c := &court{lab: newLab(t), wordings: map[string]string{}}
	config := c.config
	config.Registry, config.Trusted = nil, nil
	var err error
	if c.handler, err = api.New(config); err != nil {
		t.Fatal(err)
	}
	return c
}

// party is a sender of requests, and its kind in the table.
type party struct {
	name       string
	sender     trusttest.Sender
	id, secret string
	sees       bool // may list devices
	token      string
	renew      time.Time
}

// GoString is what rapid shows of a party.
func (p *party) GoString() string { return p.name }

// GoString is what rapid shows of an organization.
func (o *judged) GoString() string { return o.tenant }

// judged is an organization and its model.
type judged struct {
	*trusttest.Organization
	tenant  string
	admin   *party
	parties []*party
	agents  []*party // devices with credentials, also revoked ones
	secrets []string // of enrolments
}

// request sends a request as a party, and decodes a reply that is not a refusal.
func (c *court) request(who *party, method, path, kind, body string, into any) (int, string) {
	c.Helper()
	r := httptest.NewRequest(method, "http://localhost"+path, strings.NewReader(body))
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	if who != nil {
		r.Header.Set("Authorization", "Bearer "+who.token)
	}
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	text, err := io.ReadAll(w.Body)
	if err != nil {
		c.Fatal(err)
	}
	if w.Code < 300 && into != nil {
		if err := json.Unmarshal(text, into); err != nil {
			c.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
	return w.Code, string(text)
}

// must sends a request that must not be refused.
func (c *court) must(who *party, method, path, body string, into any) {
	c.Helper()
	if status, text := c.request(who, method, path, "application/json", body, into); status >= 300 {
		c.Fatalf("%s %s as %s: %d %s", method, path, who.name, status, text)
	}
}

// login gets a token, if the party's ends soon. A party whose credential was revoked keeps its
// useless token.
func (c *court) login(of *judged, who *party) {
	c.Helper()
	if c.clock().Before(who.renew) {
		return
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {who.id}, "client_secret": {who.secret},
		"scope": {auth.DefaultResources()[0] + "/.default"}}
	var got struct {
		Token string `json:"access_token"`
	}
	status, _ := c.request(nil, http.MethodPost, "/"+of.tenant+"/oauth2/v2.0/token",
		"application/x-www-form-urlencoded", form.Encode(), &got)
	if status == http.StatusOK {
		who.token, who.renew = got.Token, c.clock().Add(50*time.Minute)
	}
}

// found makes an organization with a party of every kind.
func (c *court) found() *judged {
	c.Helper()
	o := &judged{Organization: trusttest.New(), tenant: uuid.NewString()}
	if err := c.store.Organizations.Ensure(c.Context(), o.tenant, o.tenant); err != nil {
		c.Fatal(err)
	}
	o.admin = c.join(o, "administrator", trusttest.Sender{Role: trusttest.Manager}, true, auth.WriteReports,
		auth.Manage, auth.ReadSoftware)
	c.login(o, o.admin)
	c.rule(o, []string{"Web", "Bank", "Lab"}, nil)
	c.join(o, "manager", trusttest.Sender{Role: trusttest.Manager}, true, auth.WriteReports, auth.Manage)
	c.join(o, "fleet", trusttest.Sender{Role: trusttest.Fleet}, true, auth.WriteReports, auth.ReadSoftware)
	c.join(o, "reader", trusttest.Sender{}, true, auth.ReadSoftware)
	c.join(o, "mere manager", trusttest.Sender{}, true, auth.Manage)
	web, bank, lab := o.Numbers["web"], o.Numbers["bank"], o.Numbers["lab"]
	for _, groups := range [][]int64{{web}, {web, bank}, {0}, {0, web}, {lab}, {}} {
		c.join(o, fmt.Sprintf("scoped %v", groups), trusttest.Sender{Role: trusttest.Scoped, Groups: groups}, true,
			auth.WriteReports, auth.ReadSoftware)
	}
	c.join(o, "scoped manager", trusttest.Sender{Role: trusttest.Scoped, Groups: []int64{web}}, false,
		auth.WriteReports, auth.Manage)
	return o
}

// join adds a client to an organization.
func (c *court) join(o *judged, name string, sender trusttest.Sender, sees bool, may ...auth.Permission) *party {
	c.Helper()
	scoped := sender.Role == trusttest.Scoped
	client := access.Client{ID: uuid.NewString(), Organization: o.tenant, Name: name, AllGroups: !scoped,
		Groups: sender.Groups, Created: c.clock()}
	for _, p := range may {
		client.Permissions = append(client.Permissions, string(p))
	}
	secret, credential, err := auth.NewSecret(rand.Reader, c.clock(), time.Time{})
	if err != nil {
		c.Fatal(err)
	}
	if err := c.store.Access.AddClient(c.Context(), client, credential); err != nil {
		c.Fatal(err)
	}
	who := &party{name: name, sender: sender, id: client.ID, secret: secret, sees: sees}
	o.parties = append(o.parties, who)
	return who
}

// rule sets an organization's groups and rules.
func (c *court) rule(o *judged, groups []string, rules []trusttest.Rule) {
	c.Helper()
	type rule struct {
		Group    string `json:"group"`
		Device   string `json:"device,omitempty"`
		Name     string `json:"name,omitempty"`
		Tag      string `json:"tag,omitempty"`
		Platform string `json:"platform,omitempty"`
	}
	said := struct {
		Groups []string `json:"groups,omitempty"`
		Rules  []rule   `json:"rules,omitempty"`
	}{Groups: groups}
	o.Current, o.Rules = nil, rules
	for _, name := range groups {
		o.Current = append(o.Current, strings.ToLower(name))
	}
	for _, r := range rules {
		pattern := ""
		if r.Prefix != "" {
			pattern = r.Prefix + "*"
		}
		said.Rules = append(said.Rules, rule{r.Group, r.Device, pattern, r.Tag, r.Platform})
		o.Current = append(o.Current, strings.ToLower(r.Group))
	}
	body, err := json.Marshal(said)
	if err != nil {
		c.Fatal(err)
	}
	var got struct {
		Groups []struct {
			ID   int64  `json:"rbacGroupId"`
			Name string `json:"rbacGroupName"`
		}
	}
	c.must(o.admin, http.MethodPut, "/v1/groups", string(body), &got)
	for _, g := range got.Groups {
		if g.ID != 0 {
			o.Numbers[strings.ToLower(g.Name)] = g.ID
		}
	}
}

// randomOf makes the 32 random bytes of an enrolment from a letter.
func randomOf(letter string) string {
	if letter == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Repeat(letter, 32)))
}
