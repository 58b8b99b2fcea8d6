package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// lay makes the files of a machine; the content "-> x" makes a link to x.
func lay(t testing.TB, files map[string]string) *facts.Machine {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		file := filepath.Join(root, name)
		err := os.MkdirAll(filepath.Dir(file), 0o755)
		if target, isLink := strings.CutPrefix(content, "-> "); isLink && err == nil {
			err = os.Symlink(target, file)
		} else if err == nil {
			err = os.WriteFile(file, []byte(content), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return machineOf(t, root)
}

// read reads one family; nil if it is not there.
func read(t testing.TB, family string, files map[string]string) *facts.Found {
	t.Helper()
	for _, f := range Families() {
		if f.Name != family {
			continue
		}
		found, err := f.Read(lay(t, files))
		if err == nil {
			err = found.Check()
		}
		if err != nil {
			t.Fatal(err)
		}
		return found
	}
	t.Fatalf("family %q is unknown", family)
	return nil
}

// familyTest is a machine and what one family says of it. Keys that want does not name are free, unless exact is set.
type familyTest struct {
	family, name string
	files        map[string]string
	want         map[string]string
}

// absentKey is a value in want: the key must not be set.
const absentKey = "(absent)"

func testFamilies(t *testing.T, tests []familyTest) {
	for _, test := range tests {
		t.Run(test.family+" "+test.name, func(t *testing.T) {
			found := read(t, test.family, test.files)
			if found == nil {
				if test.want != nil {
					t.Fatal("the family is not there")
				}
				return
			}
			got := map[string]string{}
			for key := range test.want {
				value, have := found.Values[key]
				if !have {
					value = absentKey
				}
				got[key] = value
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s\nunread: %v", diff, found.Unread)
			}
		})
	}
}

const (
	debianAuth = "auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\n"
	redHatAuth = "auth required pam_env.so\nauth required pam_faillock.so preauth silent deny=4\nauth sufficient pam_unix.so\n" +
		"auth required pam_faillock.so authfail deny=4\nauth required pam_deny.so\n"
)

func TestLogins(t *testing.T) {
	testFamilies(t, []familyTest{
		{"pam", "modules", map[string]string{
			"etc/pam.d/common-password": "password\t[success=1  default=ignore]\tpam_unix.so obscure  yescrypt\n" +
				"-password optional /lib/security/pam_extra.so # why\n@include common-x\npassword include other\n" +
				"password requisite \\\n pam_deny.so [a b]\npassword required pam_deny.so\n- x y\n",
		}, map[string]string{
			"common-password password pam_unix.so":  "[success=1 default=ignore] obscure yescrypt",
			"common-password password pam_extra.so": "optional",
			"common-password password pam_deny.so":  "requisite a b; required",
		}},
		{"pam", "not there", map[string]string{"etc/passwd": ""}, nil},
		{"lockout", "not there", map[string]string{"etc/passwd": ""}, nil},
		{"lockout", "of Red Hat, through a substack", map[string]string{
			"etc/pam.d/sshd":              "auth substack password-auth\nauth include postlogin\n",
			"etc/pam.d/login":             "auth substack system-auth\n",
			"etc/pam.d/postlogin":         "",
			"etc/pam.d/password-auth":     redHatAuth,
			"etc/pam.d/system-auth":       strings.ReplaceAll(redHatAuth, " deny=4", ""),
			"etc/security/faillock.conf":  "deny = 9\nunlock_time = 0 # for ever\n",
			"etc/security/pwquality.conf": "",
		}, map[string]string{"sshd": "faillock", "sshd deny": "4", "sshd unlock_time": "0", "login": "faillock",
			"login deny": "9"}},
		{"lockout", "of Debian", map[string]string{"etc/pam.d/common-auth": "auth requisite pam_faillock.so preauth\n" +
			"auth [success=2 default=ignore] pam_unix.so\nauth [default=die] pam_faillock.so authfail\n" +
			"auth requisite pam_deny.so\nauth required pam_permit.so\n"},
			map[string]string{"common-auth": "faillock", "common-auth deny": absentKey}},
		{"lockout", "jumped over", map[string]string{"etc/pam.d/common-auth": "auth requisite pam_faillock.so preauth\n" +
			"auth [success=2 default=1] pam_unix.so\nauth [default=die] pam_faillock.so authfail\n" +
			"auth requisite pam_deny.so\nauth required pam_permit.so\n"}, map[string]string{"common-auth": "no"}},
		{"lockout", "never asked before the password", map[string]string{"etc/pam.d/common-auth": "auth [success=1 default=ignore] " +
			"pam_unix.so\nauth [default=die] pam_faillock.so authfail\nauth required pam_permit.so\n"},
			map[string]string{"common-auth": "no"}},
		{"lockout", "asked after the password", map[string]string{"etc/pam.d/common-auth": "auth [success=1 default=bad] " +
			"pam_unix.so\nauth [default=die] pam_faillock.so authfail\nauth sufficient pam_faillock.so authsucc\n" +
			"auth required pam_deny.so\n"}, map[string]string{"common-auth": "faillock"}},
		{"lockout", "its failure is ignored", map[string]string{
			"etc/pam.d/sshd": strings.ReplaceAll(redHatAuth, "required pam_faillock.so preauth", "optional pam_faillock.so preauth") +
				"auth required pam_permit.so\n",
			"etc/pam.d/login": debianAuth}, map[string]string{"login": "no"}},
		{"lockout", "tally2 without a limit", map[string]string{
			"etc/pam.d/sshd":  "auth required pam_tally2.so\n" + debianAuth,
			"etc/pam.d/login": "auth required pam_tally2.so deny=3\n" + debianAuth,
		}, map[string]string{"sshd": "no", "login": "tally2", "login deny": "3"}},
		{"lockout", "includes in a circle", map[string]string{"etc/pam.d/sshd": "auth include sshd\n"},
			map[string]string{"sshd": absentKey}},
		{"lockout", "a reset forgives", map[string]string{"etc/pam.d/sshd": redHatAuth, "etc/pam.d/login": "auth required pam_faillock.so preauth\n" +
			"auth [success=reset default=bad] pam_unix.so\nauth required pam_faillock.so authfail\nauth optional pam_permit.so\n",
			"etc/pam.d/xdm": "auth [success=ok default=ignore] pam_faillock.so preauth\nauth [success=reset] pam_unix.so\n" +
				"auth [default=die] pam_faillock.so authfail\n"},
			map[string]string{"sshd": "faillock", "login": "faillock", "xdm": "faillock"}},
		{"passwords", "login.defs alone", map[string]string{"etc/login.defs": "ENCRYPT_METHOD SHA512\n"},
			map[string]string{"hash": "sha512", "quality": absentKey}},
		{"passwords", "arguments replace files", map[string]string{
			"etc/pam.d/passwd": "@include common-password\n",
			"etc/pam.d/common-password": "password requisite pam_pwquality.so retry=3 minlen=6 dictcheck=0\n" +
				"password required pam_pwhistory.so use_authtok\n" +
				"password [success=1 default=ignore] pam_unix.so use_authtok md5 yescrypt\npassword requisite pam_deny.so\n" +
				"password required pam_permit.so\n",
			"etc/login.defs":                       "ENCRYPT_METHOD DES\n",
			"etc/security/pwhistory.conf":          "remember = 12\n",
			"etc/security/pwquality.conf":          "minlen = 14\ndictcheck = 1\nminclass = 3\n",
			"etc/security/pwquality.conf.d/x.conf": "minclass = 1\ndifok = 5\n",
		}, map[string]string{"quality": "pwquality", "minlen": "6", "dictcheck": "0", "minclass": "3", "difok": "5",
			"hash": "yescrypt", "history": "pwhistory", "remember": "12"}},
		{"passwords", "quality that may fail", map[string]string{
			"etc/pam.d/passwd": "password optional pam_pwquality.so minlen=20\npassword required pam_unix.so remember=5\n",
		}, map[string]string{"quality": "no", "minlen": absentKey, "history": "unix", "remember": "5", "hash": absentKey}},
		{"passwords", "quality that is never reached", map[string]string{
			"etc/pam.d/passwd": "password sufficient pam_unix.so sha512\npassword requisite pam_cracklib.so minlen=20\n",
		}, map[string]string{"quality": "no", "hash": "sha512", "history": "no"}},
		{"umask", "login.defs without PAM", map[string]string{"etc/login.defs": "UMASK 027\n"}, map[string]string{"login": "027"}},
		{"umask", "PAM does not ask for it", map[string]string{"etc/login.defs": "UMASK 027\n",
			"etc/pam.d/common-session": "session required pam_unix.so\n"}, map[string]string{"login": absentKey}},
		{"umask", "argument of PAM", map[string]string{"etc/login.defs": "UMASK 027\n",
			"etc/pam.d/common-session": "session optional pam_umask.so umask=077 usergroups\n"},
			map[string]string{"login": "077", "usergroups": "yes"}},
		{"umask", "a script undoes it", map[string]string{"etc/login.defs": "UMASK 027\n",
			"etc/profile.d/a.sh": "# umask 077\numask 022\n"}, map[string]string{"login": "022"}},
		{"umask", "a script may undo it", map[string]string{"etc/login.defs": "UMASK 027\n",
			"etc/profile": "if [ $UID -gt 199 ]; then\n  umask 002\nelse\n  umask 022\nfi\n"},
			map[string]string{"login": "027 002 022"}},
	})
}

const people = "root:x:0:0::/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\npostgres:x:100:100::/:/bin/bash\n" +
	"ann:x:1000:1000::/:/bin/bash\nbob:x:1000:27::/:/bin/bash\n"

func TestAccounts(t *testing.T) {
	files := map[string]string{
		"etc/passwd": people,
		"etc/group":  "root:x:0:\ndaemon:x:1:\nsudo:x:27:ann\npostgres:x:100:\nwheel:x:0:\n",
		"etc/shells": "/bin/bash\n/usr/sbin/nologin\n",
		"etc/shadow": "root:!$6$a$b:1:0:99999:7:::\nann:$y$x:1:0:90:7:30::\nbob:$1$x:1:2:365:14:::\ndaemon:abcdefghijklm:1:1:60:9:40::\n" +
			"postgres::1::::::\n",
	}
	testFamilies(t, []familyTest{
		{"accounts", "all", files, map[string]string{
			"uid0": "root", "gid0": "root", "unshadowed": "", "duplicate users": "", "duplicate uids": "1000",
			"duplicate gids": "0", "duplicate groups": "", "groupless": "ann", "groups0": "root wheel",
			"members sudo": "ann bob", "members wheel": "root", "members docker": absentKey, "systemshells": "postgres",
			"passwordless": "postgres", "weakhash": "bob daemon", "withpassword": "3", "loginless": "daemon",
			"mindays": "0", "maxdays": "365", "warndays": "7", "inactive": "never", "root": "locked",
		}},
		{"accounts", "without shadow", map[string]string{"etc/passwd": "root:x:0:0::/root:/bin/sh\nold::1000:1000::/:/bin/sh\n"},
			map[string]string{"uid0": "root", "passwordless": absentKey, "maxdays": absentKey, "unshadowed": "old"}},
		{"accounts", "as programs read them", map[string]string{"etc/shadow": "root:*:1::::::\n", "etc/group": "root:x:0:\na:x:07:\nb:x:7:\n",
			"etc/passwd": "root:x:0:0::/root:/bin/sh\ntoor:x:00:000::/:/bin/sh\nold:abcdefghijklm:1000:7::/:/bin/sh\n"},
			map[string]string{"uid0": "root toor", "gid0": "root toor", "duplicate uids": "0", "duplicate gids": "7",
				"unshadowed": "old", "weakhash": "old"}},
	})
	for key, value := range read(t, "accounts", files).Values {
		if strings.Contains(value, "$") || strings.Contains(value, "abcdef") {
			t.Errorf("%q has a hash: %q", key, value)
		}
	}
}

func FuzzPolicy(f *testing.F) {
	f.Add([]byte("password [x y] pam.so\n- a b\n@include c\nauth [a] \\\n"))
	f.Add([]byte("umask 022 || if\nroot:x:0\n::::\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var stack []pamModule
		for _, line := range pamLines("f", data) {
			if line.kind == "" && line.include == "" || line.module == "" && line.include == "" {
				t.Fatalf("a line without a type or a module: %v", line)
			}
			stack = append(stack, pamModule{line, 0, line.include != ""})
		}
		asked := 0
		runStack(stack, func(pamModule) answer { asked++; return succeeds })
		if asked > len(stack) {
			t.Fatalf("%d modules were asked %d times", len(stack), asked)
		}
		found := facts.NewFound()
		addScript(found, "f", data)
		addPeople(found, records(data, 7))
		_ = zoneTarget(string(data))
		tables := ruleset{}
		tables.iptables("ip", data)
		_ = tables.input("ip")
		aptLines(found, "f", data)
		aptStanzas(found, "f", data)
		all, _ := facts.ParseApt(data)
		facts.AptSettings{}.Add("f", all)
		s := &sudoers{m: lay(t, nil), found: found, aliases: map[string][]string{}}
		for line := range strings.Lines(string(data)) {
			_ = s.line(line, "etc/sudoers", "")
		}
		n := &nft{chains: ruleset{}}
		for _, s := range nftStatements(data) {
			n.statement([]string{"table ip f", "chain i"}, strings.Fields(s.text))
		}
		_ = n.chains.input("ip")
	})
}

func TestSudo(t *testing.T) {
	testFamilies(t, []familyTest{
		{"sudo", "not there", map[string]string{"etc/passwd": ""}, nil},
		{"sudo", "of Debian", map[string]string{"etc/sudoers": "Defaults\tenv_reset\nDefaults\tuse_pty\nroot ALL=(ALL:ALL) ALL\n" +
			"%sudo\tALL=(ALL:ALL) ALL\n#ann ALL=NOPASSWD: ALL\n@include gone\n@includedir /etc/sudoers.d\n",
			"etc/sudoers.d/README": "# nothing\n", "etc/sudoers.d/a.bak": "ann ALL=NOPASSWD: ALL\n", "etc/sudoers.d/b~": "ann ALL=NOPASSWD: ALL\n"},
			map[string]string{"nopasswd": "", "noauthenticate": "", "use_pty": "yes", "logfile": absentKey}},
		{"sudo", "without passwords", map[string]string{"etc/sudoers": "User_Alias OPS = ann, bob : OTHERS = eve\n" +
			"OPS, %wheel ALL = (root) NOPASSWD: /bin/ls, PASSWD: ALL\n#includedir sudoers.d\n",
			"etc/sudoers.d/90-cloud": "dan ALL=(ALL) \\\n  NOPASSWD:ALL # why\nDefaults:eve !authenticate\n#1000 ALL=NOPASSWD: ALL\n"},
			map[string]string{"nopasswd": "ann bob %wheel dan #1000", "noauthenticate": "eve"}},
		{"sudo", "aliases in aliases", map[string]string{"etc/sudoers": "User_Alias A = B, ann\nUser_Alias B = bob, A, C\n" +
			"A ALL=NOPASSWD: ALL\nDefaults:B !authenticate\n"},
			map[string]string{"nopasswd": "bob C ann", "noauthenticate": "bob ann C"}},
		{"sudo", "settings, the last one wins", map[string]string{"etc/sudoers": "Defaults !authenticate, logfile=\"/var/log/a,b\", " +
			"timestamp_timeout=5\nDefaults use_pty\nDefaults !use_pty # no\n@include more\n", "etc/more": "Defaults timestamp_timeout = -1\n"},
			map[string]string{"noauthenticate": "ALL", "logfile": "/var/log/a,b", "timestamp_timeout": "-1", "use_pty": "no"}},
		{"sudo", "a file that cannot be read", map[string]string{"etc/sudoers": "Defaults use_pty\nann ALL=NOPASSWD: ALL\n@includedir sudoers.d\n",
			"etc/sudoers.d/a/b": ""}, map[string]string{"nopasswd": "ann", "noauthenticate": absentKey, "use_pty": absentKey}},
	})
}

func TestSources(t *testing.T) {
	testFamilies(t, []familyTest{
		{"sources", "of apt", map[string]string{
			"etc/apt/sources.list":           "deb http://deb.debian.org/debian stable main\n# deb [trusted=yes] http://off/ x y\n",
			"etc/apt/sources.list.d/a.list":  "deb [arch=amd64 trusted=yes] https://u:secret@repo.example.com/x ./\n",
			"etc/apt/sources.list.d/b.list~": "deb [trusted=yes] https://old.example.com/x ./\n",
			"etc/apt/sources.list.d/c.sources": "Types: deb\nURIs: http://c.example.com/\nTrusted: yes\n\n" +
				"Types: deb\nEnabled: no\nURIs: http://d.example.com/\nTrusted: yes\n",
		}, map[string]string{"unverified": "repo.example.com/x c.example.com/", "plain": "deb.debian.org/debian c.example.com/",
			"metadata unverified": absentKey}},
		{"sources", "apt in blocks", map[string]string{"etc/apt/apt.conf": "Acquire { // x\n allowInsecureRepositories \"1\"; };\n",
			"etc/apt/sources.list.d/a.sources": "Types: deb\nURIs: https://a.example.com/\n http://b.example.com/c\n"},
			map[string]string{"unverified": "apt", "plain": "b.example.com/c"}},
		{"sources", "a file of apt that includes", map[string]string{"etc/apt/apt.conf": "#include /x;\n", "etc/apt/sources.list": ""},
			map[string]string{"unverified": absentKey, "plain": absentKey}},
		{"sources", "apt, taken back", map[string]string{"etc/apt/apt.conf.d/10x": "APT { Get { AllowUnauthenticated \"true\"; }; };\n",
			"etc/apt/apt.conf": "apt::get::allowunauthenticated \"no\";"}, map[string]string{"unverified": ""}},
		{"sources", "apt for all", map[string]string{"etc/apt/apt.conf.d/99x": "APT::Get::AllowUnauthenticated \"true\";\n"},
			map[string]string{"unverified": "apt"}},
		{"sources", "signed", map[string]string{"etc/apt/sources.list": "deb [signed-by=/a.gpg] http://deb.debian.org/debian stable main\n"},
			map[string]string{"unverified": ""}},
		{"sources", "of dnf", map[string]string{"etc/dnf/dnf.conf": "[main]\ngpgcheck=1\n",
			"etc/yum.repos.d/a.repo": "[base]\nname=a\nrepo_gpgcheck=1\nmirrorlist=https://m/\n[own]\ngpgcheck=0\n" +
				"baseurl=http://u:secret@h.example.com/x, https://h/y\n[off]\nenabled=0\ngpgcheck=0\n"},
			map[string]string{"unverified": "own", "metadata unverified": "own", "plain": "h.example.com/x"}},
		{"sources", "not there", map[string]string{"etc/passwd": ""}, nil},
	})
}

func TestRhosts(t *testing.T) {
	passwd := "root:x:0:0::/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n"
	testFamilies(t, []familyTest{
		{"rhosts", "none", map[string]string{"etc/passwd": passwd}, map[string]string{"files": "", "plus": ""}},
		{"rhosts", "some", map[string]string{"etc/passwd": passwd, "etc/hosts.equiv": "# +\nhost ann\n", "home/ann/.rhosts": "+ +\n",
			"root/.shosts": "host +\n"},
			map[string]string{"files": "/etc/hosts.equiv /root/.shosts /home/ann/.rhosts", "plus": "/root/.shosts /home/ann/.rhosts"}},
		{"rhosts", "one cannot be read", map[string]string{"etc/passwd": passwd, "home/ann/.rhosts/x": ""},
			map[string]string{"files": absentKey, "plus": absentKey}},
	})
}
