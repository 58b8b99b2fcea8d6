package facts

import (
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/testneed"
)

// unitKinds are what may lie in a folder under the name of a unit.
var unitKinds = map[string]string{
	"plain":    "[Service]\nExecStart=/usr/sbin/cupsd\n",
	"install":  "[Unit]\nDescription=x\n[Service]\nExecStart=/usr/sbin/cupsd\n[Install]\nWantedBy=multi-user.target\n",
	"also":     "[Service]\nExecStart=/usr/sbin/cupsd\n[Install]\nAlso=cups.socket\n",
	"alias":    "[Service]\nExecStart=/usr/sbin/cupsd\n[Install]\nAlias=printer.service\n",
	"masked":   "-> /dev/null",
	"empty":    "",
	"nothing":  "none",
	"nothing2": "none",
}

// The state of a unit is what systemctl is-enabled says, except that a unit which the vendor starts is enabled.
func TestStatesAsSystemctl(t *testing.T) {
	systemctl := testneed.Command(t, "systemctl")
	o := &oracle{root: t.TempDir()}
	names := []string{"cups.service", "cups.socket", "rpcbind.service", "vsftpd@a.service"}
	rapid.Check(t, func(t *rapid.T) {
		files := map[string]string{"etc/systemd/system/x": "", "usr/lib/systemd/system/basic.target": "[Unit]\n"}
		vendorWants := map[string]bool{}
		for _, name := range append(names, "vsftpd@.service") {
			for _, folder := range []string{"etc/systemd/system", "run/systemd/system", "usr/lib/systemd/system"} {
				kinds := slices.Sorted(maps.Keys(unitKinds))
				if folder != "usr/lib/systemd/system" {
					kinds = append(kinds, "nothing", "nothing", "nothing")
				}
				content := unitKinds[rapid.SampledFrom(kinds).Draw(t, folder+"/"+name)]
				if content != "none" && name != "vsftpd@a.service" {
					files[folder+"/"+name] = content
				}
				if !strings.Contains(name, "@.") && rapid.IntRange(0, 3).Draw(t, "wanted") == 0 && folder != "run/systemd/system" {
					files[folder+"/"+rapid.SampledFrom([]string{"multi-user.target.wants", "x.service.requires"}).Draw(t, "by")+"/"+name] =
						"-> /usr/lib/systemd/system/" + strings.Replace(name, "@a.", "@.", 1)
					vendorWants[name] = vendorWants[name] || folder == "usr/lib/systemd/system"
				}
			}
		}
		if rapid.IntRange(0, 3).Draw(t, "aliased") == 0 {
			files["etc/systemd/system/printer.service"] = "-> /usr/lib/systemd/system/cups.service"
		}
		o.lay(t, files)
		found := o.read(t, Services).Values
		for _, name := range names {
			out, _ := exec.Command(systemctl, "--root="+o.root, "is-enabled", name).Output()
			want := strings.TrimSpace(string(out))
			got := found[name]
			switch {
			case want == "masked-runtime":
				want = "masked"
			case want == "not-found":
				want = ""
			case vendorWants[name] && want != "masked" && want != "":
				want = "enabled"
			}
			if name == "vsftpd@a.service" && got == "" && want != "enabled" {
				continue // an instance that nothing starts
			}
			if got != want {
				t.Fatalf("%s is %q, want %q (%s), of %q", name, got, want, out, files)
			}
		}
	})
}
