package house

import (
	"bytes"
	"go/scanner"
	"go/token"
	"os"
	"testing"
	"unicode/utf8"
)

// maxColumns bounds a line of source. The contents of text literals do not count: a help text, a
// statement or a sample may be longer.
const maxColumns = 120

// TestLinesAreShort holds every source file to maxColumns.
func TestLinesAreShort(t *testing.T) {
	t.Chdir(top)
	for _, s := range sources(t) {
		text, err := os.ReadFile(s.name)
		if err != nil {
			t.Fatal(err)
		}
		for i, columns := range columnsOf(text) {
			if columns > maxColumns {
				t.Errorf("%s:%d has %d columns beside its texts, more than %d", s.name, i+1, columns, maxColumns)
			}
		}
	}
}

// columnsOf counts the columns of each line, a tab as one, without the contents of literals and
// without words of comments that cannot be broken, such as an address.
func columnsOf(source []byte) []int {
	lines := bytes.Split(source, []byte("\n"))
	columns := make([]int, len(lines))
	for i, line := range lines {
		columns[i] = utf8.RuneCount(line)
	}
	files := token.NewFileSet()
	file := files.AddFile("", files.Base(), len(source))
	var s scanner.Scanner
	s.Init(file, source, nil, scanner.ScanComments)
	for {
		at, what, literal := s.Scan()
		switch first := file.Line(at) - 1; what {
		case token.EOF:
			return columns
		case token.STRING:
			for i, part := range bytes.Split([]byte(literal), []byte("\n")) {
				columns[first+i] -= utf8.RuneCount(part)
			}
		case token.COMMENT:
			for word := range bytes.FieldsSeq([]byte(literal)) {
				if n := utf8.RuneCount(word); n > maxColumns/2 {
					columns[first] -= n
				}
			}
		}
	}
}
