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

// container is the first element of a link's path, in place of the container
// of an Azure storage account.
const container = "tvm-export"

const (
	// linkVersion is the parameter sv of links: how they are signed.
	linkVersion = "2021-06-08"
	// linkSlack is how long before its making a link is good already, for
	// clients whose proxies have other clocks.
	linkSlack = 5 * time.Minute
	linkTime  = "2006-01-02T15:04:05Z"
)

// errorCodeHeader tells a storage client what went wrong where there is no
// body: in replies to HEAD.
const errorCodeHeader = "X-Ms-Error-Code"

// The details that a refused link is told: contract.md, section 5. Clients match
// the words of the second.
const (
	wrongSignature = "Signature did not match: the link was changed on its way, or is not one of this server."
	wrongTime      = "Signature not valid in the specified key time frame"
)

// linkSigner makes links that look and work like those of Azure's shared
// access signatures: who has one may read one file for a while. The newest key
// signs, all that the keyring still has check.
type linkSigner struct{ keys *auth.Keyring }

// link returns the address of a file below origin, good until hours after now.
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

// check tells what is wrong with the link by which a file is asked for: nothing,
// or the detail for the client. Parameters that links do not have are ignored.
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

// signed tells whether a signature is of one of our keys.
func (l linkSigner) signed(signature []byte, file, from, until string) bool {
	_, all := l.keys.Secrets(auth.Links)
	return slices.ContainsFunc(all, func(key [32]byte) bool { return hmac.Equal(signature, signLink(key, file, from, until)) })
}

// storageError is the body of a refused link: contract.md, section 5.
type storageError struct {
	XMLName xml.Name `xml:"Error"`
	Code    string
	Message string
	Detail  string `xml:"AuthenticationErrorDetail"`
}

// refuseLink replies as the storage service of Azure does.
func refuseLink(w *edge.Response, problem string, now time.Time) error {
	const code = "AuthenticationFailed"
	body, err := xml.Marshal(storageError{Code: code, Detail: problem,
		Message: "Server failed to authenticate the request. Make sure the link is complete and has not expired.\n" +
			"RequestId:" + w.ID + "\nTime:" + now.UTC().Format(time.RFC3339Nano)})
	if err != nil {
		return fmt.Errorf("writing the refusal of a link: %w", err)
	}
	body = bytes.ReplaceAll(body, []byte("&#xA;"), []byte("\n")) // some readers of XML know no such thing
	header := w.Header()
	header.Set("Content-Type", "application/xml")
	header.Set(errorCodeHeader, code)
	header.Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusForbidden)
	_, err = w.Write(append([]byte(xml.Header), body...))
	return err
}
