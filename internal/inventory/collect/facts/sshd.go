package facts

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/disk"
)

// Limits of sshd's Include.
const (
	maxIncludeDepth = 16
	maxIncludeFiles = 256
)

var errIncludes = fmt.Errorf("more than %d included files, or more than %d levels", maxIncludeFiles, maxIncludeDepth)

// sshdRepeated are the options whose values are joined when they are repeated; for all others the
// first value counts (sshd_config(5)).
var sshdRepeated = [...]string{
	"AcceptEnv", "AllowGroups", "AllowUsers", "DenyGroups", "DenyUsers", "HostCertificate", "HostKey",
	"ListenAddress", "Port", "SetEnv",
}

// sshdConfig collects the options of sshd_config and the files it includes.
type sshdConfig struct {
	*disk.Tree
	found Values
	files int
}

// sshd reads the options that hold for every connection.
func (m *Machine) sshd() (Values, error) {
	file := m.etc("ssh/sshd_config")
	if file == "" {
		return nil, nil
	}
	config := &sshdConfig{Tree: m.Tree, found: Values{}}
	if err := config.read(file, 0); err != nil {
		return nil, err
	}
	return config.found, nil
}

// read adds the options of one file. A Match block ends with its file.
func (c *sshdConfig) read(file string, depth int) error {
	if c.files++; c.files > maxIncludeFiles || depth > maxIncludeDepth {
		return errIncludes
	}
	data, err := c.Tree.Read(file)
	if err != nil {
		return err
	}
	global := true
	for line := range strings.Lines(string(data)) {
		option, args := sshdLine(line)
		switch {
		case option == "":
		case option == "Match":
			global = len(args) == 1 && strings.EqualFold(args[0], "all")
		case !global:
		case option == "Include":
			if err := c.include(args, depth+1); err != nil {
				return fmt.Errorf("%q: %w", file, err)
			}
		default:
			c.add(option, strings.Join(args, " "))
		}
	}
	return nil
}

// include reads the files of an Include; a relative pattern is below /etc/ssh.
func (c *sshdConfig) include(patterns []string, depth int) error {
	for _, pattern := range patterns {
		if !path.IsAbs(pattern) {
			pattern = "/etc/ssh/" + pattern
		}
		files, err := c.Glob(strings.TrimPrefix(path.Clean(pattern), "/"))
		if err != nil {
			return err
		}
		for _, file := range files {
			if err := c.read(file, depth); err != nil && !errors.Is(err, disk.ErrFolder) {
				return err
			}
		}
	}
	return nil
}

// add sets an option, unless an earlier line did.
func (c *sshdConfig) add(option, value string) {
	_, have := c.found[option]
	if !have || slices.Contains(sshdRepeated[:], option) {
		c.found.extend(option, " ", value)
	}
}

// sshdLine splits a line into its option, spelled as in sshd_config(5), and its arguments. The
// option is "" if the line has none.
func sshdLine(line string) (option string, args []string) {
	line = strings.TrimSpace(line)
	if line == "" || line[0] == '#' {
		return "", nil
	}
	end := strings.IndexAny(line, " \t=\"")
	if end < 0 {
		return spellSSHD(line), nil
	}
	rest := strings.TrimLeft(line[end:], " \t")
	rest = strings.TrimPrefix(rest, "=")
	return spellSSHD(line[:end]), sshdArguments(rest)
}

// sshdArguments splits at blanks outside double quotes; a word that begins with "#" ends the line.
func sshdArguments(s string) []string {
	var args []string
	for {
		s = strings.TrimLeft(s, " \t")
		if s == "" || s[0] == '#' {
			return args
		}
		var word strings.Builder
		quoted := false
		i := 0
		for ; i < len(s) && (quoted || s[i] != ' ' && s[i] != '\t'); i++ {
			if s[i] == '"' {
				quoted = !quoted
				continue
			}
			word.WriteByte(s[i])
		}
		args = append(args, word.String())
		s = s[i:]
	}
}

