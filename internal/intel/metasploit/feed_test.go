package metasploit_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/metasploit"
)

const blob = "https://github.com/rapid7/metasploit-framework/blob/master/modules/"

// metadata has modules as Rapid7 publishes them, without their texts.
const metadata = `{
  "auxiliary_admin/2wire/xslt_password_reset": {"name":"", "fullname": "auxiliary/admin/2wire/xslt_password_reset", "aliases": [],
    "rank": 300, "disclosure_date": "2007-08-15", "type": "auxiliary", "author": [], "description": "",
    "references": ["CVE-2007-4387", "OSVDB-37667", "URL-https://seclists.org/bugtraq/2007/Aug/225"], "rport": 80,
    "targets": null, "mod_time": "2025-05-21 08:32:40 +0000", "path": "/modules/auxiliary/admin/2wire/xslt_password_reset.rb"},
  "auxiliary_admin/aws/aws_launch_instances": {"fullname": "auxiliary/admin/aws/aws_launch_instances", "type": "auxiliary",
    "rank": 300, "references": ["URL-https://drive.google.com/"], "mod_time": "2025-05-21 08:32:40 +0000", "path": "/modules/a.rb"},
  "exploit_linux/telnet/telnet_encrypt_keyid": {"fullname": "exploit/linux/telnet/telnet_encrypt_keyid", "rank": 500,
    "type": "exploit", "references": ["CVE-2011-4862", "EDB-18280", "CVE-2011-4862"], "rport": "23",
    "mod_time": "2025-06-23 12:43:46 +0200", "path": "/modules/exploits/linux/telnet/telnet_encrypt_keyid.rb"},
  "exploit_a/average": {"fullname": "exploit/a/average", "rank": 200, "type": "exploit",
    "references": ["CVE-2020-0001", "CVE-2020-0002"], "mod_time": "", "path": "/modules/exploits/a/average.rb"},
  "exploit_a/unranked": {"fullname": "exploit/a/unranked", "type": "exploit", "references": ["CVE-2020-0003"]},
  "payload_a/b": {"fullname": "payload/a/b", "rank": 600, "type": "payload", "references": ["CVE-2020-0004"], "path": ""},
  "evasion_a/b": {"fullname": "evasion/a/b", "rank": 600, "type": "evasion", "references": ["CVE-2020-0005"]},
  "post_a/b": {"fullname": "post/a/b", "rank": 300, "type": "post", "references": ["CVE-2020-0006", "CVE-none"]}
}`

func record(name, publisher, cve string, level intel.Exploit, at time.Time, urls ...string) intel.Record {
	return intel.Record{Source: name, Publisher: publisher, Modified: at,
		CVE: &intel.CVE{ID: cve, Exploit: level, Words: intel.Words{By: intel.ByOther, ExploitURLs: urls}}}
}

func TestMetadata(t *testing.T) {
	records, odd := inteltest.Parse(t, metasploit.Feed{}, inteltest.File("modules_metadata_base.json", metadata))
	want := []intel.Record{
		record("auxiliary/admin/2wire/xslt_password_reset", "", "CVE-2007-4387", intel.ExploitVerified,
			time.Date(2025, 5, 21, 8, 32, 40, 0, time.UTC), blob+"auxiliary/admin/2wire/xslt_password_reset.rb"),
		record("exploit/linux/telnet/telnet_encrypt_keyid", "", "CVE-2011-4862", intel.ExploitInKit,
			time.Date(2025, 6, 23, 10, 43, 46, 0, time.UTC), blob+"exploits/linux/telnet/telnet_encrypt_keyid.rb",
			"https://www.exploit-db.com/exploits/18280"),
		record("exploit/a/average", "", "CVE-2020-0001", intel.ExploitVerified, time.Time{}, blob+"exploits/a/average.rb"),
		record("exploit/a/average", "", "CVE-2020-0002", intel.ExploitVerified, time.Time{}, blob+"exploits/a/average.rb"),
		record("exploit/a/unranked", "", "CVE-2020-0003", intel.ExploitInKit, time.Time{}),
		record("post/a/b", "", "CVE-2020-0006", intel.ExploitVerified, time.Time{}),
	}
	if diff := cmp.Diff(want, records); diff != "" || len(odd) > 0 {
		t.Errorf("left out %v (-want +got):\n%s", odd, diff)
	}
}

