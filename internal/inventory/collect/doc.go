// Package collect makes an [inventory.Report] of a machine: the one the program
// runs on, or one that is mounted or was copied to a folder.
//
// It reads package managers' databases and never walks the file system: a file
// that merely lies on a disk is no installed software (matching.md section 1,
// traps in collection). On Linux that is dpkg, rpm and apk; on Windows the
// uninstall keys of the registry, on macOS system_profiler. Everything on Linux
// is read through [os.Root], with absolute symbolic links taken as they would
// be on the machine itself, so a hostile tree cannot lead the collector out of
// it.
//
// Nothing is run or asked over a network, macOS's own tools excepted. What could
// not be read is returned as a [Warning]; it is never passed over in silence.
//
// The rooms below it: disk is the one way to files, packages lists what package
// managers have installed (rpm's databases are read by rpmdb), facts reads settings.
// This package says which machine it is, gives each source its share of time, and
// puts the report together.
//
// # Sections
//
// Software is reported only when every database that was found could be read:
// a list with holes would make installed software look removed. When it could
// not, the section is absent, which leaves what an earlier report said.
//
// A package database's own path is no evidence of where software lies, so
// packages carry no disk paths.
//
// # Facts
//
// Facts are settings for configuration checks, by family and key. All values
// are strings as the machine has them, blanks trimmed. Three cases differ:
//
//   - the family is absent: not asked. Its source does not exist (sshd is not
//     installed, only the package database was copied) or could not be read
//     (then there is a warning). A check cannot say anything.
//   - the family is present, the key is absent: asked and not set. The
//     program's compiled-in default holds; defaults are never filled in here.
//   - both are present: the value in force.
//
// Some sources only root may read (the password file, sshd's settings, some of the
// kernel's): collect as root.
//
// Files under a fixed name are read from /etc, else from /usr/etc.
//
//	family      present when                     keys and values
//	----------  -------------------------------  ------------------------------------------------
//	sshd        ssh/sshd_config exists           option in sshd_config(5)'s spelling, whatever the
//	                                             file's: "PermitRootLogin": "no". Include is
//	                                             followed, the first value wins, options inside a
//	                                             Match block are left out. Options that may be
//	                                             repeated (Port, ListenAddress, HostKey,
//	                                             HostCertificate, AcceptEnv, SetEnv, AllowUsers,
//	                                             AllowGroups, DenyUsers, DenyGroups) are joined by
//	                                             a blank
//	sysctl      /proc/sys can be read ("/"), or  the names in sysctl.go: "net.ipv4.ip_forward": "0".
//	            a sysctl file exists (--root)    "/": running values; absent: this kernel has no
//	                                             such setting. --root: as configured, by the
//	                                             precedence of sysctl.d(5); absent: not configured,
//	                                             the kernel's default holds
//	login.defs  login.defs exists                "PASS_MAX_DAYS": "99999", keys as written
//	filemode    /etc/passwd exists (not when     the paths in filemode.go that exist:
//	            collecting on Windows)           "/etc/shadow": "0640 0:42" (four octal digits,
//	                                             set-id and sticky bits included, then uid:gid)
//	services    /etc/systemd/system exists       systemd units: every service, socket, timer and
//	                                             path unit that is enabled or masked, and the units
//	                                             in services.go that are installed and neither:
//	                                             "telnet.socket": "enabled", "masked", "disabled"
//	mounts      /proc/self/mounts ("/") or       the mount points in mounts.go that are mounted (of
//	            /etc/fstab (--root) exists       their own): "/tmp": "rw,nosuid,nodev,noexec"
//	modules     a modprobe.d folder exists       kernel module ("-" written as "_"): "disabled" (an
//	                                             install rule makes loading fail or do nothing) or
//	                                             "blacklisted" (not loaded by itself)
//	pwquality   security/pwquality.conf exists   "minlen": "14"; a word alone has the value ""
//	faillock    security/faillock.conf exists    "deny": "5"; a word alone has the value ""
//	pam         a file named in pam.go exists    "SERVICE TYPE MODULE": "CONTROL ARGUMENTS", as in
//	                                             "common-password password pam_unix.so":
//	                                             "[success=1 default=ignore] obscure yescrypt".
//	                                             A module that stands twice in a stack: the later
//	                                             line follows after "; ". @include and substack
//	                                             files are not followed
//	accounts    /etc/passwd can be read          "uid0": names with user id 0, joined by a blank;
//	                                             "passwordless": names whose password is empty
//	                                             (absent when /etc/shadow cannot be read)
//	auditd      audit/auditd.conf exists         "max_log_file_action": "keep_logs", keys as written
//	journald    systemd/journald.conf exists     "Storage": "persistent", journald.conf.d included
//	selinux     selinux/config exists            "SELINUX": "enforcing", "SELINUXTYPE": "targeted"
//	ufw         ufw/ufw.conf exists              "ENABLED": "yes", keys as written
//
// Windows and macOS report no facts yet.
//
// # Disks that are not to be trusted
//
// A disk that is collected may be made to do harm, and so may the parts of this
// machine that its users write to. Files are reached through package disk alone: it looks
// before it opens, opens without waiting, reads regular files and lists folders
// only, and counts what a source looks at, lists and reads. Nothing is executed,
// copied to temporary folders, locked or written; an SQLite file is read by package
// rpmdb and not by SQLite (decision 0036).
//
// Every source (the identity's three files, each package manager, each family of
// facts) has limits of its own, a quarter of the time for the whole machine among
// them, and a goroutine of its own. A source that fails, in whatever way, costs its
// own section and is a warning; if the system does not answer it, it is left behind.
//
// What could not be read must not look as if it were gone. A section or family that
// could not be read is absent, never empty. Where machine id or host name could not
// be read there is no device id, for what would be derived from the rest would be
// another device. Where os-release could not be read there is no software, for
// without its distribution a package has no findings.
package collect
