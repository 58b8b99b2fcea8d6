package people

import (
	"encoding/json"
	"sync/atomic"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/database"
)

// Door is where people come in: the Provider by the settings of now. The zero Door lets nobody in.
type Door struct{ now atomic.Pointer[Provider] }

// Use lets people in by a provider from now on. What earlier settings gave is gone.
func (d *Door) Use(p *Provider) { d.now.Store(p) }

// Provider returns the provider of now; nil if there is none.
func (d *Door) Provider() *Provider { return d.now.Load() }

// Grant returns what a person may do by the roles of now.
func (p *Provider) Grant(who *Person) Granted { return p.mapping.grant(who) }

// remembered is what a session remembers of a person.
type remembered struct {
	Subject string              `json:"subject"`
	Claims  map[string][]string `json:"claims"`
}

// Session returns the session of a person, without its secret and times.
func (p *Provider) Session(who *Person) (access.Session, error) {
	kept, err := json.Marshal(remembered{who.Subject, who.Claims})
	return access.Session{Organization: p.Settings.Organization, Client: who.ID(), Name: who.Name, Issuer: who.Issuer,
		Claims: string(kept)}, err
}

// SubjectOf returns who a person of a session is at their provider; "" of others.
func SubjectOf(s *access.Session) string {
	var kept remembered
	if s.Issuer == "" || json.Unmarshal([]byte(s.Claims), &kept) != nil {
		return ""
	}
	return kept.Subject
}

// Caller returns who a session of a person is by the roles of now. The error is database.ErrNotFound if they give
// nothing, or if there is no provider any more, or another one.
func (d *Door) Caller(s *access.Session) (auth.Caller, error) {
	p := d.Provider()
	if p == nil || s.Organization != p.Settings.Organization {
		return auth.Caller{}, database.ErrNotFound
	}
	var kept remembered
	if err := json.Unmarshal([]byte(s.Claims), &kept); err != nil {
		return auth.Caller{}, database.ErrNotFound
	}
	g := p.Grant(&Person{Issuer: s.Issuer, Subject: kept.Subject, Name: s.Name, Claims: kept.Claims})
	if len(g.Caller.Permissions) == 0 {
		return auth.Caller{}, database.ErrNotFound
	}
	return g.Caller, nil
}
