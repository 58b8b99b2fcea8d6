package security

import (
	"encoding/binary"
	"errors"
	"strconv"
)

// forever is how NetUserModalsGet tells a time that never ends (TIMEQ_FOREVER).
const forever = 1<<32 - 1

var errShort = errors.New("the answer is too short")

// passwordFacts decodes USER_MODALS_INFO_0 and USER_MODALS_INFO_3. The names are those of secedit, ages are in days,
// and times of lockout in minutes.
func passwordFacts(passwords, lockout []byte) (map[string]string, error) {
	if len(passwords) < 20 || len(lockout) < 12 {
		return nil, errShort
	}
	number := func(of []byte, i int) uint32 { return binary.LittleEndian.Uint32(of[4*i:]) }
	return map[string]string{
		"MinimumPasswordLength": strconv.FormatUint(uint64(number(passwords, 0)), 10),
		"MaximumPasswordAge":    spanOf(number(passwords, 1), 24*60*60),
		"MinimumPasswordAge":    spanOf(number(passwords, 2), 24*60*60),
		"PasswordHistorySize":   strconv.FormatUint(uint64(number(passwords, 4)), 10),
		"LockoutDuration":       spanOf(number(lockout, 0), 60),
		"ResetLockoutCount":     spanOf(number(lockout, 1), 60),
		"LockoutBadCount":       strconv.FormatUint(uint64(number(lockout, 2)), 10),
	}, nil
}

// spanOf returns seconds in a longer unit.
func spanOf(seconds, unit uint32) string {
	if seconds == forever {
		return "never"
	}
	return strconv.FormatUint(uint64(seconds/unit), 10)
}
