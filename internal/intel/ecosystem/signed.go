package ecosystem

import (
	"slices"
	"strings"
)

// Boot loaders, kernels and firmware are built twice: from their own source package, and then, with
// a signature, from one that is named after it and has no code. Debian's are linux-signed-amd64,
// grub-efi-amd64-signed, fwupd-amd64-signed; Ubuntu's are linux-signed-hwe-6.8, grub2-signed,
// shim-signed. Advisories name the first source package. Its name is that of the second without the
// word "signed" and without the architecture, but for those in unsignedNames.
//
// A signed package has the version of the first source package, alone (linux) or after its own and
// a plus (shim-signed 1.51.3+15.7-0ubuntu1 is shim 15.7-0ubuntu1). Where the second source package
// must not have a revision, the hyphen is a plus (grub-efi-amd64-signed 1+2.06+13+deb12u1 is grub2
// 2.06-13+deb12u1).

// unsignedNames are the source packages that are named otherwise than the signed ones.
var unsignedNames = [...][2]string{{"grub-efi", "grub2"}, {"shim-helpers", "shim"}, {"systemd-boot-efi", "systemd"}}

// unsigned returns the name of the source package from which another was signed; ok is false if it
// was not.
func unsigned(source string) (name string, ok bool) {
	words := strings.Split(source, "-")
	if slices.Index(words, "signed") <= 0 {
		return "", false
	}
	words = slices.DeleteFunc(words, func(word string) bool { return word == "signed" || isArchitecture(word) })
	name = strings.Join(words, "-")
	for _, n := range unsignedNames {
		if name == n[0] {
			name = n[1]
		}
	}
	return name, true
}

func isArchitecture(word string) bool {
	switch word {
	case "amd64", "arm64", "armhf", "i386", "ia32", "loong64", "ppc64el", "riscv64", "s390x":
		return true
	}
	return false
}

// unsignedVersion returns the version of the source package that a signed package was made from.
func unsignedVersion(v string) string {
	if hyphen := strings.Index(v, "-"); hyphen >= 0 {
		return v[strings.LastIndex(v[:hyphen], "+")+1:]
	}
	epoch, rest, ok := strings.Cut(v, ":")
	if !ok {
		epoch, rest = "", v
	} else {
		epoch += ":"
	}
	if own, theirs, ok := strings.Cut(rest, "+"); ok && isDigits(own) && strings.Contains(theirs, "+") {
		rest = theirs
	}
	for i := range len(rest) - 1 {
		if rest[i] == '+' && '0' <= rest[i+1] && rest[i+1] <= '9' {
			return epoch + rest[:i] + "-" + rest[i+1:]
		}
	}
	return epoch + rest
}

func isDigits(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }
