package bucket

import (
	"context"
	"fmt"
	"time"

	azaccount "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"

	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
)

// sign signs a link with the account key, or with one that the service gives to an identity for it.
// Slashes in the name stay, as in the contract's links; the SDK would write %2F.
func (a *azureService) sign(ctx context.Context, key string, expires time.Time) (string, error) {
	values := sas.BlobSignatureValues{Protocol: sas.ProtocolHTTPS, ExpiryTime: expires.UTC(),
		ContainerName: a.place.container, BlobName: key, Permissions: (&sas.BlobPermissions{Read: true}).String()}
	if a.place.endpoint.Scheme == "http" {
		values.Protocol = sas.ProtocolHTTPSandHTTP
	}
	var query sas.QueryParameters
	var err error
	switch {
	case a.key != nil:
		query, err = values.SignWithSharedKey(a.key)
	case a.token != nil:
		var delegated *azaccount.UserDelegationCredential
		if delegated, err = a.delegate(ctx, expires); err == nil {
			query, err = values.SignWithUserDelegation(delegated)
		}
	default:
		return "", fmt.Errorf("%w: a shared access signature cannot sign others; use an account key or an identity",
			ErrCannotSign)
	}
	if err != nil {
		return "", err
	}
	link := a.place.endpoint.JoinPath(a.place.container, key)
	link.RawQuery = query.Encode()
	return link.String(), nil
}

// delegationLife is how long a key that the service gives is valid: as long as it may be, less
// some time for clocks that differ.
const delegationLife = 7*24*time.Hour - time.Hour

// delegate returns a key of the service for signing links until a time.
func (a *azureService) delegate(ctx context.Context, expires time.Time) (*azaccount.UserDelegationCredential, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.delegated != nil && expires.Before(a.until) {
		return a.delegated, nil
	}
	now := time.Now().UTC()
	until := now.Add(delegationLife)
	if expires.After(until) {
		return nil, fmt.Errorf("%w: an identity signs for at most %s", ErrCannotSign, delegationLife)
	}
	from, to := now.Add(-5*time.Minute).Format(sas.TimeFormat), until.Format(sas.TimeFormat)
	delegated, err := a.token.GetUserDelegationCredential(ctx, azaccount.KeyInfo{Start: &from, Expiry: &to}, nil)
	if err != nil {
		return nil, err
	}
	a.delegated, a.until = delegated, until
	return delegated, nil
}

// sweep has nothing to do: Azure removes blocks that were never committed after a week.
func (a *azureService) sweep(context.Context, string, time.Time) (int, error) { return 0, nil }
