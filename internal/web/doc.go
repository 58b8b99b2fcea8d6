// Package web has the pages of the dashboard, for people with a browser.
//
// # Numbers
//
// A page asks the calls of the API, in this process, as the caller who is signed in (page/inside.go). So a number on a
// page is the API's number, what a caller may not see no page shows, and there is one place that refuses. A page
// sends no request that the API would not answer.
//
// # Pages
//
// Charts are shapes from room chart, in SVG without text; each has its table (doc/decision/0153).
//
// What all pages stand on is room page: a visit of somebody who is signed in, the frame, lists with their addresses and
// filters, and what writes numbers. This room has the pages that are read, room manage those that change
// things; room signin signs browsers in.
//
// Pages are made by html/template from files in the folders named pages, which are embedded. A list is a table of
// columns (page.List): the page, and the CSV behind the same address with .csv, come of the same cells. Filters,
// sorting and the page are in the address, by the names of the command line's flags. A number that counts rows links
// to the list that has them.
//
// Nothing comes from elsewhere: the Content-Security-Policy allows one stylesheet and one script, whose addresses have
// their hashes, and forms to this server. Pages work without the script, which copies and leads to the search
// (doc/decision/0167).
//
// # Sessions
//
// A browser signs in with a link that is used once (muster open; doc/decision/0151). Its cookie has a secret of which
// the store has the hash. The caller is read from the store at each request, so a permission that is taken away is
// gone at once; so is what a role of somebody gave who signed in at a provider (doc/decision/0158). Forms carry a token
// that follows from the secret.
package web
