package facts

import "strings"

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
