package export

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/xml"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/edge"
)

// container is the first element of a link's path, where Azure's links have the container of a
// storage account.
const container = "tvm-export"

const (
	// linkVersion is the parameter sv of links: the version of the signature.
	linkVersion = "2021-06-08"
	// linkSlack is how long before it is made a link is already valid, for clients and proxies
	// with other clocks.
	linkSlack = 5 * time.Minute
	linkTime  = "2006-01-02T15:04:05Z"
)

// errorCodeHeader has the error code for storage clients in replies without a body, which are
// those to HEAD.
const errorCodeHeader = "X-Ms-Error-Code"

// The details of refused links: contract.md, section 5. Clients match the words of the second.
const (
	wrongSignature = "Signature did not match: the link was changed, or is not from this server."
	wrongTime      = "Signature not valid in the specified key time frame"
)

// linkSigner makes links in the form of Azure's shared access signatures: a link allows reading
// one file for a time. The newest key signs; all keys of the keyring check.
type linkSigner struct{ keys *auth.Keyring }

// link returns the address of a file below origin, valid until hours after now.
func (l linkSigner) link(origin, file string, now time.Time, hours int64) string {
	from := now.Add(-linkSlack).UTC().Format(linkTime)
	until := now.Add(time.Duration(hours) * time.Hour).UTC().Format(linkTime)
	key, _ := l.keys.Secrets(auth.Links)
	signature := base64.RawURLEncoding.EncodeToString(signLink(key, file, from, until))
	path := (&url.URL{Path: "/" + container + "/" + file}).EscapedPath()
	return origin + path + "?sv=" + linkVersion + "&st=" + url.QueryEscape(from) + "&se=" + url.QueryEscape(until) +
		"&sr=b&sp=r&sig=" + signature
}

// signLink authenticates the decoded name of a file and the times of its link.
func signLink(key [32]byte, file, from, until string) []byte {
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(strings.Join([]string{linkVersion, "b", "r", from, until, "/" + container + "/" + file}, "\n")))
	return mac.Sum(nil)
}

// check returns what is wrong with the link of a file: "", or the detail for the client. It
// ignores unknown parameters.
func (l linkSigner) check(file string, q url.Values, now time.Time) (problem string) {
	signature, err := base64.RawURLEncoding.Strict().DecodeString(q.Get("sig"))
	from, until := q.Get("st"), q.Get("se")
	if err != nil || q.Get("sv") != linkVersion || q.Get("sr") != "b" || q.Get("sp") != "r" ||
		!l.signed(signature, file, from, until) {
		return wrongSignature
	}
	begin, errBegin := time.Parse(linkTime, from)
	end, errEnd := time.Parse(linkTime, until)
	if errBegin != nil || errEnd != nil || now.Before(begin) || !now.Before(end) {
		return fmt.Sprintf("%s: Start [%s] - Expiry [%s] - Current [%s]", wrongTime, from, until, now.UTC().Format(linkTime))
	}
	return ""
}

// signed tells whether a signature is from one of the server's keys.
func (l linkSigner) signed(signature []byte, file, from, until string) bool {
	_, all := l.keys.Secrets(auth.Links)
	return slices.ContainsFunc(all, func(key [32]byte) bool {
		return hmac.Equal(signature,
			signLink(key, file, from, until))
	})
}

// storageError is the body of a refused link: contract.md, section 5.
type storageError struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string
	Detail  string `xml:"AuthenticationErrorDetail"`
}

// refuseLink replies like Azure's storage service.
func refuseLink(w *edge.Response, problem string, now time.Time) error {
	const code = "AuthenticationFailed"
	body, err := xml.Marshal(storageError{Code: code, Detail: problem,
		Message: "Server failed to authenticate the request. Make sure the link is complete and has not expired.\n" +
			"RequestId:" + w.ID + "\nTime:" + now.UTC().Format(time.RFC3339Nano)})
	if err != nil {
		return fmt.Errorf("writing the refusal of a link: %w", err)
	}
	body = bytes.ReplaceAll(body, []byte("&#xA;"), []byte("\n")) // some XML readers do not know the reference
	header := w.Header()
	header.Set("Content-Type", "application/xml")
	header.Set(errorCodeHeader, code)
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusForbidden)
	_, err = w.Write(append([]byte(xml.Header), body...))
	return err
}
