package main

import (
	"path"
	"strings"
)

// products are the CPE products of the sample, "part:vendor:product"; a star matches any suffix.
var products = []string{
	"o:microsoft:windows_10_*", "o:microsoft:windows_11_*", "o:microsoft:windows_server_20*",
	"o:apple:macos", "o:apple:mac_os_x",

	"a:google:chrome", "a:microsoft:edge_chromium", "a:apple:safari",
	"a:mozilla:firefox", "a:mozilla:firefox_esr", "a:mozilla:thunderbird", "a:mozilla:thunderbird_esr",

	"a:openssl:openssl", "a:haxx:curl", "a:python:python", "a:nodejs:node.js", "a:git-scm:git", "a:git:git",
	"a:gitforwindows:git", "a:git_for_windows_project:git_for_windows",
	"a:oracle:jre", "a:oracle:jdk", "a:microsoft:.net", "a:microsoft:powershell", "a:microsoft:visual_studio_code",

	"a:7-zip:7-zip", "a:rarlab:winrar", "a:videolan:vlc_media_player", "a:libreoffice:libreoffice", "a:gimp:gimp",
	"a:adobe:acrobat_reader_dc", "a:adobe:acrobat_dc", "a:adobe:acrobat_reader", "a:adobe:acrobat",
	"a:foxit:pdf_reader", "a:foxitsoftware:foxit_reader", "a:irfanview:irfanview", "a:inkscape:inkscape",
	"a:audacityteam:audacity", "a:notepad-plus-plus:notepad++", "a:vim:vim",
	"a:microsoft:365_apps", "a:microsoft:office", "a:microsoft:teams", "a:microsoft:onedrive",

	"a:putty:putty", "a:winscp:winscp", "a:filezilla-project:filezilla_client", "a:wireshark:wireshark",
	"a:openvpn:openvpn", "a:fortinet:forticlient", "a:tightvnc:tightvnc", "a:teamviewer:teamviewer", "a:anydesk:anydesk",
	"a:keepass:keepass", "a:keepassxc:keepassxc",
	"a:zoom:zoom", "a:zoom:meetings", "a:zoom:workplace", "a:zoom:workplace_desktop",
	"a:signal:signal-desktop", "a:slack:slack", "a:mattermost:mattermost_desktop",

	"a:docker:desktop", "a:docker:docker_desktop", "a:github:desktop",
	"a:oracle:vm_virtualbox", "a:vmware:tools", "a:vmware:workstation", "a:vmware:fusion",
	"a:postgresql:postgresql", "a:oracle:mysql_server", "a:oracle:mysql",
}

// isProduct reports whether a CPE product is in the sample.
func isProduct(part, vendor, product string) bool {
	name := strings.ToLower(part + ":" + vendor + ":" + product)
	for _, pattern := range products {
		if ok, err := path.Match(pattern, name); ok && err == nil {
			return true
		}
	}
	return false
}

// isProductText reports whether a vendor and product text without a CPE seem to mean a product of
// the sample: the vendor begins with the same word, and the text contains the product's name.
func isProductText(vendor, product string) bool {
	vendor, product = joined(vendor), joined(product)
	for _, pattern := range products {
		fields := strings.Split(pattern, ":")
		if firstWord(vendor) == firstWord(fields[1]) && strings.Contains(product, fields[2]) {
			return true
		}
	}
	return false
}

func joined(text string) string {
	return strings.ReplaceAll(strings.ToLower(strings.TrimSpace(text)), " ", "_")
}

func firstWord(text string) string {
	word, _, _ := strings.Cut(strings.ReplaceAll(text, "-", "_"), "_")
	return word
}

// debianPackages are common source packages of servers.
var debianPackages = words(`
	linux openssl openssh curl bind9 glibc gnutls28 expat less util-linux libarchive cups nss tiff openjpeg2
	apache2 nginx haproxy squid php8.2 php7.4 python3.11 python3.9 perl ruby3.1 ruby2.7 nodejs openjdk-17 openjdk-11
	postgresql-15 postgresql-13 mariadb mariadb-10.5 redis samba exim4 dovecot git vim emacs sudo systemd
	libx11 libwebp aom dav1d ghostscript imagemagick ffmpeg libvpx wireshark tomcat10 tomcat9 sssd clamav
	docker.io containerd runc busybox c-ares nghttp2 unbound net-snmp ntpsec wpa intel-microcode firefox-esr
	thunderbird chromium libreoffice gimp python-django python-urllib3 jinja2 gunicorn setuptools pillow`)

// almaLinuxPackages are common binary packages of servers.
var almaLinuxPackages = words(`
	kernel kernel-core kernel-modules kernel-modules-core kernel-modules-extra kernel-tools kernel-tools-libs kernel-headers
	bpftool python3-perf perf
	openssl openssl-libs openssh openssh-server openssh-clients curl libcurl libcurl-minimal bind-libs bind-utils bind-license
	glibc glibc-common glibc-minimal-langpack glibc-langpack-en gnutls expat less util-linux libarchive cups-libs nss nss-util
	libtiff httpd httpd-core httpd-tools mod_ssl nginx nginx-core haproxy squid php php-common php-cli php-fpm
	python3 python3-libs platform-python perl-libs perl-interpreter ruby ruby-libs nodejs nodejs-libs npm
	java-17-openjdk java-17-openjdk-headless java-11-openjdk java-11-openjdk-headless java-1.8.0-openjdk
	java-1.8.0-openjdk-headless postgresql postgresql-server mariadb-server mysql mysql-common mysql-libs mysql-server
	redis samba-common samba-libs libsmbclient git git-core git-core-doc perl-Git vim-minimal vim-common vim-enhanced
	vim-filesystem emacs-filesystem sudo systemd systemd-libs systemd-pam systemd-udev libxml2 krb5-libs sqlite-libs zlib
	libnghttp2 c-ares unbound-libs net-snmp-libs grafana podman buildah skopeo runc containernetworking-plugins golang
	sssd-client sssd-common python3-urllib3 python3-setuptools python3-jinja2 python3-requests grub2-common grub2-tools
	firefox thunderbird shim-x64 libssh libssh-config dbus dbus-libs ncurses-libs pcre2 libtasn1 libksba gnupg2
	freetype libwebp libjpeg-turbo libX11 libX11-common cyrus-sasl-lib avahi-libs tar rsyslog dnsmasq tomcat
	dotnet-host dotnet-runtime-8.0 dotnet-hostfxr-8.0 aspnetcore-runtime-8.0 iperf3 bluez-libs gstreamer1-plugins-base
	webkit2gtk3-jsc xorg-x11-server-common ghostscript frr 389-ds-base`)

// words returns the set of words in a text.
func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(text) {
		set[word] = true
	}
	return set
}

// slugs are the products of endoflife.date in the sample.
var slugs = words(`
	almalinux chrome debian dotnet firefox libreoffice linux macos mariadb mysql nginx nodejs notepad-plus-plus office
	openssl openvpn oracle-jdk php postgresql powershell python redis rhel rocky-linux thunderbird ubuntu virtualbox
	vmware-tools windows windows-server wireshark`)
