package bucket

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
)

// s3Service is the dialect of S3.
type s3Service struct {
	client *s3.Client
	bucket string
}

// openS3 opens a bucket.
func openS3(ctx context.Context, p *place, env *environment, client *http.Client, c Config) (dialect, error) {
	options := []func(*config.LoadOptions) error{
		config.WithRetryer(func() aws.Retryer { return s3Retries(c.Patience) }),
		config.WithAppID("muster"),
		config.WithLogger(logging.Nop{}), // errors are returned
	}
	secret, err := env.secret("AWS_SECRET_ACCESS_KEY")
	if err != nil {
		return nil, err
	}
	if id := env.get("AWS_ACCESS_KEY_ID"); id != "" && secret != "" {
		token := env.get("AWS_SESSION_TOKEN")
		env.keep(token)
		fixed := aws.Credentials{AccessKeyID: id, SecretAccessKey: secret, SessionToken: token, Source: "environment"}
		options = append(options, config.WithCredentialsProvider(aws.CredentialsProviderFunc(
			func(context.Context) (aws.Credentials, error) { return fixed, nil })))
	}
	if region := cmp.Or(p.region, env.get("AWS_REGION"), env.get("AWS_DEFAULT_REGION")); region != "" {
		options = append(options, config.WithRegion(region))
	} else if p.endpoint != nil {
		options = append(options, config.WithDefaultRegion("us-east-1"))
	}
	loaded, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, err
	}
	if loaded.Region == "" {
		return nil, errors.New("the region is not named: set AWS_REGION, or say region=NAME")
	}
	made := s3.NewFromConfig(loaded, func(o *s3.Options) {
		o.UsePathStyle = p.pathStyle
		if own, ok := loaded.HTTPClient.(*awshttp.BuildableClient); ok && c.Transport == nil {
			o.HTTPClient = own.WithTransportOptions(c.tune) // it knows the certificates of AWS_CA_BUNDLE
		} else {
			o.HTTPClient = client
		}
		if p.endpoint != nil {
			o.BaseEndpoint = aws.String(p.endpoint.String())
		}
	})
	return &s3Service{made, p.container}, nil
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
