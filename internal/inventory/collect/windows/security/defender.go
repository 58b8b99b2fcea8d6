package security

import (
	"slices"
	"strconv"
	"strings"
)

// The properties of WMI that are asked for. Builds of Windows have not all of them, so whole objects are asked for.
const (
	volumeProperties   = "DriveLetter ProtectionStatus ConversionStatus EncryptionMethod VolumeType"
	defenderProperties = "AMRunningMode AMServiceEnabled AntivirusEnabled AntivirusSignatureAge BehaviorMonitorEnabled " +
		"IoavProtectionEnabled IsTamperProtected NISEnabled OnAccessProtectionEnabled RealTimeProtectionEnabled"
	guardProperties = "SecurityServicesConfigured SecurityServicesRunning VirtualizationBasedSecurityStatus"
)

// maxVolumes bounds the volumes that are told.
const maxVolumes = 64

// encryptionMethods are the names of EncryptionMethod by its number.
const encryptionMethods = "none aes-128-diffuser aes-256-diffuser aes-128 aes-256 hardware xts-aes-128 xts-aes-256"

// conversions are the names of ConversionStatus by its number.
const conversions = "decrypted encrypted encrypting decrypting encryption-paused decryption-paused"

// volumeFacts tells of volumes with a letter how BitLocker protects them.
func volumeFacts(volumes []map[string]string) map[string]string {
	facts := map[string]string{}
	for _, v := range volumes[:min(len(volumes), maxVolumes)] {
		letter := v["DriveLetter"]
		if letter == "" {
			continue
		}
		set := func(fact, names, number string) {
			if i, err := strconv.Atoi(number); err == nil {
				name := "unknown"
				if all := strings.Fields(names); i >= 0 && i < len(all) {
					name = all[i]
				}
				facts[letter+" "+fact] = name
			}
		}
		set("Protection", "off on unknown", v["ProtectionStatus"])
		set("Conversion", conversions, v["ConversionStatus"])
		set("Method", encryptionMethods, v["EncryptionMethod"])
		set("Type", "system fixed removable", v["VolumeType"])
	}
	return facts
}

// maxAge is the age of definitions in days from which on they count as equally old: a report that says the same every
// day costs nothing.
const maxAge = 30

// defenderFacts tells what Defender does now. The versions of its definitions are not told: they change several times
// a day, and with them the device would be judged anew.
func defenderFacts(all []map[string]string) (map[string]string, error) {
	if len(all) == 0 {
		return nil, ErrAbsent
	}
	status, facts := all[0], map[string]string{}
	for name := range strings.FieldsSeq(defenderProperties) {
		if value, have := status[name]; have {
			facts[name] = value
		}
	}
	if age, err := strconv.ParseUint(facts["AntivirusSignatureAge"], 10, 64); err == nil {
		facts["AntivirusSignatureAge"] = strconv.FormatUint(min(age, maxAge), 10)
	}
	return facts, nil
}

// guardServices are the names of Device Guard's services by number.
const guardServices = "none credential-guard memory-integrity system-guard smm-measurement kernel-shadow-stacks " +
	"kernel-shadow-stacks-audit hypervisor-paging-translation"

// guardFacts tells which services of virtualization-based security are configured, and which run.
func guardFacts(objects []map[string]string) (map[string]string, error) {
	if len(objects) == 0 {
		return nil, ErrAbsent
	}
	status, facts := objects[0], map[string]string{}
	for _, fact := range []string{"SecurityServicesConfigured", "SecurityServicesRunning"} {
		numbers, have := status[fact]
		if !have {
			continue
		}
		var names []string
		all := strings.Fields(guardServices)
		for number := range strings.FieldsSeq(numbers) {
			if i, err := strconv.Atoi(number); err == nil && i > 0 && i < len(all) {
				names = append(names, all[i])
			}
		}
		slices.Sort(names)
		facts[fact] = strings.Join(slices.Compact(names), " ")
	}
	if state, have := status["VirtualizationBasedSecurityStatus"]; have {
		facts["VirtualizationBasedSecurityStatus"] = map[string]string{"0": "off", "1": "on", "2": "running"}[state]
	}
	return facts, nil
}

// servicesTable has the services that are asked for: those that run all the time, or never. One that comes and goes
// would make a device be judged anew with every report.
const servicesTable = "EventLog MpsSvc Sense Spooler WdNisSvc WinDefend wscsvc"

// serviceFact tells the state of a service by dwCurrentState.
func serviceFact(state uint32) string {
	names := strings.Fields("stopped starting stopping running continuing pausing paused")
	if state < 1 || int(state) > len(names) {
		return "unknown"
	}
	return names[state-1]
}
