package bucket

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// s3Service is the dialect of S3.
type s3Service struct {
	client *s3.Client
	bucket string
}

// openS3 opens a bucket.
func openS3(ctx context.Context, p *place, env *environment, client *http.Client, c Config) (dialect, error) {
	secret, err := env.secret("AWS_SECRET_ACCESS_KEY")
	if err != nil {
		return nil, err
	}
	var fixed *aws.Credentials
	if id := env.get("AWS_ACCESS_KEY_ID"); id != "" && secret != "" {
		token := env.get("AWS_SESSION_TOKEN")
		env.keep(token)
		fixed = &aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token, Source: "environment"}
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
	at := who.settings(ctx, region)
	if at.Credentials, err = who.credentials(at, fixed); err != nil {
		return nil, err
	}
	at.Retryer = func() aws.Retryer { return s3Retries(c.Patience) }
	trusting, err := c.trusting(env)
	if err != nil {
		return nil, err
	}
	made := s3.NewFromConfig(at, func(o *s3.Options) {
		o.UsePathStyle = p.pathStyle
		if trusting != nil {
			o.HTTPClient = trusting
		}
		if p.endpoint != nil {
			o.BaseEndpoint = aws.String(p.endpoint.String())
		}
	})
	if base := made.Options().BaseEndpoint; base != nil && p.endpoint == nil { // AWS_ENDPOINT_URL_S3, or a profile's
		if err := p.setEndpoint(*base); err != nil {
			return nil, err
		}
	}
	return &s3Service{made, p.container}, nil
}

// trusting returns a client that knows the certificates of AWS_CA_BUNDLE, nil if it is not set.
func (c Config) trusting(env *environment) (*awshttp.BuildableClient, error) {
	file := env.get("AWS_CA_BUNDLE")
	if file == "" || c.Transport != nil {
		return nil, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("reading AWS_CA_BUNDLE: %w", err)
	}
	known := x509.NewCertPool()
	if !known.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("reading AWS_CA_BUNDLE: no certificate in PEM form in %q", file)
	}
	return awshttp.NewBuildableClient().WithTransportOptions(c.tune, func(t *http.Transport) {
		if t.TLSClientConfig == nil {
			t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
		}
		t.TLSClientConfig.RootCAs = known
	}), nil
}

// s3Retries repeats single requests a few times; the store repeats what they belong to.
func s3Retries(patience time.Duration) aws.Retryer {
	if patience < time.Second {
		return aws.NopRetryer{}
	}
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts, o.MaxBackoff, o.RateLimiter = 3, time.Second, ratelimit.None
	})
}

// longestLink is how long a signature of S3 can be valid.
const longestLink = 7 * 24 * time.Hour

// sign presigns a request. Links of temporary credentials end with those.
func (s *s3Service) sign(ctx context.Context, key string, expires time.Time) (string, error) {
	life := time.Until(expires)
	if life <= 0 || life > longestLink {
		return "", fmt.Errorf("%w: links last between a second and %s", ErrCannotSign, longestLink)
	}
	signed, err := s3.NewPresignClient(s.client, s3.WithPresignExpires(life)).PresignGetObject(ctx,
		&s3.GetObjectInput{Bucket: &s.bucket, Key: &key})
	if err != nil {
		return "", err
	}
	return signed.URL, nil
}

// sweep aborts uploads page by page.
func (s *s3Service) sweep(ctx context.Context, prefix string, before time.Time) (removed int, err error) {
	pages := s3.NewListMultipartUploadsPaginator(s.client,
		&s3.ListMultipartUploadsInput{Bucket: &s.bucket, Prefix: &prefix})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return removed, err
		}
		for _, u := range page.Uploads {
			if u.Initiated == nil || !u.Initiated.Before(before) {
				continue
			}
			_, err := s.client.AbortMultipartUpload(ctx,
				&s3.AbortMultipartUploadInput{Bucket: &s.bucket, Key: u.Key, UploadId: u.UploadId})
			if err != nil && kindOf(err) != missing && !isNoUpload(err) {
				return removed, err
			}
			removed++
		}
	}
	return removed, nil
}

// isNoUpload reports whether an upload ended meanwhile.
func isNoUpload(err error) bool {
	r, _ := replyOf(err)
	return r.code == "NoSuchUpload"
}
