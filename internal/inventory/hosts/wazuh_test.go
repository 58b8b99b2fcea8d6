package hosts_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/hosts"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// Replies as Wazuh's manual shows them (user-manual/capabilities/system-inventory, 4.12 and 5.0): the manager's
// API writes a blank where it has no value.
const (
	wazuhAPI = `{"data":{"affected_items":[` +
		`{"scan":{"id":0,"time":"2025-08-18T16:50:06+00:00"},"name":"openssl-libs","section":"System Environment/Libraries","architecture":"x86_64","description":"x\ny","location":" ","source":" ","format":"rpm","install_time":"1755535740","version":"1:3.0.7-27.el9","size":30461944,"priority":" ","vendor":"Red Hat, Inc.","agent_id":"001"},` +
		`{"scan":{"id":0,"time":"x"},"name":"tar","architecture":"x86_64","location":" ","source":" ","format":"rpm","version":"1.34-6.el9_1","vendor":" ","agent_id":"001"},` +
		`{"scan":{"id":0,"time":"x"},"name":"requests","format":"pypi","version":"2.31.0","location":"/usr/lib/python3.9/site-packages/requests","agent_id":"001"}],` +
		`"total_affected_items":3,"total_failed_items":0,"failed_items":[]},"message":"All specified syscollector information was returned","error":0}`
	wazuhOS = `{"data":{"affected_items":[{"os":{"codename":"Plow","major":"9","minor":"4","name":"Red Hat Enterprise Linux","platform":"rhel","version":"9.4 (Plow)"},` +
		`"scan":{"id":0,"time":"x"},"architecture":"x86_64","release":"5.14.0-427.el9.x86_64","version":"#1 SMP","sysname":"Linux","hostname":"db1","agent_id":"001"}],` +
		`"total_affected_items":1,"total_failed_items":0,"failed_items":[]},"message":"x","error":0}`
	wazuhAgents = `{"data":{"affected_items":[{"id":"001","name":"db1","os":{"arch":"x86_64","major":"9","minor":"4","name":"Red Hat Enterprise Linux","platform":"rhel","uname":"Linux |db1 |5.14","version":"9.4"},"ip":"10.0.0.1","status":"active"},` +
		`{"id":"002","name":"never","status":"never_connected"}],"total_affected_items":2},"message":"x","error":0}`
	wazuhWindows = `{"data":{"affected_items":[{"name":"Google Chrome","version":"127.0.6533.88","architecture":"x86_64","vendor":"Google LLC","format":"win","location":"C:\\Program Files\\Google\\Chrome\\Application","agent_id":"003"},` +
		`{"name":"Google Chrome","version":"127.0.6533.88","architecture":" ","vendor":" ","format":"pkg","description":"com.google.Chrome","source":"utilities","location":"/Applications/Google Chrome.app/Contents/Info.plist","agent_id":"004"}],"total_affected_items":2},"error":0}
	{"data":{"affected_items":[{"hotfix":"KB5034123","scan":{},"agent_id":"003"}],"total_affected_items":1},"error":0}
	{"data":{"affected_items":[{"os":{"name":"Microsoft Windows 11 Pro","build":"22631.4317","major":"10","minor":"0","version":"10.0.22631.4317","display_version":"23H2"},"architecture":"x86_64","hostname":"pc1","agent_id":"003"},` +
		`{"os":{"name":"macOS","platform":"darwin","version":"14.1.2","build":"23B92"},"architecture":"arm64","hostname":"mac1","agent_id":"004"}],"total_affected_items":2},"error":0}`
	// of 4.13: the agent is at the top, and the system in an index of its own
	wazuhSearch = `{"took":3,"timed_out":false,"_shards":{"total":1},"hits":{"total":{"value":2,"relation":"eq"},"max_score":1.0,"hits":[` +
		`{"_index":"wazuh-states-inventory-packages-w","_id":"001_a","_score":1.0,"_source":{"agent":{"id":"001","name":"web1","version":"v4.13.0","host":{"architecture":"x86_64","ip":"10.0.0.1"}},"package":{"architecture":"amd64","installed":null,"multiarch":"same","name":"libcurl4","source":"curl","type":"deb","vendor":"Debian","version":"7.88.1-10+deb12u5"},"wazuh":{"cluster":{"name":"w"},"schema":{"version":"1.0"}}}},` +
		`{"_index":"wazuh-states-inventory-packages-w","_id":"001_b","_source":{"agent":{"id":"001","name":"web1"},"package":{"architecture":"amd64","name":"bash","source":"bash (5.2.15-2)","type":"deb","version":"5.2.15-2+b7"}}}]}}
	{"took":1,"hits":{"total":{"value":1,"relation":"eq"},"hits":[{"_index":"wazuh-states-inventory-system-w","_source":{"agent":{"id":"001","name":"web1"},"host":{"architecture":"x86_64","hostname":"web1","os":{"codename":"bookworm","full":"Debian GNU/Linux 12 (bookworm)","kernel":{"name":"Linux","release":"6.1.0"},"major":"12","name":"Debian GNU/Linux","platform":"debian","type":"linux","version":"12 (bookworm)"}}}}]}}`
	// of 5.0, a document a line
	wazuhDump = `{"_index":"wazuh-states-inventory-packages","_id":"w_1","_score":1,"_source":{"package":{"installed":null,"source":"curl","type":"deb","version":"7.88.1-10+deb12u5","name":"libcurl4","architecture":"amd64","path":null,"size":0},"checksum":{"hash":{"sha1":"f8"}},"wazuh":{"cluster":{"name":"wazuh"},"agent":{"id":"001","host":{"hostname":"web1","os":{"name":"Debian GNU/Linux","type":"linux","version":"12 (bookworm)","platform":"debian"},"architecture":"x86_64"},"name":"web","groups":["default"]}}}}
{"_index":"wazuh-states-inventory-packages","_id":"w_2","_source":{"package":{"source":"bash (5.2.15-2)","type":"deb","version":"5.2.15-2+b7","name":"bash","architecture":"amd64"},"wazuh":{"agent":{"id":"001","host":{"hostname":"web1","os":{"name":"Debian GNU/Linux","version":"12 (bookworm)","platform":"debian"},"architecture":"x86_64"},"name":"web"}}}}
{"_index":"wazuh-states-inventory-hardware","_id":"w_3","_source":{"host":{"cpu":{"cores":4}},"wazuh":{"agent":{"id":"001","host":{"hostname":"web1","os":{"name":"Debian GNU/Linux","platform":"debian"}}}}}}
`
	wazuhOthers = `{"agent":{"id":"007","name":"edge"},"package":{"architecture":"x86_64","name":"openssl","source":" ","type":"apk","vendor":"Alpine Linux","version":"3.1.4-r5"}}
{"agent":{"id":"007"},"host":{"architecture":"x86_64","hostname":"edge","os":{"name":"Alpine Linux","platform":"alpine","version":"3.19.1"}}}
{"agent":{"id":"008"},"package":{"architecture":"x86_64","name":"linux","type":"pacman","version":"6.6.arch1-1"}}
{"agent":{"id":"008"},"host":{"architecture":"x86_64","hostname":"bench","os":{"name":"Arch Linux","platform":"arch"}}}
`
)