// spellSSHD returns the spelling of sshd_config(5) for an option in any case, and the present name
// for an old one. An unknown option stays as it is.
func spellSSHD(option string) string {
	for _, name := range sshdOptions {
		if strings.EqualFold(name, option) {
			return name
		}
	}
	for old, name := range sshdRenamed {
		if strings.EqualFold(old, option) {
			return name
		}
	}
	return option
}

// sshdRenamed maps former names of options to present ones.
var sshdRenamed = map[string]string{
	"ChallengeResponseAuthentication": "KbdInteractiveAuthentication",
	"SkeyAuthentication":              "KbdInteractiveAuthentication",
	"HostbasedAcceptedKeyTypes":       "HostbasedAcceptedAlgorithms",
	"PubkeyAcceptedKeyTypes":          "PubkeyAcceptedAlgorithms",
	"KeepAlive":                       "TCPKeepAlive",
}

// sshdOptions are the options of OpenSSH 10 and of earlier releases.
var sshdOptions = [...]string{
	"AcceptEnv", "AddressFamily", "AllowAgentForwarding", "AllowGroups", "AllowStreamLocalForwarding",
	"AllowTcpForwarding", "AllowUsers", "AuthenticationMethods", "AuthorizedKeysCommand",
	"AuthorizedKeysCommandUser", "AuthorizedKeysFile", "AuthorizedPrincipalsCommand",
	"AuthorizedPrincipalsCommandUser", "AuthorizedPrincipalsFile", "Banner", "CASignatureAlgorithms",
	"ChannelTimeout", "ChrootDirectory", "Ciphers", "ClientAliveCountMax", "ClientAliveInterval", "Compression",
	"DebianBanner", "DenyGroups", "DenyUsers", "DisableForwarding", "ExposeAuthInfo", "FingerprintHash",
	"ForceCommand", "GSSAPIAuthentication", "GSSAPICleanupCredentials", "GSSAPIKeyExchange",
	"GSSAPIStrictAcceptorCheck", "GatewayPorts", "HostCertificate", "HostKey", "HostKeyAgent",
	"HostKeyAlgorithms", "HostbasedAcceptedAlgorithms", "HostbasedAuthentication",
	"HostbasedUsesNameFromPacketOnly", "IPQoS", "IgnoreRhosts", "IgnoreUserKnownHosts", "Include",
	"KbdInteractiveAuthentication", "KerberosAuthentication", "KerberosGetAFSToken", "KerberosOrLocalPasswd",
	"KerberosTicketCleanup", "KexAlgorithms", "KeyRegenerationInterval", "ListenAddress", "LogLevel",
	"LogVerbose", "LoginGraceTime", "MACs", "Match", "MaxAuthTries", "MaxSessions", "MaxStartups",
	"ModuliFile", "PAMServiceName", "PasswordAuthentication", "PerSourceMaxStartups",
	"PerSourceNetBlockSize", "PerSourcePenalties", "PerSourcePenaltyExemptList", "PermitEmptyPasswords",
	"PermitListen", "PermitOpen", "PermitRootLogin", "PermitTTY", "PermitTunnel", "PermitUserEnvironment",
	"PermitUserRC", "PidFile", "Port", "PrintLastLog", "PrintMotd", "Protocol", "PubkeyAcceptedAlgorithms",
	"PubkeyAuthOptions", "PubkeyAuthentication", "RDomain", "RSAAuthentication", "RefuseConnection",
	"RekeyLimit", "RequiredRSASize", "RevokedKeys", "RhostsRSAAuthentication", "SecurityKeyProvider",
	"ServerKeyBits", "SetEnv", "SshdAuthPath", "SshdSessionPath", "StreamLocalBindMask",
	"StreamLocalBindUnlink", "StrictModes", "Subsystem", "SyslogFacility", "TCPKeepAlive", "TrustedUserCAKeys",
	"UnusedConnectionTimeout", "UseDNS", "UseLogin", "UsePAM", "UsePrivilegeSeparation", "VersionAddendum",
	"X11DisplayOffset", "X11Forwarding", "X11UseLocalhost", "XAuthLocation",
}
