// Package jwt reads signed tokens (JSON Web Tokens, RFC 7519), and asks issuers of OpenID Connect for their
// keys.
//
// Parse reads a token. Its content is untrusted until its signature was checked: by Token.Verify with a key of
// this server, or by Issuer.Verify with those that an issuer publishes. The algorithm is that of the key, never
// the one that the token names; keys in a token, and addresses of keys, are refused. Neither checks who a token
// is for, nor its times: callers do, by Object.Audience and Token.CheckTimes.
//
// An Issuer is asked once a minute at most at each address, whatever tokens arrive (fetch.go), and only by https.
// What it sends has a limit of size and of time.
package jwt
