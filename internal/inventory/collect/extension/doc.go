// Package extension lists the extensions of browsers and editors that users installed: what Chromium and its relatives,
// Firefox, and Visual Studio Code and its relatives record in the folders of users.
//
// [Find] looks into these folders of all users, within bounds. What comes with a browser is left out. The decoders are
// pure: [ReadManifest], [ReadFirefox], [ReadEditor].
package extension
