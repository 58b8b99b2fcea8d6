// Package gzipjoin joins separately compressed pieces to one gzip member, and reads any run of
// those pieces without the rest.
//
// A fragment is a piece of raw bytes deflated separately: it refers to no earlier bytes and ends
// with a sync flush, so it starts and ends on a byte and has no final block. So fragments can be
// concatenated in any order, copied, or left out without being decompressed:
//
//	header | fragment | fragment | … | final block, CRC-32, length
//
// The header is always the same ten bytes (without name and time, so that equal rows make equal
// files). The trailer needs the CRC-32 of the whole, which [Combine] computes from those of the
// fragments, so joining only costs a copy of the compressed bytes. The result is a single member
// of RFC 1952, because a widely used client stops after the first (contract.md, section 5).
//
// An [Encoder] makes fragments, a [Decoder] reads one or several adjacent ones. A Decoder detects
// damage, not forgery: the bytes that it accepts have the promised length and CRC-32, end with a
// sync flush at a block's boundary, and may be joined again. A deflate stream has a few
// meaningless padding bits; only the hash of the file detects a change of those.
package gzipjoin
