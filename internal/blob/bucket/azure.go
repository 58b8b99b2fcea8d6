package bucket

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	azobject "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/blob"
	"github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/container"
	azaccount "github.com/Azure/azure-sdk-for-go/sdk/storage/azblob/service"
)

// azureService is the dialect of Azure Blob.
type azureService struct {
	place *place // with its endpoint
	in    *container.Client
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
func openAzure(p *place, env *environment, client *http.Client, patience time.Duration) (dialect, error) {
	access, err := azureAccessOf(p, env)
	if err != nil {
		return nil, err
	}
	if p.endpoint == nil {
		if err := p.setEndpoint(cmp.Or(access.endpoint, "https://"+access.account+".blob.core.windows.net")); err != nil {
			return nil, err
		}
	}
	options := azcore.ClientOptions{Transport: client, Telemetry: policy.TelemetryOptions{ApplicationID: "muster"},
		Retry: policy.RetryOptions{MaxRetries: 2, RetryDelay: firstDelay, MaxRetryDelay: time.Second}}
	if patience < time.Second {
		options.Retry.MaxRetries = -1
	}
	at := p.endpoint.JoinPath(p.container).String()
	made, a := &container.ClientOptions{ClientOptions: options}, &azureService{place: p}
	switch {
	case access.key != "":
		if a.key, err = azobject.NewSharedKeyCredential(access.account, access.key); err != nil {
			return nil, errors.New("the account key is not in base64") // the error might have it
		}
		a.in, err = container.NewClientWithSharedKeyCredential(at, a.key, made)
	case access.sas != "":
		a.in, err = container.NewClientWithNoCredential(at+"?"+access.sas, made)
	default:
		a.in, err = container.NewClient(at, access.token, made)
		if err == nil {
			a.token, err = azaccount.NewClient(p.endpoint.String(), access.token,
				&azaccount.ClientOptions{ClientOptions: options})
		}
	}
	if err != nil {
		return nil, err
	}
	return a, nil
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
