package bucket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/credentials/endpointcreds"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
)

// identity is who a server is to AWS, and where. It is found as the SDK's own config.LoadDefaultConfig does, in the
// same order: variables, a token of the platform's for STS, the shared files, the container's endpoint, the
// machine's role. That function is not used: it brings 8 MB of ways in which people sign in, which a server does not.
type identity struct {
	env     *environment
	known   config.EnvConfig
	profile config.SharedConfig
	client  *http.Client
}

// newIdentity reads the variables and the shared files. A profile that is named must exist.
func newIdentity(ctx context.Context, env *environment, client *http.Client) (*identity, error) {
	known, err := config.NewEnvConfig()
	if err != nil {
		return nil, err
	}
	named := env.get("AWS_PROFILE")
	profile, err := config.LoadSharedConfigProfile(ctx, cmp.Or(named, "default"), func(o *config.LoadSharedConfigOptions) {
		if file := known.SharedCredentialsFile; file != "" {
			o.CredentialsFiles = []string{file}
		}
		if file := known.SharedConfigFile; file != "" {
			o.ConfigFiles = []string{file}
		}
	})
	var absent config.SharedConfigProfileNotExistError
	if errors.As(err, &absent) && named == "" {
		err = nil
	}
	return &identity{env, known, profile, client}, err
}

// region returns the region that variables or the profile name.
func (i *identity) region() string { return cmp.Or(i.known.Region, i.profile.Region) }

// credentials returns where credentials come from; fixed are those of variables, if there are any.
func (i *identity) credentials(at aws.Config, fixed *aws.Credentials) (aws.CredentialsProvider, error) {
	switch k := &i.known; {
	case fixed != nil:
		return always(*fixed), nil
	case k.WebIdentityTokenFilePath != "" && k.RoleARN != "":
		return i.role(at, k.RoleARN, cmp.Or(k.RoleSessionName, "muster"), k.WebIdentityTokenFilePath), nil
	case i.profile.Credentials.HasKeys():
		i.env.keep(i.profile.Credentials.SecretAccessKey)
		i.env.keep(i.profile.Credentials.SessionToken)
		return always(i.profile.Credentials), nil
	case i.profile.WebIdentityTokenFile != "" && i.profile.RoleARN != "":
		return i.role(at, i.profile.RoleARN, cmp.Or(i.profile.RoleSessionName, "muster"),
			i.profile.WebIdentityTokenFile), nil
	case i.profile.RoleARN+i.profile.SSOAccountID+i.profile.SSOSessionName+i.profile.CredentialProcess != "":
		return nil, fmt.Errorf("profile %q of AWS has no keys: a server takes keys, a token of its platform, or the role of "+
			"its container or machine", i.profile.Profile)
	}
	if endpoint := i.env.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"); endpoint != "" {
		return i.container("http://169.254.170.2" + endpoint)
	}
	if endpoint := i.env.get("AWS_CONTAINER_CREDENTIALS_FULL_URI"); endpoint != "" {
		return i.container(endpoint)
	}
	return aws.NewCredentialsCache(ec2rolecreds.New(func(o *ec2rolecreds.Options) {
		o.Client = imds.NewFromConfig(aws.Config{ConfigSources: i.sources()}) // never through a proxy
	})), nil
}

// sources are what services' clients read their own settings from: addresses, FIPS, dual stack, the metadata service.
func (i *identity) sources() []any { return []any{i.known, i.profile} }

// settings are what the clients of AWS's services are made of, with the address that variables or the profile have for
// all of them.
func (i *identity) settings(ctx context.Context, region string) aws.Config {
	made := aws.Config{Region: region, HTTPClient: i.client, AppID: "muster", Logger: logging.Nop{}, // errors are returned
		ConfigSources: i.sources()}
	ignored, _, err := config.GetIgnoreConfiguredEndpoints(ctx, made.ConfigSources)
	if all := cmp.Or(i.known.BaseEndpoint, i.profile.BaseEndpoint); all != "" && err == nil && !ignored {
		made.BaseEndpoint = &all
	}
	return made
}

func always(c aws.Credentials) aws.CredentialsProvider {
	return aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) { return c, nil })
}

