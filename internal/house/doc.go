// Package house holds the code and the documents to each other. It has tests alone:
// layout_test.go has the order of imports, rooms_test.go the bounds of packages and
// files, design_test.go what doc/design.md and comments name, and
// contract_quotes_test.go the sentences of doc/contract.md, each of which names a
// test.
package house
