// Package page has what all pages of the dashboard stand on.
//
// A Site is the dashboard of a server, a Visit is a request of somebody who is signed in, and asks the API in this
// process as the caller (Ask). A page is a template with a Frame around it (Visit.Page). A List is a table of columns
// with its filters, sorting and paging in its Address; its page and its CSV come of the same cells.
//
// A Form changes something: it says what will happen (Plan), has the API do it (Do), and leads on to a page above which
// stands what was done. Its mark makes that it counts once, its token that it is of this session.
package page
