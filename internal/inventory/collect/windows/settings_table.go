package windows

// settingRoots are the beginnings of keys in the table.
var settingRoots = map[byte]string{
	'P': software + `\Policies\Microsoft`,
	'D': software + `\Policies\Microsoft\Windows Defender\Policy Manager`,
	'M': software + `\Microsoft\PolicyManager\current\device`,
	'S': software + `\Microsoft`,
	'W': software + `\Microsoft\Windows\CurrentVersion`,
	'C': machine + `\SYSTEM\CurrentControlSet`,
}

// settingsTable has the families, their facts, and the places that set them: policy, MDM, local. A place is a key
// and, if it is not the last word of the fact, the name of a value; "!" inverts it, "|" says that it is a list.
// Facts without places have those of their heading. A line that begins with a tab goes on with the one before it.
//
// Settings of MDM that are policies of ADMX are written to the places of policies, those of Defender also, and on
// recent builds only, to a key of its own (D), under the names of MDM.
const settingsTable = `
[defender] = P\Windows Defender; S\Windows Defender
DisableAntiSpyware
WinDefend Start = C\Services\WinDefend
PassiveMode = S\Windows Defender
TamperProtection = S\Windows Defender\Features
PUAProtection = P\Windows Defender; P\Windows Defender\MpEngine:MpEnablePus; D; M\Defender; S\Windows Defender
DisableRealtimeMonitoring = P\Windows Defender\Real-Time Protection; D:!AllowRealtimeMonitoring;
	M\Defender:!AllowRealtimeMonitoring; S\Windows Defender\Real-Time Protection
DisableBehaviorMonitoring = P\Windows Defender\Real-Time Protection; D:!AllowBehaviorMonitoring;
	M\Defender:!AllowBehaviorMonitoring; S\Windows Defender\Real-Time Protection
DisableIOAVProtection = P\Windows Defender\Real-Time Protection; D:!AllowIOAVProtection;
	M\Defender:!AllowIOAVProtection; S\Windows Defender\Real-Time Protection
DisableOnAccessProtection = P\Windows Defender\Real-Time Protection; D:!AllowOnAccessProtection;
	M\Defender:!AllowOnAccessProtection; S\Windows Defender\Real-Time Protection
DisableScriptScanning = P\Windows Defender\Real-Time Protection; D:!AllowScriptScanning;
	M\Defender:!AllowScriptScanning; S\Windows Defender\Real-Time Protection
DisableEmailScanning = P\Windows Defender\Scan; D:!AllowEmailScanning; M\Defender:!AllowEmailScanning;
	S\Windows Defender\Scan
DisableArchiveScanning = P\Windows Defender\Scan; D:!AllowArchiveScanning; M\Defender:!AllowArchiveScanning;
	S\Windows Defender\Scan
DisableRemovableDriveScanning = P\Windows Defender\Scan; D:!AllowFullScanRemovableDriveScanning;
	M\Defender:!AllowFullScanRemovableDriveScanning; S\Windows Defender\Scan
SpynetReporting = P\Windows Defender\Spynet; D:AllowCloudProtection; M\Defender:AllowCloudProtection;
	S\Windows Defender\Spynet
SubmitSamplesConsent = P\Windows Defender\Spynet; D; M\Defender; S\Windows Defender\Spynet
DisableBlockAtFirstSeen = P\Windows Defender\Spynet; S\Windows Defender\Spynet
MpCloudBlockLevel = P\Windows Defender\MpEngine; D:CloudBlockLevel; M\Defender:CloudBlockLevel;
	S\Windows Defender\MpEngine
EnableNetworkProtection = P\Windows Defender\Windows Defender Exploit Guard\Network Protection; D; M\Defender;
	S\Windows Defender\Windows Defender Exploit Guard\Network Protection
EnableControlledFolderAccess = P\Windows Defender\Windows Defender Exploit Guard\Controlled Folder Access; D;
	M\Defender; S\Windows Defender\Windows Defender Exploit Guard\Controlled Folder Access
OnboardingState = S\Windows Advanced Threat Protection\Status
EnableSmartScreen = P\Windows\System; M\SmartScreen:EnableSmartScreenInShell; W\Explorer:SmartScreenEnabled
Edge SmartScreenEnabled = P\Edge
[asr] = P\Windows Defender\Windows Defender Exploit Guard\ASR\Rules; D:ASRRules|;
	M\Defender:AttackSurfaceReductionRules|; S\Windows Defender\Windows Defender Exploit Guard\ASR\Rules
ExploitGuard_ASR_Rules = P\Windows Defender\Windows Defender Exploit Guard\ASR
PassiveMode = S\Windows Defender
be9ba2d9-53ea-4cdc-84e5-9b1eeee46550
d4f940ab-401b-4efc-aadc-ad5f3c50688a
3b576869-a4ec-4529-8536-b80a7769e899
75668c1f-73b5-4cf0-bb93-3ecf5cb7cc84
d3e037e1-3eb8-44c8-a917-57927947596d
5beb7efe-fd9a-4556-801d-275e5ffc04cc
92e97fa1-2edf-4476-bdd6-9dd0b4dddc7b
01443614-cd74-433a-b99e-2ecdc07bfc25
c1db55ab-c21a-4637-bb3f-a12568109d35
9e6c4e1f-7d60-472f-ba1a-a39ef669e4b2
d1e49aac-8f56-4280-b9ba-993a6d77406c
b2b3f03d-6a65-4f7b-a9c7-1c7ef74a9ba4
26190899-1602-49e8-8b27-eb1d0a1ce869
7674ba52-37eb-4a4f-a9a1-f0f9a1619a2c
e6db77e5-3df2-4cf1-b95a-636979351e5b
56a863a9-875e-4185-98a7-b882c64b5ce5
33ddedf1-c6e0-47cb-833e-de6133960387
a8f5898e-1dc8-49a9-9878-85004b8a61e6
c0033c00-d16d-4114-a5a0-dc9b3a7d2ceb
[firewall_windows] = P\WindowsFirewall\DomainProfile;
	C\Services\SharedAccess\Parameters\FirewallPolicy\Mdm\DomainProfile;
	C\Services\SharedAccess\Parameters\FirewallPolicy\DomainProfile
Domain EnableFirewall
Domain DefaultInboundAction
Domain DisableNotifications
[firewall_windows] = P\WindowsFirewall\DomainProfile\Logging;
	C\Services\SharedAccess\Parameters\FirewallPolicy\DomainProfile\Logging
Domain LogDroppedPackets
Domain LogSuccessfulConnections
[firewall_windows] = P\WindowsFirewall\PrivateProfile;
	C\Services\SharedAccess\Parameters\FirewallPolicy\Mdm\StandardProfile;
	C\Services\SharedAccess\Parameters\FirewallPolicy\StandardProfile
Private EnableFirewall
Private DefaultInboundAction
Private DisableNotifications
[firewall_windows] = P\WindowsFirewall\PrivateProfile\Logging;
	C\Services\SharedAccess\Parameters\FirewallPolicy\StandardProfile\Logging
Private LogDroppedPackets
Private LogSuccessfulConnections
[firewall_windows] = P\WindowsFirewall\PublicProfile;
	C\Services\SharedAccess\Parameters\FirewallPolicy\Mdm\PublicProfile;
	C\Services\SharedAccess\Parameters\FirewallPolicy\PublicProfile
Public EnableFirewall
Public DefaultInboundAction
Public DisableNotifications
Public AllowLocalPolicyMerge
Public AllowLocalIPsecPolicyMerge
[firewall_windows] = P\WindowsFirewall\PublicProfile\Logging;
	C\Services\SharedAccess\Parameters\FirewallPolicy\PublicProfile\Logging
Public LogDroppedPackets
Public LogSuccessfulConnections
[lsa] = C\Control\Lsa
RunAsPPL = P\Windows\System; M\LocalSecurityAuthority:ConfigureLsaProtectedProcess; C\Control\Lsa
LsaCfgFlags = P\Windows\DeviceGuard; M\DeviceGuard; C\Control\Lsa
EnableVirtualizationBasedSecurity = P\Windows\DeviceGuard; M\DeviceGuard; C\Control\DeviceGuard
HypervisorEnforcedCodeIntegrity = P\Windows\DeviceGuard;
	C\Control\DeviceGuard\Scenarios\HypervisorEnforcedCodeIntegrity:Enabled
UseLogonCredential = C\Control\SecurityProviders\WDigest
LmCompatibilityLevel
NoLMHash
RestrictAnonymous
RestrictAnonymousSAM
EveryoneIncludesAnonymous
LimitBlankPasswordUse
DisableDomainCreds
ForceGuest
SCENoApplyLegacyAuditPolicy
CrashOnAuditFail
NTLMMinClientSec = C\Control\Lsa\MSV1_0
NTLMMinServerSec = C\Control\Lsa\MSV1_0
AllowNullSessionFallback = C\Control\Lsa\MSV1_0
AuditReceivingNTLMTraffic = C\Control\Lsa\MSV1_0
RestrictSendingNTLMTraffic = C\Control\Lsa\MSV1_0
LDAPClientIntegrity = C\Services\LDAP
CachedLogonsCount = S\Windows NT\CurrentVersion\Winlogon
AutoAdminLogon = S\Windows NT\CurrentVersion\Winlogon
AllowEncryptionOracle = W\Policies\System\CredSSP\Parameters
AllowProtectedCreds = P\Windows\CredentialsDelegation
LAPS BackupDirectory = S\Policies\LAPS; W\Policies\LAPS; W\LAPS\Config
[netlogon] = C\Services\Netlogon\Parameters
RequireSignOrSeal
SealSecureChannel
SignSecureChannel
RequireStrongKey
DisablePasswordChange
MaximumPasswordAge
[uac] = W\Policies\System
EnableLUA
ConsentPromptBehaviorAdmin
ConsentPromptBehaviorUser
PromptOnSecureDesktop
FilterAdministratorToken
EnableSecureUIAPaths
EnableVirtualization
LocalAccountTokenFilterPolicy
InactivityTimeoutSecs
DontDisplayLastUserName
NoConnectedUser
EnumerateAdministrators = W\Policies\CredUI
DisablePasswordReveal = P\Windows\CredUI
[smb] = C\Services\LanmanServer\Parameters
SMB1
mrxsmb10 Start = C\Services\mrxsmb10
Server RequireSecuritySignature
Workstation RequireSecuritySignature = C\Services\LanmanWorkstation\Parameters
Workstation EnablePlainTextPassword = C\Services\LanmanWorkstation\Parameters
Workstation AllowInsecureGuestAuth = P\Windows\LanmanWorkstation; C\Services\LanmanWorkstation\Parameters
RestrictNullSessAccess
AutoDisconnect
EnableForcedLogOff
SmbServerNameHardeningLevel
[network_windows] = C\Services\Tcpip\Parameters
EnableMulticast = P\Windows NT\DNSClient
DisableIPSourceRouting
EnableICMPRedirect
IPv6 DisableIPSourceRouting = C\Services\Tcpip6\Parameters
NodeType = C\Services\NetBT\Parameters
NoNameReleaseOnDemand = C\Services\NetBT\Parameters
RestrictRemoteClients = P\Windows NT\Rpc
EnableAuthEpResolution = P\Windows NT\Rpc
[rdp] = P\Windows NT\Terminal Services; C\Control\Terminal Server\WinStations\RDP-Tcp
fDenyTSConnections = P\Windows NT\Terminal Services; C\Control\Terminal Server
UserAuthentication
SecurityLayer
MinEncryptionLevel
fPromptForPassword
fEncryptRPCTraffic = P\Windows NT\Terminal Services
DisablePasswordSaving = P\Windows NT\Terminal Services
fAllowToGetHelp = P\Windows NT\Terminal Services; C\Control\Remote Assistance
fAllowUnsolicited = P\Windows NT\Terminal Services
[winrm] = P\Windows\WinRM\Service
Service AllowBasic
Service AllowUnencryptedTraffic
Service DisableRunAs
Client AllowBasic = P\Windows\WinRM\Client
Client AllowUnencryptedTraffic = P\Windows\WinRM\Client
Client AllowDigest = P\Windows\WinRM\Client
[shell_windows] = W\Policies\Explorer
NoDriveTypeAutoRun
NoAutorun
PreXPSP2ShellProtocolBehavior
NoAutoplayfornonVolume = P\Windows\Explorer
NoDataExecutionPrevention = P\Windows\Explorer
NoHeapTerminationOnCorruption = P\Windows\Explorer
NoLockScreenCamera = P\Windows\Personalization
NoLockScreenSlideshow = P\Windows\Personalization
DontDisplayNetworkSelectionUI = P\Windows\System
DisableLockScreenAppNotifications = P\Windows\System
AlwaysInstallElevated = P\Windows\Installer
EnableUserControl = P\Windows\Installer
SafeForScripting = P\Windows\Installer
EnableScriptBlockLogging = P\Windows\PowerShell\ScriptBlockLogging
EnableTranscripting = P\Windows\PowerShell\Transcription
ProcessCreationIncludeCmdLine_Enabled = W\Policies\System\Audit
[printing] = P\Windows NT\Printers
RegisterSpoolerRemoteRpcEndPoint
DisableWebPnPDownload
RestrictDriverInstallationToAdministrators = P\Windows NT\Printers\PointAndPrint
NoWarningNoElevationOnInstall = P\Windows NT\Printers\PointAndPrint
UpdatePromptSettings = P\Windows NT\Printers\PointAndPrint
RpcAuthnLevelPrivacyEnabled = C\Control\Print
[system_windows] = C\Control\Session Manager
SafeDllSearchMode
ProtectionMode
DriverLoadPolicy = C\Policies\EarlyLaunch
UEFISecureBootEnabled = C\Control\SecureBoot\State
NoAutoUpdate = P\Windows\WindowsUpdate\AU
DisableExceptionChainValidation = C\Control\Session Manager\kernel
[services_windows]
Browser Start = C\Services\Browser
FTPSVC Start = C\Services\FTPSVC
icssvc Start = C\Services\icssvc
RemoteAccess Start = C\Services\RemoteAccess
RemoteRegistry Start = C\Services\RemoteRegistry
RpcLocator Start = C\Services\RpcLocator
SharedAccess Start = C\Services\SharedAccess
simptcp Start = C\Services\simptcp
SSDPSRV Start = C\Services\SSDPSRV
sshd Start = C\Services\sshd
TlntSvr Start = C\Services\TlntSvr
upnphost Start = C\Services\upnphost
W3SVC Start = C\Services\W3SVC
WMPNetworkSvc Start = C\Services\WMPNetworkSvc
[eventlog_windows]
Application MaxSize = P\Windows\EventLog\Application
Security MaxSize = P\Windows\EventLog\Security
Setup MaxSize = P\Windows\EventLog\Setup
System MaxSize = P\Windows\EventLog\System
`
