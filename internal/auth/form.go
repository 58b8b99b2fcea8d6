package auth

import (
	"context"

	"github.com/muster-project/muster/internal/store/access"
)

// BeginForm notes that the session of a secret sends the form with a mark; begun is false if it was sent before.
func (s *Sessions) BeginForm(ctx context.Context, secret, mark string) (before access.SentForm, begun bool, err error) {
	return s.Store.Sessions().BeginForm(ctx, HashSecret(secret), mark, s.Clock())
}

// EndForm notes what came of it.
func (s *Sessions) EndForm(ctx context.Context, secret, mark string, f access.SentForm) error {
	return s.Store.Sessions().EndForm(ctx, HashSecret(secret), mark, f)
}

// Form returns what is known of it.
func (s *Sessions) Form(ctx context.Context, secret, mark string) (access.SentForm, error) {
	return s.Store.Sessions().Form(ctx, HashSecret(secret), mark)
}
