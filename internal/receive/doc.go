// Package receive receives reports: it normalises each, cuts it into documents and stores it
// durably. The first generation that begins after the acknowledgement covers the report.
package receive
