package deliver

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/notice/render"
)

// Signature signs a body: "t=SECONDS,v1=HEX", with HMAC-SHA256 of the seconds, a dot and the body. Receivers refuse
// old times, so that nobody sends again what they heard.
func Signature(secret string, at int64, body []byte) string {
	text := strconv.FormatInt(at, 10)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text + "."))
	mac.Write(body)
	return "t=" + text + ",v1=" + hex.EncodeToString(mac.Sum(nil))
}

// post sends a delivery to a webhook. Statuses of 200 to 299 say that it was taken.
func (s *Sender) post(ctx context.Context, to *notice.Destination, d *notice.Delivery) error {
	body, err := render.Body(to, d)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.URL, bytes.NewReader(body))
	if err != nil {
		return errors.New("the address of the webhook cannot be read")
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", s.Agent)
	request.Header.Set(KeyHeader, d.Key)
	if to.Secret != "" {
		request.Header.Set(SignatureHeader, Signature(to.Secret, s.Clock().Unix(), body))
	}
	if to.Authorization != "" {
		request.Header.Set("Authorization", to.Authorization)
	}
	secured, err := secure(to, "")
	if err != nil {
		return err
	}
	client := &http.Client{
		Transport: &http.Transport{DialContext: s.guard.dial(request.URL.Scheme == "http"), TLSClientConfig: secured,
			DisableKeepAlives: true, ForceAttemptHTTP2: true, MaxResponseHeaderBytes: maxHead,
			TLSHandshakeTimeout: connectTime},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	reply, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("sending to %s: %w", to.Place(), withoutAddress(err))
	}
	defer reply.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(reply.Body, maxReply))
	switch {
	case reply.StatusCode >= 300 && reply.StatusCode < 400:
		return fmt.Errorf("%s redirects (status %d), which is not followed: give the address that it leads to", to.Place(), reply.StatusCode)
	case reply.StatusCode < 200 || reply.StatusCode > 299:
		err := fmt.Errorf("%s replied with status %d", to.Place(), reply.StatusCode)
		if wait := retryAfter(reply.Header.Get("Retry-After"), s.Clock()); wait > 0 {
			return &notice.LaterError{After: wait, Err: err}
		}
		return err
	}
	return nil
}

// retryAfter reads that header (RFC 9110, section 10.2.3): seconds, or a time; 0 for none.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.ParseUint(text, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return max(0, at.Sub(now))
}

// withoutAddress returns why a request failed without its address, whose path is a secret.
func withoutAddress(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}
