package windows

import "strings"

const officeKey = software + `\Microsoft\Office\ClickToRun\Configuration`

// officeChannels are the update channels of Office by the id in their addresses (Microsoft, "Overview of update
// channels for Microsoft 365 Apps"; the addresses stand in MicrosoftDocs/OfficeDocs-DeployOffice#779).
var officeChannels = map[string]string{
	"492350f6-3a01-4f97-b9c0-c7c6ddf67d60": "Current Channel",
	"64256afe-f5d9-4f86-8936-8840a6a4f5be": "Current Channel (Preview)",
	"55336b82-a18d-4dd6-b5f6-9e5095c314a6": "Monthly Enterprise Channel",
	"7ffbc6bf-bc32-4f92-8982-f9dd17fd3114": "Semi-Annual Enterprise Channel",
	"b8f9b850-328d-4355-9145-c59439a0c4cf": "Semi-Annual Enterprise Channel (Preview)",
	"5440fd1f-7ecb-4221-8110-145efaa6372f": "Beta Channel",
	"f2e724c1-748f-4b47-8fb8-8e0d210e9208": "Office 2019 Perpetual Enterprise",
	"5030841d-c919-4594-8d2d-84ae4f96e58e": "Office LTSC 2021 Perpetual Enterprise",
	"7983bac0-e531-40cf-be00-fd24fe66619c": "Office LTSC 2024 Perpetual Enterprise",
}

// Office returns what Click-to-Run says of Office: products, build, architecture and channel; nil if it is not there.
// The products themselves are in the uninstall keys.
func Office(r *Reader) map[string]string {
	key := r.key(officeKey)
	if len(key.Values) == 0 {
		return nil
	}
	facts := some(key, "ProductReleaseIds", "VersionToReport", "Platform", "UpdateChannel", "CDNBaseUrl", "UpdatesEnabled")
	if channel := officeChannel(key); channel != "" {
		facts["Channel"] = channel
	}
	return facts
}

// officeChannel names the channel; "" if it is not known. Where both are set UpdateChannel counts: CDNBaseUrl is that
// of the installation.
func officeChannel(key Key) string {
	address := strings.ToLower(strings.TrimRight(key.first("UpdateChannel", "CDNBaseUrl"), "/"))
	return officeChannels[address[strings.LastIndexByte(address, '/')+1:]]
}
