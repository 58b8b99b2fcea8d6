package settings

// roots are the folders of places in the table. Those with "*" are asked for each user.
var roots = map[byte]string{
	'N': "Library/Managed Preferences/*/",
	'M': "Library/Managed Preferences/",
	'H': "Users/*/Library/Preferences/ByHost/",
	'C': "Users/*/Library/Containers/com.apple.Safari/Data/Library/Preferences/",
	'U': "Users/*/Library/Preferences/",
	'L': "Library/Preferences/",
	'S': "Library/Preferences/SystemConfiguration/",
	'A': "Library/Application Support/",
	'V': "private/var/db/",
	'F': "", // a file: 1 if it exists
}

// table has the families, their facts, and the places that set them, in the order in which macOS asks: profiles for a
// user, profiles for the machine, what a user set for this machine, for any, and what was set for all users. A
// place is a root, the name of a property list and, if it is not the last word of the fact, a key: "!" makes it
// 0 if it is true, "?" says that it has any text, "#2" that it is a number of at least 2, "*" stands for each
// member of a list. Facts without places have those of
// their heading. A line that begins with a tab goes on with the one before it.
const table = `
[update_macos] = Mcom.apple.SoftwareUpdate; Lcom.apple.SoftwareUpdate
AutomaticCheckEnabled
AutomaticDownload
AutomaticallyInstallMacOSUpdates
AutomaticallyInstallAppUpdates = Mcom.apple.SoftwareUpdate; Mcom.apple.commerce:AutoUpdate; Lcom.apple.commerce:AutoUpdate
ConfigDataInstall
CriticalUpdateInstall
AllowPreReleaseInstallation
enforcedSoftwareUpdateDelay = Mcom.apple.applicationaccess
enforcedSoftwareUpdateMinorOSDeferredInstallDelay = Mcom.apple.applicationaccess
enforcedSoftwareUpdateMajorOSDeferredInstallDelay = Mcom.apple.applicationaccess
allowRapidSecurityResponseInstallation = Mcom.apple.applicationaccess
allowRapidSecurityResponseRemoval = Mcom.apple.applicationaccess
[firewall_macos] = Mcom.apple.security.firewall
EnableFirewall = Mcom.apple.security.firewall; Lcom.apple.alf:#1globalstate
BlockAllIncoming = Mcom.apple.security.firewall; Lcom.apple.alf:#2globalstate
EnableStealthMode = Mcom.apple.security.firewall; Lcom.apple.alf:stealthenabled
EnableLogging = Mcom.apple.security.firewall; Lcom.apple.alf:loggingenabled
AllowSigned = Mcom.apple.security.firewall; Lcom.apple.alf:allowsignedenabled
AllowSignedApp = Mcom.apple.security.firewall; Lcom.apple.alf:allowdownloadsignedenabled
[gatekeeper] = Mcom.apple.systempolicy.control
EnableAssessment = Mcom.apple.systempolicy.control; VSystemPolicy-prefs:enabled
AllowIdentifiedDevelopers
DisableOverride = Mcom.apple.systempolicy.managed
[login_macos] = Mcom.apple.loginwindow; Lcom.apple.loginwindow
SHOWFULLNAME
RetriesUntilHint
DisableConsoleAccess
DisableFDEAutoLogin
LoginwindowText = Mcom.apple.loginwindow:?LoginwindowText; Lcom.apple.loginwindow:?LoginwindowText
PolicyBanner = FLibrary/Security/PolicyBanner.rtfd; FLibrary/Security/PolicyBanner.rtf; FLibrary/Security/PolicyBanner.txt
autoLoginUser = Mcom.apple.loginwindow:?AutologinUsername; Lcom.apple.loginwindow:?autoLoginUser
DisableAutoLoginClient = Mcom.apple.loginwindow:com.apple.login.mcx.DisableAutoLoginClient
GuestEnabled = Mcom.apple.MCX:!DisableGuestAccount; Mcom.apple.MCX:EnableGuestAccount; Lcom.apple.loginwindow
dontAllowFDEDisable = Mcom.apple.MCX
[screensaver] = Ncom.apple.screensaver; Mcom.apple.screensaver
idleTime = Ncom.apple.screensaver; Mcom.apple.screensaver; Hcom.apple.screensaver; Ucom.apple.screensaver
askForPassword
askForPasswordDelay
loginWindowIdleTime = Mcom.apple.screensaver; Lcom.apple.screensaver
[sharing_macos] = Mcom.apple.applicationaccess
AllowGuestAccess = Mcom.apple.smb.server; Scom.apple.smb.server
guestAccess = Mcom.apple.AppleFileServer; Lcom.apple.AppleFileServer
forceInternetSharingOff = Mcom.apple.MCX
NAT Enabled = Scom.apple.nat:NAT:Enabled
Activated = Mcom.apple.AssetCache; Lcom.apple.AssetCache
allowContentCaching
NoMulticastAdvertisements = Mcom.apple.mDNSResponder; Lcom.apple.mDNSResponder
PrefKeyServicesEnabled = Ncom.apple.Bluetooth; Mcom.apple.Bluetooth; Hcom.apple.Bluetooth
DisableAirDrop = Ncom.apple.NetworkBrowser; Mcom.apple.NetworkBrowser; Ucom.apple.NetworkBrowser
AirplayRecieverEnabled = Ncom.apple.controlcenter; Mcom.apple.controlcenter; Hcom.apple.controlcenter
homeSharingUIStatus = Ncom.apple.preferences.sharing.SharingPrefsExtension; Mcom.apple.preferences.sharing.SharingPrefsExtension;
	Ucom.apple.preferences.sharing.SharingPrefsExtension
RemoteManagement = FLibrary/Application Support/Apple/Remote Desktop/RemoteManagement.launchd
ARD_AllLocalUsers = Mcom.apple.RemoteManagement; Lcom.apple.RemoteManagement
VNCLegacyConnectionsEnabled = Mcom.apple.RemoteManagement; Lcom.apple.RemoteManagement
[privacy_macos] = Mcom.apple.applicationaccess
AutoSubmit = Mcom.apple.SubmitDiagInfo; ACrashReporter/DiagnosticMessagesHistory
ThirdPartyDataSubmit = ACrashReporter/DiagnosticMessagesHistory
LocationServicesEnabled = Vlocationd/Library/Preferences/ByHost/com.apple.locationd
ShowSystemServices = Mcom.apple.locationmenu; Lcom.apple.locationmenu
Assistant Enabled = Ncom.apple.assistant.support:Assistant Enabled; Mcom.apple.assistant.support:Assistant Enabled;
	Ucom.apple.assistant.support:Assistant Enabled
Siri Data Sharing Opt-In Status = Ncom.apple.assistant.support:Siri Data Sharing Opt-In Status;
	Mcom.apple.assistant.support:Siri Data Sharing Opt-In Status; Ucom.apple.assistant.support:Siri Data Sharing Opt-In Status
Ironwood Allowed = Ncom.apple.ironwood.support:Ironwood Allowed; Mcom.apple.ironwood.support:Ironwood Allowed
allowAssistant = Ncom.apple.applicationaccess; Mcom.apple.applicationaccess
[restrictions_macos] = Ncom.apple.applicationaccess; Mcom.apple.applicationaccess
allowActivationLock
allowAirDrop
allowAirPlayIncomingRequests
allowApplePersonalizedAdvertising
allowAutoUnlock
allowCloudDesktopAndDocuments
allowCloudDocumentSync
allowCloudKeychainSync
allowCloudPrivateRelay
allowDiagnosticSubmission
allowEraseContentAndSettings
allowFingerprintForUnlock
allowGameCenter
allowPasswordAutoFill
allowPasswordProximityRequests
allowPasswordSharing
allowUIConfigurationProfileInstallation
allowUSBRestrictedMode
allowUniversalControl
allowiPhoneMirroring
forceOnDeviceOnlyDictation
[time_macos] = Mcom.apple.timed; Lcom.apple.timed
TMAutomaticTimeOnlyEnabled
timeServer = Mcom.apple.MCX
[backup_macos] = Lcom.apple.TimeMachine
AutoBackup = Mcom.apple.MCX.TimeMachine; Lcom.apple.TimeMachine
Destination = Lcom.apple.TimeMachine:?LastDestinationID
LastKnownEncryptionState = Lcom.apple.TimeMachine:Destinations:*:LastKnownEncryptionState
[apps_macos] = Ncom.apple.Safari; Mcom.apple.Safari; Ccom.apple.Safari
Safari AutoOpenSafeDownloads
Safari WarnAboutFraudulentWebsites
Safari ShowFullURLInSmartSearchField
Terminal SecureKeyboardEntry = Ncom.apple.Terminal; Mcom.apple.Terminal; Ucom.apple.Terminal
Finder AppleShowAllExtensions = N.GlobalPreferences; M.GlobalPreferences; U.GlobalPreferences
`