// endpoint returns the address of S3 that variables or the profile have, "" if they have none.
func (i *identity) endpoint(ctx context.Context, settings aws.Config) string {
	all := aws.ToString(settings.BaseEndpoint)
	if i.env.get("AWS_ENDPOINT_URL") != "" && i.env.get("AWS_ENDPOINT_URL_S3") == "" {
		return all
	}
	if ignored, _, err := config.GetIgnoreConfiguredEndpoints(ctx, settings.ConfigSources); err != nil || ignored {
		return all
	}
	if own, found, err := i.known.GetServiceBaseEndpoint(ctx, "S3"); err == nil && found {
		return own
	}
	if own, found, err := i.profile.GetServiceBaseEndpoint(ctx, "S3"); err == nil && found {
		return own
	}
	return all
}

// endpoints reports whether addresses that FIPS 140 demands are wanted, and those with IPv6.
func (i *identity) endpoints(ctx context.Context) (fips, dual bool) {
	wanted, found, _ := i.known.GetUseFIPSEndpoint(ctx) // has no error
	if !found {
		wanted, _, _ = i.profile.GetUseFIPSEndpoint(ctx)
	}
	both, found, _ := i.known.GetUseDualStackEndpoint(ctx)
	if !found {
		both, _, _ = i.profile.GetUseDualStackEndpoint(ctx)
	}
	return wanted == aws.FIPSEndpointStateEnabled, both == aws.DualStackEndpointStateEnabled
}

// sums reports whether checksums go with uploads: always, unless variables or the profile say that only what needs
// them has them.
func (i *identity) sums() bool {
	return cmp.Or(i.known.RequestChecksumCalculation, i.profile.RequestChecksumCalculation) !=
		aws.RequestChecksumCalculationWhenRequired
}

// role takes a role by a token that the platform keeps in a file, as Kubernetes does.
func (i *identity) role(at aws.Config, arn, session, file string) aws.CredentialsProvider {
	token := stscreds.IdentityTokenFile(file)
	take := roleTaker(sts.NewFromConfig(at).AssumeRoleWithWebIdentity)
	return aws.NewCredentialsCache(stscreds.NewWebIdentityRoleProvider(take, arn, token,
		func(o *stscreds.WebIdentityRoleOptions) { o.RoleSessionName = session }))
}

// roleTaker is the one call of STS that is made. A whole client in its place would link all its calls.
type roleTaker func(context.Context, *sts.AssumeRoleWithWebIdentityInput, ...func(*sts.Options)) (
	*sts.AssumeRoleWithWebIdentityOutput, error)

// AssumeRoleWithWebIdentity makes the call.
func (t roleTaker) AssumeRoleWithWebIdentity(ctx context.Context, in *sts.AssumeRoleWithWebIdentityInput,
	options ...func(*sts.Options)) (*sts.AssumeRoleWithWebIdentityOutput, error) {
	return t(ctx, in, options...)
}

// container asks the endpoint of a container's platform. Without TLS only addresses that are the machine's or the
// platform's are asked, as the SDK has it.
func (i *identity) container(endpoint string) (aws.CredentialsProvider, error) {
	at, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("reading AWS_CONTAINER_CREDENTIALS_FULL_URI: %w", err)
	}
	host := net.ParseIP(at.Hostname())
	platform := []string{"169.254.170.2", "169.254.170.23", "fd00:ec2::23"}
	near := at.Hostname() == "localhost" || host != nil && (host.IsLoopback() || slices.Contains(platform, host.String()))
	if at.Scheme != "https" && !near {
		return nil, fmt.Errorf("AWS_CONTAINER_CREDENTIALS_FULL_URI %q: without TLS only this machine and the platform are "+
			"asked", endpoint)
	}
	return aws.NewCredentialsCache(endpointcreds.New(endpoint, func(o *endpointcreds.Options) {
		o.HTTPClient = i.client
		o.AuthorizationToken = i.env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN")
		if file := i.env.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"); file != "" {
			o.AuthorizationTokenProvider = endpointcreds.TokenProviderFunc(func() (string, error) {
				text, err := os.ReadFile(file)
				return strings.TrimSpace(string(text)), err
			})
		}
	})), nil
}
