// Package security says what Windows answers of its own security, beside the registry: policies of passwords, the
// audit policy, rights, built-in accounts, services, volumes, and what Defender and Device Guard do now.
//
// Functions of Windows and WMI are asked; no program runs and nothing is written. What they answer is independent of
// the language of Windows. The asking is thin and only in files of Windows; what the answers mean is decided by
// functions on plain values, which are tested everywhere.
package security