func TestWazuh(t *testing.T) {
	rpms := []string{"db1 Linux enterprise_linux_9.4 x64",
		"rpm|red_hat|openssl-libs|1:3.0.7-27.el9|pkg:rpm/redhat/openssl-libs@3.0.7-27.el9?arch=x86_64&distro=rhel-9.4&epoch=1|||",
		"rpm|red_hat|tar|0:1.34-6.el9_1|pkg:rpm/redhat/tar@1.34-6.el9_1?arch=x86_64&distro=rhel-9.4|||"}
	debs := []string{"web1 Linux debian_linux_12 x64",
		"deb|debian|bash|5.2.15-2+b7|pkg:deb/debian/bash@5.2.15-2%2Bb7?arch=amd64&distro=debian-12|bash|5.2.15-2|",
		"deb|debian|libcurl4|7.88.1-10+deb12u5|pkg:deb/debian/libcurl4@7.88.1-10%2Bdeb12u5?arch=amd64&distro=debian-12|curl|7.88.1-10+deb12u5|"}
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"of one agent":     {wazuhOS + wazuhAPI, rpms},
		"named by /agents": {wazuhAPI + "\n" + wazuhAgents, rpms},
		"Windows and macOS": {wazuhWindows, []string{"pc1 Windows11 10.0.22631.4317 x64 KB5034123", "windows|Google LLC|Google Chrome|127.0.6533.88||||",
			"mac1 macOS 14.1.2 arm64", "macos||Google Chrome|127.0.6533.88||||com.google.Chrome"}},
		"searches": {wazuhSearch, debs},
		"a dump":   {wazuhDump, debs},
		"apk and pacman": {wazuhOthers, []string{"edge Linux alpine_linux_3.19 x64",
			"apk|alpine|openssl|3.1.4-r5|pkg:apk/alpine/openssl@3.1.4-r5?arch=x86_64&distro=alpine-3.19.1|||", "bench Linux arch_linux x64",
			"alpm|arch|linux|6.6.arch1-1|pkg:alpm/arch/linux@6.6.arch1-1?arch=x86_64&distro=arch|||"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, lines(t, test.text)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestAddresses: Wazuh and Fleet tell addresses.
func TestAddresses(t *testing.T) {
	const netaddr = `{"data":{"affected_items":[{"scan":{"id":0},"iface":"lo","proto":"ipv4","address":"127.0.0.1","agent_id":"001"},` +
		`{"iface":"eth0","proto":"ipv6","address":"fe80::1%eth0","agent_id":"001"},{"iface":"eth0","proto":"ipv4","netmask":"255.255.255.0","address":"10.0.0.5",` +
		`"broadcast":"10.0.0.255","agent_id":"001"},{"address":"none","agent_id":"001"},{"address":"2001:db8::5","agent_id":"001"}],"total_affected_items":5},"error":0}`
	fleet := strings.Replace(fleetWindows, `"platform"`, `"primary_ip":"10.0.0.5","primary_mac":"00:11:22:33:44:aa","platform"`, 1)
	for text, want := range map[string]string{wazuhAPI + wazuhOS + netaddr: "[{10.0.0.5 } {2001:db8::5 } {fe80::1 }]", wazuhAPI + wazuhOS: "[]",
		fleet: "[{10.0.0.5 00:11:22:33:44:aa}]", fleetWindows: "[]"} {
		list, _, err := hosts.Decode(inventory.Detect([]byte(text)), []byte(text), inventory.Given{})
		if err != nil || fmt.Sprint(list[0].Addresses) != want {
			t.Errorf("%v, %v, want %s", err, list, want)
		}
	}
}

// wazuhPage is a page of packages, of the agents of its items.
func wazuhPage(total int, agents ...string) string {
	var items []string
	for i, id := range agents {
		items = append(items, fmt.Sprintf(`{"name":"p%d","version":"1-1","format":"deb","agent_id":%q}`, i, id))
	}
	return fmt.Sprintf(`{"data":{"affected_items":[%s],"total_affected_items":%d},"error":0}`, strings.Join(items, ","), total)
}

// TestWazuhParts: a part of a list is never taken for all of it.
func TestWazuhParts(t *testing.T) {
	named := `{"data":{"affected_items":[{"id":"1","name":"a"},{"id":"2","name":"b"}],"total_affected_items":2},"error":0}`
	for name, test := range map[string]struct{ text, want string }{
		"all pages":                 {wazuhPage(3, "1", "1") + wazuhPage(3, "1") + named, ""},
		"a page is missing":         {wazuhPage(3, "1", "1") + named, "the whole list of agent 1: the replies have 2, and Wazuh has 3"},
		"a page is there twice":     {wazuhPage(3, "1", "1") + wazuhPage(3, "1", "1") + named, "the replies have 4"},
		"two agents":                {wazuhPage(1, "1") + wazuhPage(1, "2") + named, ""},
		"half of two":               {wazuhPage(2, "1") + wazuhPage(2, "2") + named, "of agent 1: the replies have 1"},
		"of all agents":             {wazuhPage(3, "1", "2") + wazuhPage(3, "2") + named, ""},
		"of all agents, in part":    {wazuhPage(4, "1", "2") + wazuhPage(4, "2") + named, "the whole list: the replies have 3"},
		"agents, in part":           {wazuhPage(1, "1") + strings.Replace(named, `items":2`, `items":9`, 1), "agents: are not the whole list"},
		"a search of 10,000":        {`{"hits":{"total":{"value":10000,"relation":"gte"},"hits":[]}}`, "track_total_hits"},
		"a search, in part":         {strings.Replace(wazuhSearch, `"value":2`, `"value":7`, 1), "of agent 001: the replies have 2, and Wazuh has 7"},
		"a search without a total":  {`{"hits":{"hits":[]}}`, "track_total_hits"},
		"an old search, all":        {strings.ReplaceAll(wazuhSearch, `{"value":2,"relation":"eq"}`, "2"), ""},
		"no packages":               {wazuhOS, "no reply has packages"},
		"refused":                   {`{"data":{"affected_items":[],"total_affected_items":0},"message":"No agent","error":1}`, "No agent"},
		"vulnerabilities":           {`{"_source":{"agent":{"id":"1"},"package":{"name":"x","type":"deb"},"vulnerability":{"id":"CVE-1"}}}`, "findings of Wazuh"},
		"a document that is broken": {wazuhOS + "{", "reply-2: byte "},
		"an agent without a name":   {wazuhPage(1, "1"), "a host has no name: give one with --name"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := inventory.Detect([]byte(test.text)); got != inventory.FormatWazuh {
				t.Fatalf("taken for %v", got)
			}
			_, _, err := hosts.Decode(inventory.FormatWazuh, []byte(test.text), inventory.Given{})
			if test.want == "" && err == nil {
				return
			}
			if !errors.Is(err, parse.ErrInvalid) || test.want == "" || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
	list, _, err := hosts.Decode(inventory.FormatWazuh, []byte(wazuhPage(1, "1")), inventory.Given{Name: "web1"})
	if err != nil || len(list) != 1 || list[0].Device.Name != "web1" {
		t.Errorf("with a name given: %v", err)
	}
}
