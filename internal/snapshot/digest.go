package snapshot

import "github.com/muster-project/muster/internal/blob"

// Digest is a SHA-256, written in hexadecimal.
type Digest = blob.Digest

// DigestOf is the SHA-256 of bytes.
func DigestOf(data []byte) Digest { return blob.DigestOf(data) }
