package upkeep

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// read reads one family of a live machine, or of a copy; nil if it is not there.
func read(t *testing.T, family string, files map[string]string, live bool) *facts.Found {
	t.Helper()
	root, err := disk.OpenRoot(collecttest.LayMachine(t, files))
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	m := &facts.Machine{Tree: disk.NewTree(t.Context(), root, disk.MaxSettings, live), Warn: func(error) {}}
	all := Families()
	f := all[slices.IndexFunc(all, func(f facts.Family) bool { return f.Name == family })]
	found, err := f.Read(m)
	if err == nil {
		err = found.Check()
	}
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestFamilies has machines and all that families say of them; a key with the value "(unread)" could not be read.
func TestFamilies(t *testing.T) {
	for _, test := range familyTests {
		t.Run(test.family+" "+test.name, func(t *testing.T) {
			found := read(t, test.family, test.files, true)
			if found == nil {
				if test.want != nil {
					t.Fatal("the family is not there")
				}
				return
			}
			got := maps.Clone(map[string]string(found.Values))
			for key := range found.Unread {
				if _, have := got[key]; !have {
					got[key] = "(unread)"
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// What runs is not told of a copied machine.
func TestCopiesDoNotRun(t *testing.T) {
	for _, test := range familyTests {
		if strings.HasSuffix(test.family, "_running") && read(t, test.family, test.files, false) != nil {
			t.Errorf("%s is told of a copy", test.family)
		}
	}
}

func TestVocabulary(t *testing.T) {
	var names []string
	for _, f := range Families() {
		names = append(names, f.Name)
	}
	collecttest.CheckVocabulary(t, "../../../../../doc/facts.md", names, map[string][]string{
		"banners": bannerFiles[:], "updates": slices.Concat(slices.Sorted(maps.Values(aptSettings)), slices.Sorted(maps.Values(dnfSettings))),
	})
}

// familyTest is a machine and what one family says of it.
type familyTest struct {
	family, name string
	files        map[string]string
	want         map[string]string
}

var familyTests = []familyTest{
	{"banners", "not there", map[string]string{"etc/passwd": ""}, nil},
	{"banners", "of Debian", map[string]string{"etc/issue": "Debian 12 \\n \\l\n", "etc/issue.net": "\\s \\r\n", "etc/motd": "\n"},
		map[string]string{"/etc/issue": "text", "/etc/issue tells": "", "/etc/issue.net": "text", "/etc/issue.net tells": `\r \s`,
			"/etc/motd": "empty", "/etc/motd tells": ""}},
	{"limits", "not there", map[string]string{"etc/passwd": ""}, nil},
	{"limits", "the last one wins", map[string]string{"etc/security/limits.conf": "*\thard core 0\n# * hard core 9\n@dev - core 0\nann hard nofile 9\n",
		"etc/security/limits.d/10.conf": "* - core 100 # x\nroot hard core 0\n@dev hard core unlimited\n", "etc/security/limits.d/20.conf": "* hard core 0\n* hard maxlogins 10\n"},
		map[string]string{"* hard core": "0", "* soft core": "100", "root hard core": "0", "* hard maxlogins": "10", "exceptions core": "@dev"}},
	{"limits", "a file that cannot be read", map[string]string{"etc/security/limits.conf": "* hard core 0\n", "etc/security/limits.d/a.conf/x": ""},
		map[string]string{"*": "(unread)"}},
	{"shell", "not there", map[string]string{"etc/passwd": ""}, nil},
	{"shell", "of CIS", map[string]string{"etc/profile": "umask 022\n", "etc/profile.d/tmout.sh": "TMOUT=900\nreadonly TMOUT\nexport TMOUT\n", "etc/bashrc": "TMOUT=0\n"},
		map[string]string{"TMOUT": "900", "TMOUT readonly": "yes", "TMOUT exported": "yes"}},
	{"shell", "in a line", map[string]string{"etc/profile.d/a.sh": "readonly TMOUT=\"600\" ; export TMOUT\n"},
		map[string]string{"TMOUT": "600", "TMOUT readonly": "yes", "TMOUT exported": "yes"}},
	{"shell", "declared", map[string]string{"etc/profile": "typeset -xr TMOUT=600 # x\n"}, map[string]string{"TMOUT": "600", "TMOUT readonly": "yes"}},
	{"shell", "under a condition", map[string]string{"etc/profile": "if [ x ]; then\nTMOUT=600\nfi\n# TMOUT=1\n"}, map[string]string{"TMOUT": "none 600"}},
	{"shell", "unset", map[string]string{"etc/profile": "TMOUT=600\nunset TMOUT\n"}, map[string]string{}},
	{"time", "none", map[string]string{"etc/passwd": ""}, nil},
	{"time", "chrony", map[string]string{
		"etc/chrony/chrony.conf":   "confdir /etc/chrony/conf.d\n! server no\nSERVER a.example.com iburst key 3\nsourcedir /run/chrony-dhcp /etc/chrony/sources.d\nuser _chrony\n",
		"etc/chrony/conf.d/x.conf": "pool p.example.com iburst\ninclude /etc/chrony/y.*\n", "etc/chrony/y.1": "refclock PPS /dev/pps0\n",
		"etc/chrony/sources.d/z.sources": "server z.example.com\nserver z.example.com\n", "etc/chrony/sources.d/z.conf": "server no\n",
	}, map[string]string{"chrony": "p.example.com PPS a.example.com z.example.com", "chrony user": "_chrony"}},
	{"time", "chrony without sources", map[string]string{"etc/chrony.conf": "driftfile x\n"}, map[string]string{"chrony": ""}},
	{"time", "chrony that cannot be read", map[string]string{"etc/chrony.conf": "include /etc/a\n", "etc/a/b": ""}, map[string]string{"chrony": "(unread)"}},
	{"time", "timesyncd", map[string]string{"etc/systemd/timesyncd.conf": "[Time]\nNTP=a b\nFallbackNTP=f\n",
		"usr/lib/systemd/timesyncd.conf.d/10.conf": "[Time]\nNTP=\nNTP=c\n", "etc/systemd/timesyncd.conf.d/20.conf": "[Time]\nNTP=d\n"},
		map[string]string{"timesyncd": "c d", "timesyncd fallback": "f"}},
	{"time", "ntpsec", map[string]string{"etc/ntpsec/ntp.conf": "pool -4 a.example.com iburst\nincludefile b\n", "etc/ntpsec/b": "server c\n",
		"etc/ntpsec/ntp.d/x.conf": "peer d\n"}, map[string]string{"ntp": "a.example.com c d"}},
	{"updates", "none", map[string]string{"etc/passwd": ""}, nil},
	{"updates", "of apt", map[string]string{"etc/apt/apt.conf.d/20auto": "APT::Periodic::Update-Package-Lists \"1\";\nAPT::Periodic::Unattended-Upgrade \"0\";\n",
		"etc/apt/apt.conf.d/50x.conf": "APT { Periodic { /* a\n */ Unattended-Upgrade \"1\"; } ; };\n", "etc/apt/apt.conf.d/60.dpkg-old": "#clear APT;\n",
		"etc/apt/apt.conf": "// no\n# no\nUnattended-Upgrade::Automatic-Reboot true;\n"},
		map[string]string{"apt lists": "1", "apt upgrade": "1", "apt reboot": "true"}},
	{"updates", "of apt, cleared", map[string]string{"etc/apt/apt.conf.d/20auto": "APT::Periodic::Enable 1;\n#clear APT::Periodic;\n"}, map[string]string{}},
	{"updates", "of dnf", map[string]string{"etc/dnf/automatic.conf": "[commands]\nupgrade_type = security\napply_updates = yes\n"},
		map[string]string{"dnf type": "security", "dnf apply": "yes"}},
	{"updates", "a file that cannot be read", map[string]string{"etc/dnf/automatic.conf/x": ""},
		map[string]string{"dnf type": "(unread)", "dnf apply": "(unread)", "dnf download": "(unread)"}},
	{"rsyslog", "none", map[string]string{"etc/passwd": ""}, nil},
	{"rsyslog", "of Debian", map[string]string{"etc/rsyslog.conf": "module(load=\"imuxsock\")\n#input(type=\"imudp\" port=\"514\")\n$FileCreateMode 0640\n"},
		map[string]string{"file mode": "0640", "sends": "no", "takes": "no"}},
	{"rsyslog", "that sends and takes", map[string]string{"etc/rsyslog.conf": "*.* @@log.example.com\n", "etc/rsyslog.d/a.conf": "input(type=\"imtcp\" port=\"514\")\n"},
		map[string]string{"sends": "yes", "takes": "yes"}},
}