// list is an entry of the list.
func list(kind string, more ...string) string {
	return fmt.Sprintf(`{"Name":"x.rb","Title":"","CveIDs":["CVE-2021-44228","CVE-2021-45046"],"EdbIDs":["EDB-50590","EDB-x"],
		"References":[%s"https://example.com/modules/exploits/y.rb","%s%s/http/x.rb"]}`, strings.Join(more, ""), blob, kind)
}

func TestList(t *testing.T) {
	records, odd := inteltest.Parse(t, metasploit.Feed{}, fstest.MapFS{
		"a.json":            {Data: []byte("[" + list("exploits") + "," + list("auxiliary") + "]")},
		"b.json":            {Data: []byte(`[{"Name":"x.rb","CveIDs":["CVE-2021-0001"],"References":["https://example.com"]}, 1, null]`)},
		"c.json":            {Data: []byte("[" + list("exploits"))}, // cut off after its only entry
		"last_updated.json": {Data: []byte(`{"msf":"2026-08-07T15:43:11Z"}`)},
		"package.json":      {Data: []byte(`{"scripts":{"a":"b"}}`)},
	})
	edb := "https://www.exploit-db.com/exploits/50590"
	var want []intel.Record
	for _, one := range []struct {
		kind  string
		level intel.Exploit
	}{{"exploits", intel.ExploitInKit}, {"auxiliary", intel.ExploitVerified}, {"exploits", intel.ExploitInKit}} {
		for _, cve := range []string{"CVE-2021-44228", "CVE-2021-45046"} {
			want = append(want, record(one.kind+"/http/x", "msfdb", cve, one.level, time.Time{}, blob+one.kind+"/http/x.rb", edb))
		}
	}
	if diff := cmp.Diff(want, records); diff != "" || len(odd) != 2 {
		t.Errorf("left out %v (-want +got):\n%s", odd, diff)
	}
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"another kind": {`{"title":{}}`, intel.ErrNoRecords},
		"no modules":   {`{}`, intel.ErrNoRecords},
		"none with a CVE": {`{"a":{"fullname":"payload/a","type":"payload","references":["CVE-2020-0004"]},
			"b":{"fullname":"exploit/b","type":"exploit","references":[]}}`, intel.ErrNoRecords},
		"a long one": {`{"a":{"fullname":"exploit/a","type":"exploit","references":["CVE-2020-0001"],"description":"` +
			strings.Repeat("x", 2<<20) + `"}}`, intel.ErrNoRecords},
		"cut off":            {metadata[:len(metadata)-300], errAny},
		"cut off at the end": {metadata[:len(metadata)-1], errAny},
	} {
		err := inteltest.Failure(t, metasploit.Feed{}, inteltest.File("m.json", c.text))
		if (err == nil) != (c.want == nil) || c.want != errAny && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

var errAny = errors.New("any")

// The README of the real list counts 3,423 modules for 3,090 CVEs; each module is listed with each of its CVEs.
func TestReal(t *testing.T) {
	records, odd := inteltest.Parse(t, metasploit.Feed{}, inteltest.Shared(t, "exploit/msfdb-list-main.tar.gz"))
	levels, modules := map[string]intel.Exploit{}, map[string]bool{}
	for _, r := range records {
		levels[r.CVE.ID] = max(levels[r.CVE.ID], r.CVE.Exploit)
		modules[r.Source] = true
	}
	kits := 0
	for _, level := range levels {
		if level == intel.ExploitInKit {
			kits++
		}
	}
	if len(levels) != 3090 || len(odd) != 0 || levels["CVE-2021-44228"] != intel.ExploitInKit || kits < 2000 || kits == len(levels) {
		t.Errorf("%d CVEs, %d in kits, %d modules, left out %v", len(levels), kits, len(modules), odd)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(metadata)
	f.Add("[" + list("exploits") + "]")
	f.Add(`{"a":{"fullname":"exploit/a","type":"exploit","references":["CVE-2020-0001"],"rank":1e3}}`)
	f.Add(`{"a":[{}],"b":{"c":`)
	f.Fuzz(func(t *testing.T, text string) {
		for r, err := range (metasploit.Feed{}).Parse(t.Context(), inteltest.File("m.json", text)) {
			if err == nil && (r.CVE == nil || !intel.IsCVE(r.CVE.ID) || r.CVE.Exploit < intel.ExploitVerified) {
				t.Errorf("%+v", r)
			}
		}
	})
}
