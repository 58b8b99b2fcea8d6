package collect

import (
	"context"
	"fmt"
	"maps"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
)

func TestSSHD(t *testing.T) {
	const config = "etc/ssh/sshd_config"
	for _, test := range []struct {
		name  string
		files map[string]string
		want  map[string]string
	}{
		{"spelling and forms", map[string]string{
			config: "permitrootlogin no\nX11Forwarding=yes\n\tMaxAuthTries = 4 # four\n# Port 22\nBanner \"/etc/issue net\"\nNewOption 1\nchallengeresponseauthentication no\r\n",
		}, map[string]string{
			"PermitRootLogin": "no", "X11Forwarding": "yes", "MaxAuthTries": "4", "Banner": "/etc/issue net",
			"NewOption": "1", "KbdInteractiveAuthentication": "no",
		}},
		{"first value wins, lists add up", map[string]string{
			config: "PermitRootLogin no\nPermitRootLogin yes\nPort 22\nPort 2222\nAllowUsers a b\nAllowUsers c\n",
		}, map[string]string{"PermitRootLogin": "no", "Port": "22 2222", "AllowUsers": "a b c"}},
		{"include comes first where it stands", map[string]string{
			config:                             "Include /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin yes\n",
			"etc/ssh/sshd_config.d/50-b.conf":  "PermitRootLogin no\nUsePAM no\n",
			"etc/ssh/sshd_config.d/10-a.conf":  "UsePAM yes\n",
			"etc/ssh/sshd_config.d/off.bak":    "UseDNS yes\n",
			"etc/ssh/sshd_config.d/dir.conf/x": "",
		}, map[string]string{"PermitRootLogin": "no", "UsePAM": "yes"}},
		{"include is relative to /etc/ssh", map[string]string{
			config: "Include more.conf missing.conf none.d/*\n", "etc/ssh/more.conf": "UseDNS no\n",
		}, map[string]string{"UseDNS": "no"}},
		{"match blocks are left out", map[string]string{
			config:              "UsePAM yes\nMatch User git\nPermitRootLogin yes\nInclude more.conf\nMatch all\nUseDNS no\n",
			"etc/ssh/more.conf": "X11Forwarding yes\n",
		}, map[string]string{"UsePAM": "yes", "UseDNS": "no", "Match X11Forwarding": "yes"}},
		{"a match block ends with its file", map[string]string{
			config: "Include more.conf\nUseDNS no\n", "etc/ssh/more.conf": "Match User git\nPermitRootLogin yes\n",
		}, map[string]string{"UseDNS": "no"}},
		{"of openSUSE", map[string]string{"usr/etc/ssh/sshd_config": "UsePAM yes\n"}, map[string]string{"UsePAM": "yes"}},
		{"nothing set", map[string]string{config: ""}, map[string]string{}},
		{"not installed", nil, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			files := map[string]string{"var/lib/dpkg/status": ""}
			maps.Copy(files, test.files)
			report := collect(t, Config{Root: collecttest.LayMachine(t, files), Name: "h", OS: "debian:12"})
			if diff := cmp.Diff(test.want, report.Facts["sshd"]); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestSSHDIncludesAreBounded includes files in a cycle and in a fan.
func TestSSHDIncludesAreBounded(t *testing.T) {
	circle := map[string]string{"etc/ssh/sshd_config": "Include sshd_config\n"}
	fan := map[string]string{"etc/ssh/sshd_config": "Include a/*\n"}
	for i := range 256 {
		fan[fmt.Sprintf("etc/ssh/a/%d", i)] = "UseDNS no\n"
	}
	for name, files := range map[string]map[string]string{"circle": circle, "fan": fan} {
		report, warnings, err := Collect(context.Background(),
			Config{Root: collecttest.LayMachine(t, files), Name: "h", OS: "debian:12"})
		if err != nil {
			t.Fatal(err)
		}
		if len(warnings) != 1 || warnings[0].What != "facts sshd" || report.Facts["sshd"] != nil {
			t.Errorf("%s: warnings %v, facts %v", name, warnings, report.Facts)
		}
	}
}
