package control

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/muster-project/muster/internal/except/written"
)

// NewException is an exception to add, as people write it.
type NewException = written.NewException

// Exception is an exception of an organization. Absent members of product and scope mean all.
type Exception struct {
	ID string `json:"id"`
	// State is "waiting", "inForce" or "expired".
	State string `json:"state"`
	// CVEID is a CVE, or an advisory without one.
	CVEID   string `json:"cveId"`
	PURL    string `json:"purl,omitempty"`
	Vendor  string `json:"softwareVendor,omitempty"`
	Name    string `json:"softwareName,omitempty"`
	Version string `json:"softwareVersion,omitempty"`
	// DeviceID and GroupID say where it holds.
	DeviceID  string `json:"deviceId,omitempty"`
	GroupID   *int64 `json:"rbacGroupId,omitempty"`
	GroupName string `json:"rbacGroupName,omitempty"`
	// Status is "accepted", or what a document states: "not_affected", "fixed", "affected",
	// "under_investigation". Action is "hide" or "mark"; "none" of the last two.
	Status string `json:"status"`
	Action string `json:"action"`
	Reason string `json:"reason,omitempty"`
	// By is who accepts it, or the author of the document; AddedBy is the client that added it.
	By      string `json:"by,omitempty"`
	AddedBy string `json:"addedBy,omitempty"`
	// Source names the document.
	Source      string     `json:"source,omitempty"`
	StatedTime  *time.Time `json:"statedTime,omitempty"`
	FromTime    *time.Time `json:"fromTime,omitempty"`
	UntilTime   *time.Time `json:"untilTime,omitempty"`
	CreatedTime time.Time  `json:"createdTime"`
}

// ExceptionList is a page of exceptions, newest first.
type ExceptionList struct {
	Exceptions []Exception `json:"exceptions"`
	// Next is the value of the parameter after for the next page; absent at the end.
	Next string `json:"next,omitempty"`
}

// ImportedExceptions says what was done with a document.
type ImportedExceptions struct {
	// Format is "openvex", "cyclonedx", "csaf" or "exceptions".
	Format string `json:"format"`
	Source string `json:"source,omitempty"`
	// Added are new, Kept were there before, Removed are those that an earlier version of the document
	// stated in the same scope.
	Added   int `json:"added"`
	Kept    int `json:"kept"`
	Removed int `json:"removed"`
	// Skipped says what was left out and why, with its number.
	Skipped []string `json:"skipped"`
}

// ExceptedRow is a CVE in a component of a device that an exception hides or marks.
type ExceptedRow struct {
	DeviceID    string `json:"deviceId"`
	DeviceName  string `json:"deviceName,omitempty"`
	GroupID     int64  `json:"rbacGroupId"`
	CVEID       string `json:"cveId"`
	Vendor      string `json:"softwareVendor"`
	Name        string `json:"softwareName"`
	Version     string `json:"softwareVersion"`
	ExceptionID string `json:"exceptionId"`
	Status      string `json:"status"`
	// Action is "hide" or "mark".
	Action    string     `json:"action"`
	Reason    string     `json:"reason,omitempty"`
	By        string     `json:"by,omitempty"`
	UntilTime *time.Time `json:"untilTime,omitempty"`
}

// ExceptedRows is a page of what exceptions hide or mark, by group and device. A page may have no rows and a next
// one.
type ExceptedRows struct {
	Number        int64     `json:"number"`
	GeneratedTime time.Time `json:"generatedTime"`
	// Excepted is how many are hidden in all.
	Excepted int64         `json:"excepted"`
	Rows     []ExceptedRow `json:"rows"`
	Next     string        `json:"next,omitempty"`
}

const exceptionsPath = "/v1/exceptions"

// ListExceptions lists a page of exceptions.
func ListExceptions(after string) Request[ExceptionList] {
	return get[ExceptionList](exceptionsPath).with(pageAfter(after))
}

func pageAfter(after string) url.Values {
	query := url.Values{}
	if after != "" {
		query.Set("after", after)
	}
	return query
}

// AddException adds an exception.
func AddException(e NewException) Request[Exception] {
	return send[Exception](http.MethodPost, exceptionsPath, e)
}

// RemoveException removes an exception by its id.
func RemoveException(id string) Request[Nothing] { return remove(at(exceptionsPath, id)) }

// ImportExceptions imports a document. device and group, names or ids, say where it holds.
func ImportExceptions(body func() (io.ReadCloser, error), device, group string) Request[ImportedExceptions] {
	query := url.Values{}
	for name, value := range map[string]string{"device": device, "group": group} {
		if value != "" {
			query.Set(name, value)
		}
	}
	return Request[ImportedExceptions]{Call{Method: http.MethodPost, Path: exceptionsPath + "/import", Body: body,
		ContentType: "application/octet-stream", Query: query}}
}

// EachExcepted calls yield with what exceptions hide or mark, up to limit rows; 0 is no limit. It returns
// the last page.
func EachExcepted(ctx context.Context, s *Session, group string, limit int,
	yield func(ExceptedRow) error) (page ExceptedRows, err error) {
	query := url.Values{"limit": {"1000"}}
	if group != "" {
		query.Set("group", group)
	}
	if limit > 0 && limit < 1000 {
		query.Set("limit", strconv.Itoa(limit))
	}
	for n := 0; ; {
		reply, err := Do(ctx, s, get[ExceptedRows](exceptionsPath+"/findings").with(query))
		if err != nil {
			return page, fmt.Errorf("listing what is excepted: %w", err)
		}
		page = reply.Value
		for _, row := range page.Rows {
			if err := yield(row); err != nil {
				return page, err
			}
			if n++; n == limit {
				return page, nil
			}
		}
		if page.Next == "" {
			return page, nil
		}
		query.Set("after", page.Next)
	}
}
