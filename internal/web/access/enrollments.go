package access

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/web/page"
)

// showEnrollments is GET /access/enrollments.
func showEnrollments(v *page.Visit) error {
	if err := v.Takes("page"); err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	all, err := page.Ask(ctx, v.API, control.ListEnrollments())
	if err != nil {
		return err
	}
	p := &page.Sheet{About: "Access", Tabs: tabs("/access/enrollments"), Lead: "A device exchanges the secret of an enrolment, once, for a credential of its own.",
		Actions: []page.Entry{{Name: "Make an enrolment", Path: "/access/enrollments/add"}}}
	part := page.Part{Title: "Enrolments", Empty: "There is no enrolment.",
		Note: "Which devices used one is not kept, only how many. Those that ended more than a month ago are not listed."}
	shown, err := page.PageOf(v, "page", all.Enrollments, &part)
	if err != nil {
		return err
	}
	part.Table = page.Table("Enrolments", []page.Column{{Name: "Enrolment"}, {Name: "Group"},
		{Name: "Devices enrolled", Number: true}, {Name: "of", Number: true}, {Name: "Ends"}, {Name: "A device may change"},
		{Name: "Note"}, {Name: "End"}}, page.Cells(shown, enrollmentCells))
	p.Parts = []page.Part{part}
	return v.Page("sheet", &page.Frame{Title: "Enrolments", Content: p})
}

func enrollmentCells(e *control.Enrollment) []page.Cell {
	var notes []string
	end := page.Cell{}
	switch {
	case e.Active:
		end = page.Linked("End", "/access/enrollments/"+url.PathEscape(e.ID)+"/end")
	case e.Used >= e.Count:
		notes = append(notes, "used up")
	default:
		notes = append(notes, "ended")
	}
	if e.Adopt {
		notes = append(notes, "also known devices")
	}
	return []page.Cell{page.TextCell(e.Name), page.TextCell(cmp.Or(e.Group, "-")),
		page.NumberCell(e.Used, ""), page.NumberCell(e.Count, ""),
		page.TextCell(page.Instant(e.ExpiresTime)), page.TextCell(cmp.Or(strings.Join(e.Trust, ", "), "-")),
		page.TextCell(strings.Join(notes, ", ")), end}
}
