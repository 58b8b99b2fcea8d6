package bucket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob"
	azobject "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/sas"
	azaccount "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
	cdk "gocloud.dev/blob"
	"gocloud.dev/blob/azureblob"
)

// azureService is the dialect of Azure Blob.
type azureService struct {
	place *place // with its endpoint
	// key signs links; without one, token gets a key for it from the service.
	key   *azobject.SharedKeyCredential
	token *azaccount.Client

	mu        sync.Mutex
	delegated *azaccount.UserDelegationCredential
	until     time.Time // that it is valid
}

// azureAccess is how an account is used: exactly one of key, sas and token is set.
type azureAccess struct {
	account, key, sas string
	endpoint          string // "" for that of the public cloud
	token             azcore.TokenCredential
}

// openAzure opens a container.
func openAzure(ctx context.Context, p *place, env *environment, client *http.Client, patience time.Duration) (
	*cdk.Bucket, dialect, error,
) {
	access, err := azureAccessOf(p, env)
	if err != nil {
		return nil, nil, err
	}
	if p.endpoint == nil {
		if err := p.setEndpoint(cmp.Or(access.endpoint, "https://"+access.account+".blob.core.windows.net")); err != nil {
			return nil, nil, err
		}
	}
	options := azcore.ClientOptions{Transport: client, Telemetry: policy.TelemetryOptions{ApplicationID: "muster"},
		Retry: policy.RetryOptions{MaxRetries: 2, RetryDelay: firstDelay, MaxRetryDelay: time.Second}}
	if patience < time.Second {
		options.Retry.MaxRetries = -1
	}
	at := p.endpoint.JoinPath(p.container).String()
	made, a := &container.ClientOptions{ClientOptions: options}, &azureService{place: p}
	var in *container.Client
	switch {
	case access.key != "":
		if a.key, err = azobject.NewSharedKeyCredential(access.account, access.key); err != nil {
			return nil, nil, errors.New("the account key is not in base64") // the error might have it
		}
		in, err = container.NewClientWithSharedKeyCredential(at, a.key, made)
	case access.sas != "":
		in, err = container.NewClientWithNoCredential(at+"?"+access.sas, made)
	default:
		in, err = container.NewClient(at, access.token, made)
		if err == nil {
			a.token, err = azaccount.NewClient(p.endpoint.String(), access.token,
				&azaccount.ClientOptions{ClientOptions: options})
		}
	}
	if err != nil {
		return nil, nil, err
	}
	bucket, err := azureblob.OpenBucket(ctx, in, nil)
	return bucket, a, err
}

// azureAccessOf reads the credentials.
func azureAccessOf(p *place, env *environment) (a azureAccess, err error) {
	a.account = cmp.Or(p.account, env.get("AZURE_STORAGE_ACCOUNT"))
	if a.key, err = env.secret("AZURE_STORAGE_KEY"); err != nil {
		return a, err
	}
	if a.sas, err = env.secret("AZURE_STORAGE_SAS_TOKEN"); err != nil {
		return a, err
	}
	text, err := env.secret("AZURE_STORAGE_CONNECTION_STRING")
	if err != nil {
		return a, err
	}
	if a.key == "" && a.sas == "" {
		a.connectionString(text)
	}
	a.sas = strings.TrimPrefix(a.sas, "?")
	env.keep(a.key)
	if values, err := url.ParseQuery(a.sas); err == nil {
		env.keep(values.Get("sig"))
	}
	if a.key != "" {
		a.sas = ""
	}
	if a.account == "" && (p.endpoint == nil && a.endpoint == "" || a.key != "") {
		return a, errors.New("the account is not named: set AZURE_STORAGE_ACCOUNT, or say account=NAME")
	}
	if a.key == "" && a.sas == "" {
		a.token, err = azureIdentity(env)
	}
	return a, err
}

// connectionString reads the text that Azure's portal shows.
func (a *azureAccess) connectionString(text string) {
	protocol, suffix := "https", ""
	for part := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(part, "=")
		switch strings.TrimSpace(name) {
		case "AccountName":
			a.account = cmp.Or(a.account, value)
		case "AccountKey":
			a.key = value
		case "SharedAccessSignature":
			a.sas = value
		case "BlobEndpoint":
			a.endpoint = strings.TrimSuffix(value, "/")
		case "EndpointSuffix":
			suffix = value
		case "DefaultEndpointsProtocol":
			protocol = value
		}
	}
	if a.endpoint == "" && suffix != "" && a.account != "" {
		a.endpoint = protocol + "://" + a.account + ".blob." + suffix
	}
}

// azureIdentity returns the identity of this node: of its workload in Kubernetes, of a service
// principal, or of the machine. It runs no programs, as Azure's default does.
func azureIdentity(env *environment) (azcore.TokenCredential, error) {
	client := env.get("AZURE_CLIENT_ID")
	switch {
	case env.get("AZURE_FEDERATED_TOKEN_FILE") != "":
		return azidentity.NewWorkloadIdentityCredential(nil)
	case env.get("AZURE_CLIENT_SECRET") != "" || env.get("AZURE_CLIENT_CERTIFICATE_PATH") != "":
		env.keep(env.get("AZURE_CLIENT_SECRET"))
		return azidentity.NewEnvironmentCredential(nil)
	case client != "":
		return azidentity.NewManagedIdentityCredential(&azidentity.ManagedIdentityCredentialOptions{
			ID: azidentity.ClientID(client)})
	}
	return azidentity.NewManagedIdentityCredential(nil)
}

func (a *azureService) read(etag string, as func(any) bool) {
	var options *azblob.DownloadStreamOptions
	if match := azcore.ETag(etag); as(&options) {
		options.AccessConditions = &azobject.AccessConditions{
			ModifiedAccessConditions: &azobject.ModifiedAccessConditions{IfMatch: &match}}
	}
}

func (a *azureService) write(as func(any) bool) {
	var options *azblob.UploadStreamOptions
	if as(&options) {
		options.TransactionalValidation = azobject.TransferValidationTypeComputeCRC64()
	}
}

func (a *azureService) copy(as func(any) bool) {
	var options *azobject.StartCopyFromURLOptions
	if unused := azcore.ETagAny; as(&options) {
		options.AccessConditions = &azobject.AccessConditions{
			ModifiedAccessConditions: &azobject.ModifiedAccessConditions{IfNoneMatch: &unused}}
	}
}

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
