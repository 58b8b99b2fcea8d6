package inventory_test

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// addressed decodes a report with addresses, a list in JSON.
func addressed(list string) (*inventory.Report, error) {
	return inventory.DecodeReport([]byte(`{"device":{"name":"a.example"},"addresses":`+list+`}`), inventory.Given{})
}

// TestAddresses: each address once, in one spelling, in the order given.
func TestAddresses(t *testing.T) {
	for list, want := range map[string][]inventory.Address{
		`[]`: {},
		`[{"ip":"10.0.0.6","mac":"00:11:22:33:44:aa"},{"ip":"2001:DB8:0::1","mac":"0011.2233.44aa"},{"ip":" 10.0.0.2 "}]`: {
			{IP: "10.0.0.6", MAC: "0011223344AA"}, {IP: "2001:db8::1", MAC: "0011223344AA"}, {IP: "10.0.0.2"}},
		`[{"ip":"::ffff:10.0.0.6"},{"ip":"10.0.0.6","mac":"00-11-22-33-44-AA","speed":1}]`: {
			{IP: "10.0.0.6", MAC: "0011223344AA"}},
	} {
		r, err := addressed(list)
		if err == nil {
			err = r.Normalize(time.Now())
		}
		if err != nil {
			t.Errorf("%s: %v", list, err)
			continue
		}
		if diff := cmp.Diff(want, r.Addresses); diff != "" {
			t.Errorf("%s (-want +got):\n%s", list, diff)
		}
	}
	if r, err := addressed(`null`); err != nil || r.Addresses != nil {
		t.Errorf("absent addresses are %v, %v", r, err)
	}
}

// TestOddAddresses: what is no address is refused, by name, with its report.
func TestOddAddresses(t *testing.T) {
	many := "[" + strings.Repeat(`{"ip":"10.0.0.1"},`, inventory.MaxAddresses) + `{"ip":"10.0.0.1"}]`
	for list, field := range map[string]string{
		`[{}]`:                                                         "addresses[0].ip",
		`[{"ip":"10.0.0.1"},{"ip":"host"}]`:                            "addresses[1].ip",
		`[{"ip":"10.0.0.256"}]`:                                        "addresses[0].ip",
		`[{"ip":"fe80::1%eth0"}]`:                                      "addresses[0].ip",
		`[{"ip":"0.0.0.0"}]`:                                           "addresses[0].ip",
		`[{"ip":"10.0.0.0/8"}]`:                                        "addresses[0].ip",
		`[{"ip":"` + strings.Repeat("1", 300) + `"}]`:                  "addresses[0].ip",
		`[{"ip":"10.0.0.1","mac":"00:11"}]`:                            "addresses[0].mac",
		`[{"ip":"10.0.0.1","mac":"zz:11:22:33:44:55"}]`:                "addresses[0].mac",
		`[{"ip":"10.0.0.1","mac":"` + strings.Repeat("00", 99) + `"}]`: "addresses[0].mac",
		many: "addresses",
		`{}`: "addresses",
	} {
		_, err := addressed(list)
		var odd *parse.FieldError
		if !errors.As(err, &odd) || odd.Field != field {
			t.Errorf("%.60s: error %v, want one for %s", list, err, strconv.Quote(field))
		}
	}
}
