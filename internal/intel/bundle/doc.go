// Package bundle reads and writes bundles: all feeds of a site in one signed file, for sites without a network.
//
// A bundle is a tar archive with these entries, in this order and no others:
//
//	muster-bundle.json   the manifest: when the bundle was made, the id of the key that signed it, and of each
//	                     feed its kind, name and times, and of each of its raw files name, size and SHA-256
//	muster-bundle.sig    the Ed25519 signature (RFC 8032) of "muster feed bundle 1\n" and the manifest's bytes, in base64
//	feed/0/0, feed/0/1…  the raw files, by the places of feed and file in the manifest
//
// The signature is over the manifest, which has the hashes of everything else: a reader knows before the first raw
// file who made the bundle and what is in it, and checks each file while it reads. What the archive says of an entry
// counts only where the manifest says the same. Nothing is compressed, because most raw files are.
//
// A server writes bundles without a signature, since it has no key to sign with: whoever asks for one signs it (Sign).
package bundle
