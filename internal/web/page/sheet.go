package page

// Sheet is what a page of facts and tables shows (sheet.html).
type Sheet struct {
	// Tabs lead to the pages that belong together, About says what they are about.
	Tabs  []Entry
	About string
	// Alerts say what is wrong.
	Alerts  []string
	Lead    string
	Actions []Entry
	Facts   [][2]string
	// Fields are those of the filter above the tables; none: there is no filter.
	Fields []Field
	Parts  []Part
}

// Part is a table with what is said of it.
type Part struct {
	Title, Note, Empty string
	Table              TableView
	Pager              []Entry
	Actions            []Entry
}

// Field is a field of a filter.
type Field struct {
	Name, Label, Value string
	Choices            []Choice
}

// Table makes a table of rows.
func Table(caption string, columns []Column, rows [][]Cell) TableView {
	return (&List{Columns: columns}).Table(nil, rows, caption)
}

// Columns are columns of texts.
func Columns(names ...string) (all []Column) {
	for _, n := range names {
		all = append(all, Column{Name: n})
	}
	return all
}

// FilledName is the field that tells a form that somebody has filled in from one that is shown first.
const FilledName = "filled"

// Filled is that field.
func Filled() Input { return Input{Name: FilledName, Kind: "hidden", Value: "yes"} }
