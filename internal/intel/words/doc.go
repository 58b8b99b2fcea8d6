// Package words keeps what feeds say about CVEs in words: titles, descriptions, and addresses of
// exploits. There is much of it, and little of it is read: so it is kept compressed, in blocks, and a
// block is inflated when one of its entries is asked for.
//
// An [Entry] is what is said about one CVE. A [Collector] takes entries in any order while a feed is
// compiled, and lays them out as [Texts], which are columns of the feed's table.
package words
