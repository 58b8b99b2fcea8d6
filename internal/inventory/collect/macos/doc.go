// Package macos reads what is known of a Mac's software beside system_profiler's list: the bundle ids of
// applications and who signed them, the receipts of installers, and what Homebrew has installed.
//
// It reads a [disk.Tree], so nothing here needs macOS. Package collect runs macOS's own tools and puts the report
// together.
//
//   - The bundle id is CFBundleIdentifier of an application's Info.plist. Nothing is missing without it, so an
//     application whose Info.plist cannot be read is listed without.
//   - Identifier and team stand in the code directory of an application's main executable (signature.go). Only
//     headers and the two names are read, and nothing is verified.
//   - A receipt is listed if it is not Apple's, none of the applications has its identifier, and the folder of its own
//     into which it was installed is still there. Receipts stay when software is removed, and one that was
//     installed into a folder with others does not say what is left of it.
//   - Of Homebrew the kegs in the Cellar are listed, each at the version in its folder's name, without Homebrew's
//     own revision, and the casks in the Caskroom. An application of a cask is listed for itself, too; the
//     cask has no product, so nothing is found twice.
package macos
