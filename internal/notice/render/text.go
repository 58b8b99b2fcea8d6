// Package render writes deliveries in the forms that receivers take: text for mails and tickets, the bodies of chat
// and ticket services, lines of syslog. Whatever comes from outside, such as the names of devices, is made visible
// first, and is never markup where it is put.
//
// The forms of services follow their documentation. None was tried against the real service (doc/notices.md).
package render

import (
	"fmt"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/plain"
)

// Line makes one line of a text from outside: without line breaks and other characters that are not seen.
func Line(text string) string { return plain.Inline(text) }

// Title is the delivery in a line of at most so many characters.
func Title(d *notice.Delivery, most int) string { return cut(Line(d.Title()), most) }

// cut shortens a text to so many characters.
func cut(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}

// Text is the delivery for people, in lines.
func Text(d *notice.Delivery) string {
	var out strings.Builder
	for i := range d.Notices {
		if i > 0 {
			out.WriteString("\n")
		}
		writeNotice(&out, &d.Notices[i])
	}
	of := ""
	if name := Line(d.Organization.Name); name != "" { // one organization has no name, usually
		of = " of " + name
	}
	fmt.Fprintf(&out, "\nRule %s%s. Key %s.\n", Line(d.Rule), of, d.Key)
	return out.String()
}

// writeNotice writes a notice in lines.
func writeNotice(out *strings.Builder, n *notice.Notice) {
	fmt.Fprintln(out, Line(n.Title))
	if len(n.CVEs) > 1 {
		var names []string
		for _, c := range n.CVEs {
			names = append(names, Line(c.ID))
		}
		writeList(out, "CVEs", names, n.CVECount)
	}
	var software []string
	for _, p := range n.Products {
		software = append(software, Line(strings.TrimSpace(p.Vendor+" "+p.Name)))
	}
	writeList(out, "Software", software, n.ProductCount)
	var devices []string
	for i := range n.Devices {
		devices = append(devices, device(&n.Devices[i]))
	}
	writeList(out, "Devices", devices, n.DeviceCount)
	if e := n.Exception; e != nil {
		fmt.Fprintf(out, "  Exception %s, %s: %s (%s)\n", Line(e.ID), Line(e.Software), Line(e.Reason), Line(e.By))
	}
	if n.Link != "" {
		fmt.Fprintf(out, "  %s\n", Line(n.Link))
	}
	if n.Snapshot > 0 {
		fmt.Fprintf(out, "  Snapshot %d of %s, compared with %d\n", n.Snapshot, n.GeneratedTime.UTC().Format(time.RFC3339), n.Previous)
	}
}

// writeList writes what a notice lists, and how many more there are.
func writeList(out *strings.Builder, what string, some []string, count int) {
	if count == 0 {
		return
	}
	more := ""
	if n := count - len(some); n > 0 {
		more = fmt.Sprintf(", and %d more", n)
	}
	fmt.Fprintf(out, "  %s (%d): %s%s\n", what, count, strings.Join(some, ", "), more)
}

func device(d *notice.Device) string {
	name := Line(d.Name)
	if name == "" {
		name = Line(d.ID)
	}
	var about []string
	for _, text := range []string{d.GroupName, d.Reason} {
		if text != "" {
			about = append(about, Line(text))
		}
	}
	if len(about) > 0 {
		name += " (" + strings.Join(about, "; ") + ")"
	}
	return name
}
