package bucket

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// s3Service is the dialect of S3: the calls of its REST API that a store makes (Amazon Simple Storage Service API
// Reference, 2006-03-01), as s3_calls.go and s3_upload.go have them. Addresses, signatures and identities are those of
// AWS's SDK (decision 164).
type s3Service struct {
	http     *http.Client
	bucket   string
	at       *url.URL // of the bucket
	region   string
	who      aws.CredentialsProvider
	signer   *v4.Signer
	attempts int  // of a request that fails in passing
	sums     bool // whether uploads carry a CRC-32
}

// openS3 opens a bucket.
func openS3(ctx context.Context, p *place, env *environment, client *http.Client, c Config) (dialect, error) {
	if strings.HasSuffix(p.container, "--x-s3") {
		return nil, errors.New("it is a directory bucket, which has sessions of its own: want a general purpose bucket")
	}
	fixed, err := keysOf(env)
	if err != nil {
		return nil, err
	}
	who, err := newIdentity(ctx, env, client)
	if err != nil {
		return nil, err
	}
	region := cmp.Or(p.region, env.get("AWS_REGION"), env.get("AWS_DEFAULT_REGION"), who.region())
	switch {
	case region == "" && p.endpoint == nil:
		return nil, errors.New("the region is not named: set AWS_REGION, or say region=NAME")
	case region == "":
		region = "us-east-1"
	}
	settings := who.settings(ctx, region)
	settings.Retryer = func() aws.Retryer { return s3Retries(c.Patience) }
	s := &s3Service{http: client, bucket: p.container, region: region, attempts: attemptsOf(c.Patience), sums: who.sums(),
		signer: newSigner()}
	if s.who, err = who.credentials(settings, fixed); err != nil {
		return nil, err
	}
	if s.http.Transport, err = c.trusting(env, client.Transport); err != nil {
		return nil, err
	}
	if base := who.endpoint(ctx, settings); base != "" && p.endpoint == nil {
		if err := p.setEndpoint(base); err != nil {
			return nil, err
		}
	}
	s.at, err = who.address(ctx, p, region)
	return s, err
}

// newSigner returns what signs requests. S3 has paths signed as they are.
func newSigner() *v4.Signer {
	return v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true })
}

// keysOf returns the keys that variables have, nil if they have none.
func keysOf(env *environment) (*aws.Credentials, error) {
	secret, err := env.secret("AWS_SECRET_ACCESS_KEY")
	id, token := env.get("AWS_ACCESS_KEY_ID"), env.get("AWS_SESSION_TOKEN")
	if err != nil || id == "" || secret == "" {
		return nil, err
	}
	env.keep(token)
	return &aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token, Source: "environment"}, nil
}

// address returns the URL of a bucket, as AWS's rules have it: partitions, FIPS, dual stack, names with dots.
func (i *identity) address(ctx context.Context, p *place, region string) (*url.URL, error) {
	fips, dual := i.endpoints(ctx)
	ask := s3.EndpointParameters{Bucket: &p.container, Region: &region, ForcePathStyle: &p.pathStyle, UseFIPS: &fips,
		UseDualStack: &dual, DisableAccessPoints: aws.Bool(true), DisableMultiRegionAccessPoints: aws.Bool(true)}
	if p.endpoint != nil {
		ask.Endpoint = aws.String(p.endpoint.String())
	}
	found, err := s3.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, ask.WithDefaults())
	if err != nil {
		return nil, fmt.Errorf("finding the address of bucket %q in region %q: %w", p.container, region, err)
	}
	at := found.URI
	at.Path, at.RawPath = strings.TrimSuffix(at.Path, "/"), ""
	return &at, nil
}

// trusting returns a transport that knows the certificates of AWS_CA_BUNDLE, and the one that is there if that is not
// set.
func (c Config) trusting(env *environment, there http.RoundTripper) (http.RoundTripper, error) {
	file := env.get("AWS_CA_BUNDLE")
	if file == "" || c.Transport != nil {
		return there, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading AWS_CA_BUNDLE: %w", err)
	}
	known := x509.NewCertPool()
	if !known.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("reading AWS_CA_BUNDLE: no certificate in PEM form in %q", file)
	}
	made := c.ownTransport()
	if made.TLSClientConfig == nil {
		made.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	made.TLSClientConfig.RootCAs = known
	return made, nil
}

// attemptsOf is how often a single request is made; the store repeats what it belongs to.
func attemptsOf(patience time.Duration) int {
	if patience < time.Second {
		return 1
	}
	return 3
}

// s3Retries repeats requests for credentials.
func s3Retries(patience time.Duration) aws.Retryer {
	if patience < time.Second {
		return aws.NopRetryer{}
	}
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff, o.RateLimiter = attemptsOf(patience), time.Second, ratelimit.None
	})
}
