// Package gzipjoin makes one gzip member out of pieces that were compressed
// apart, and reads any run of those pieces back without the rest.
//
// A fragment is a piece of raw bytes deflated on its own: it refers to no
// earlier bytes and ends with a sync flush, so it starts and ends on a byte
// and holds no final block. Fragments therefore may be laid one after the
// other in any order, copied, or left out, without being decompressed:
//
//	header | fragment | fragment | … | final block, CRC-32, length
//
// The header is always the same ten bytes (no name, no time: equal rows make
// equal files). The trailer needs the CRC-32 of the whole, which [Combine]
// derives from the fragments' own, so joining costs a copy of the compressed
// bytes and nothing else. The result is one member as RFC 1952 describes it,
// since a widely used client stops after the first (contract.md, section 5).
//
// An [Encoder] makes fragments, a [Decoder] reads one or several adjacent
// ones. A Decoder notices damage, not forgery: what it accepts has the length
// and CRC-32 promised, ends with a sync flush on a block's boundary, and may be
// joined again. A deflate stream has a few padding bits that mean nothing;
// noticing a change of those is left to the hash of the file.
package gzipjoin
