package control

import (
	"context"
	"fmt"
	"regexp"
	"strings"
)

// NameError: a name belongs to nothing, or to several things.
type NameError struct {
	// Kind and Name are what was looked for.
	Kind, Name string
	// Found are the ids of the things with the name; empty if there is none.
	Found []string
}

// Error implements error.
func (e *NameError) Error() string {
	if len(e.Found) == 0 {
		return fmt.Sprintf("%v: no %s %q", ErrInput, e.Kind, e.Name)
	}
	return fmt.Sprintf("%v: %d %ss have the name %q", ErrInput, len(e.Found), e.Kind, e.Name)
}

// Unwrap returns ErrInput.
func (e *NameError) Unwrap() error { return ErrInput }

// Named looks for one thing among things of a kind, by id or name.
type Named struct {
	kind, name string
	same       func(a, b string) bool
	id         string
	found      []string
}

// Find begins looking for the thing of a kind with an id or a name.
func Find(kind, idOrName string) *Named {
	return &Named{kind: kind, name: idOrName, same: func(a, b string) bool { return a == b }}
}

// Add adds one thing to look at.
func (n *Named) Add(id, name string) {
	switch {
	case strings.EqualFold(id, n.name):
		n.id = id
	case n.same(name, n.name):
		n.found = append(n.found, id)
	}
}

// ID returns the id. A matching id takes precedence over a matching name. The error is a
// *NameError if nothing matches, or if several things have the name.
func (n *Named) ID() (string, error) {
	switch {
	case n.id != "":
		return n.id, nil
	case len(n.found) == 1:
		return n.found[0], nil
	}
	return "", &NameError{n.kind, n.name, n.found}
}

// FindClient returns the id of the client with an id or name.
func FindClient(ctx context.Context, s *Session, idOrName string) (string, error) {
	all, err := Do(ctx, s, ListClients())
	if err != nil {
		return "", fmt.Errorf("looking for client %q: %w", idOrName, err)
	}
	named := Find("client", idOrName)
	for _, c := range all.Value.Clients {
		named.Add(c.ID, c.Name)
	}
	return named.ID()
}

// FindEnrollment returns the id of the enrolment with an id or name.
func FindEnrollment(ctx context.Context, s *Session, idOrName string) (string, error) {
	all, err := Do(ctx, s, ListEnrollments())
	if err != nil {
		return "", fmt.Errorf("listing enrolments: %w", err)
	}
	named := Find("enrolment", idOrName)
	for _, e := range all.Value.Enrollments {
		named.Add(e.ID, e.Name)
	}
	return named.ID()
}

// FindException returns the id of the exception with an id, or the beginning of one.
func FindException(ctx context.Context, s *Session, id string) (string, error) {
	named, after := Find("exception", id), ""
	named.same = strings.HasPrefix
	for {
		page, err := Do(ctx, s, ListExceptions(after))
		if err != nil {
			return "", fmt.Errorf("listing exceptions: %w", err)
		}
		for _, e := range page.Value.Exceptions {
			named.Add(e.ID, e.ID)
		}
		if after = page.Value.Next; after == "" {
			return named.ID()
		}
	}
}

// deviceID is the form of a device's id: contract.md, section 4.
var deviceID = regexp.MustCompile(`^[0-9a-fA-F]{40}$`)

// FindDevice returns the id of the device with an id or a whole name, in any case. It does not
// check that the device of an id exists.
func FindDevice(ctx context.Context, s *Session, idOrName string) (string, error) {
	if deviceID.MatchString(idOrName) {
		return strings.ToLower(idOrName), nil
	}
	named := Find("device", idOrName)
	named.same = strings.EqualFold
	err := EachDevice(ctx, s, idOrName, func(d Reply[Device]) error {
		named.Add(d.Value.ID, d.Value.Name)
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("listing devices: %w", err)
	}
	return named.ID()
}
