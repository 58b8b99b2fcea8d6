package api

import (
	"fmt"
	"iter"
	"log/slog"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/edge/intake"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/hosts"
	"github.com/muster-project/muster/internal/inventory/sbom"
	"github.com/muster-project/muster/internal/inventory/xccdf"
	"github.com/muster-project/muster/internal/receive"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/reports"
)

var (
	deviceName     = edge.TakesText("deviceName", "name of the device, in place of the one that the document names")
	deviceID       = edge.TakesText("deviceId", "its id, 40 hex digits")
	osPlatform     = edge.TakesText("osPlatform", "its platform, such as Linux")
	osVersion      = edge.TakesText("osVersion", "its version, such as debian_linux_12")
	osArchitecture = edge.TakesText("osArchitecture", "its architecture, such as x64")

	receivesReports = edge.Description{
		Summary: "Stores the reports of the body durably",
		Query:   []edge.Parameter{deviceName, deviceID, osPlatform, osVersion, osArchitecture},
		Takes:   reportBodies(),
		Gives: []edge.Payload{edge.JSONOf[control.Received](http.StatusAccepted,
			"the reports are stored, and survive a power loss")},
		Fails: []int{http.StatusConflict},
	}
	showsReceipt = edge.Description{
		Summary: "What became of a report",
		Gives: []edge.Payload{edge.JSONOf[control.Receipt](http.StatusOK,
			"snapshot is the first one that includes it, null before")},
		Fails: []int{http.StatusNotFound},
	}
)

// reportBodies lists the formats of reports.
func reportBodies() []edge.Payload {
	var all []edge.Payload
	for f := inventory.FormatReport; f.MediaType() != inventory.FormatUnknown.MediaType(); f++ {
		form := edge.OtherBody(0, f.MediaType(), f.String())
		if f == inventory.FormatReport {
			form = edge.JSONOf[inventory.Report](0, "one report")
		}
		all = append(all, form)
	}
	return all
}

// turnReport is the cost of a report, besides its bytes, in a turn of decoding: normalizing and
// compressing it.
const turnReport = 4 << 10

// reportCalls handles reports.
type reportCalls struct {
	store         *reports.Store
	organizations *organization.Store
	receiver      *receive.Receiver
	intake        *intake.Intake
	callers       *edge.Callers
	devices       *devices
	rates         *deviceRates
	metrics       *metrics
	clock         func() time.Time
}

// receiveReports is POST /v1/reports: the reports of the body are stored durably. If one is refused
// all are, as far as that is known before storing begins.
func (s *reportCalls) receiveReports(w *edge.Response, r *edge.Request) error {
	format, err := reportFormat(r.Header.Get("Content-Type"))
	if err != nil {
		return err
	}
	body, err := s.intake.Open(w, r)
	if err != nil {
		return err
	}
	defer body.Release()
	sending := s.sending(r, body.Turn)
	sending.Hold = body.Hold
	var judged []map[string]int
	all := countReports(s.admitReports(r, inTurn(body.Turn, reportsOf(body, format, identity(r.Query), &judged))))
	receipts, err := s.receiver.Receive(r.Context(), sending, all)
	if err != nil {
		s.metrics.noteRefused(w, err)
		return err
	}
	if len(receipts) == 0 {
		return edge.Invalid("the body has no report")
	}
	s.metrics.received.Add(float64(len(receipts)))
	w.Note(slog.Int("reports", len(receipts)))
	reply, ignored := control.Received{Accepted: len(receipts)}, 0
	for i, receipt := range receipts {
		one := control.ReceivedEntry{ID: receipt.ID, DeviceID: receipt.DeviceID, NotCounted: receipt.NotCounted.Names()}
		if len(judged) > 0 {
			one.Results = judged[i]
		}
		reply.Reports = append(reply.Reports, one)
		if receipt.NotCounted != 0 {
			ignored++
		}
	}
	if ignored > 0 {
		w.Note(slog.Int("notCounted", ignored))
	}
	return w.JSON(http.StatusAccepted, reply)
}

// sending returns the sender of a request's reports, and its limits. The turn to decode ends when
// it has sent them.
func (s *reportCalls) sending(r *edge.Request, turn *intake.Turn) receive.Sending {
	return receive.Sending{Organization: r.Caller.Organization, Sender: r.Caller.Sender(), Left: r.Left,
		Admit: func(batch []reports.Incoming) error {
			turn.Leave()
			if err := s.stillSends(r); err != nil {
				return err
			}
			return s.rates.admit(&r.Caller, batch, s.clock())
		}}
}

// stillSends checks the caller again when the body has arrived: that may take hours, and
// permissions that were removed meanwhile no longer count.
func (s *reportCalls) stillSends(r *edge.Request) error {
	now, err := s.callers.Of(r.Request)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(now.Sender(), r.Caller.Sender()) {
		return edge.Busy(http.StatusServiceUnavailable, defender.CodeServiceUnavailable, 1,
			"the permissions of this client changed while the body arrived; send it again")
	}
	return nil
}

// reportFormat returns the format of reports by their media type.
func reportFormat(contentType string) (inventory.Format, error) {
	mediaType, _, err := mime.ParseMediaType(contentType)
	if format := inventory.FormatOf(mediaType); err == nil && format != inventory.FormatUnknown {
		return format, nil
	}
	var known []string
	for f := inventory.FormatReport; f.MediaType() != inventory.FormatUnknown.MediaType(); f++ {
		known = append(known, f.MediaType())
	}
	return inventory.FormatUnknown, edge.Refuse(http.StatusUnsupportedMediaType, "",
		"Content-Type is %q, must be one of %s", edge.Clip(contentType), strings.Join(known, ", "))
}

// given is an identity for a report.
func given(id sbom.Identity) inventory.Given {
	return inventory.Given{Name: id.DeviceName, ID: id.DeviceID, OSPlatform: id.OSPlatform, OSVersion: id.OSVersion,
		OSArchitecture: id.OSArchitecture}
}

// identity reads what is given of the device of a document.
func identity(q edge.Query) sbom.Identity {
	return sbom.Identity{
		DeviceName: q.Text(deviceName), DeviceID: q.Text(deviceID), OSPlatform: q.Text(osPlatform),
		OSVersion: q.Text(osVersion), OSArchitecture: q.Text(osArchitecture),
	}
}

// reportsOf yields the reports of a body. Of results of rules it puts into judged how many there are of each kind, by
// report.
func reportsOf(b *intake.Body, format inventory.Format, id sbom.Identity,
	judged *[]map[string]int) iter.Seq2[*inventory.Report, error] {
	switch format {
	case inventory.FormatNDJSON:
		return func(yield func(*inventory.Report, error) bool) { lines(b, given(id), yield) }
	case inventory.FormatXCCDF:
		return func(yield func(*inventory.Report, error) bool) { results(b, given(id), judged, yield) }
	}
	return func(yield func(*inventory.Report, error) bool) {
		text, cost, err := b.Document()
		if err != nil {
			yield(nil, err)
			return
		}
		defer func() { b.GiveDecoding(cost) }() // by then the report is stored as documents
		if list, ok, err := hosts.Decode(format, text, given(id)); ok {
			yieldAll(list, err, yield)
			return
		}
		yield(decodeReport(format, text, id))
	}
}

// results yields the reports of results in XCCDF. The document is read as it comes; what is kept of it takes memory of
// the body.
func results(b *intake.Body, given inventory.Given, judged *[]map[string]int,
	yield func(*inventory.Report, error) bool) {
	sent, err := b.Stream()
	if err != nil {
		yield(nil, err)
		return
	}
	all, err := xccdf.Decode(passing{sent}, given, b.Hold)
	if err != nil {
		yield(nil, err)
		return
	}
	for _, one := range all {
		*judged = append(*judged, one.Results)
		if !yield(one.Report, nil) {
			return
		}
	}
}

// passing reads a body of which no line is kept.
type passing struct{ *intake.Stream }

// Read implements io.Reader.
func (p passing) Read(data []byte) (int, error) {
	n, err := p.Stream.Read(data)
	p.EndLine()
	return n, err
}

// yieldAll yields the reports of a document of many hosts, or its error.
func yieldAll(list []*inventory.Report, err error, yield func(*inventory.Report, error) bool) {
	if err != nil {
		yield(nil, err)
	}
	for _, one := range list {
		if !yield(one, nil) {
			return
		}
	}
}

// lines yields the reports of a body of many. Each takes the cost of decoding it until the next one
// is asked for.
func lines(b *intake.Body, given inventory.Given, yield func(*inventory.Report, error) bool) {
	sent, err := b.Stream()
	if err != nil {
		yield(nil, err)
		return
	}
	cost := int64(0)
	finish := func() {
		b.GiveDecoding(cost)
		cost = 0
		sent.EndLine()
	}
	defer finish()
	admit := func(line []byte) (err error) {
		cost, err = b.TakeDecoding(inventory.Cost(line))
		return err
	}
	for report, err := range inventory.DecodeLines(sent, given, admit) {
		if !yield(report, err) {
			return
		}
		finish()
	}
}

// inTurn yields reports, and counts the work on them.
func inTurn(t *intake.Turn, reports iter.Seq2[*inventory.Report, error]) iter.Seq2[*inventory.Report, error] {
	return func(yield func(*inventory.Report, error) bool) {
		for report, err := range reports {
			if err == nil {
				err = t.Did(turnReport)
			}
			if !yield(report, err) {
				return
			}
		}
	}
}

// admitReports yields reports as long as the caller may send them.
func (s *reportCalls) admitReports(r *edge.Request,
	reports iter.Seq2[*inventory.Report, error]) iter.Seq2[*inventory.Report, error] {
	by := auth.NewNaming(s.organizations, &r.Caller)
	return func(yield func(*inventory.Report, error) bool) {
		for report, err := range reports {
			if err == nil {
				err = by.AdmitReport(r.Context(), report.Device.RBACGroup)
			}
			if !yield(report, err) {
				return
			}
		}
	}
}

// decodeReport reads a text that is one report.
func decodeReport(format inventory.Format, text []byte, id sbom.Identity) (*inventory.Report, error) {
	if report, ok, err := sbom.Decode(format, text, id); ok {
		return report, err
	}
	return inventory.DecodeReport(text, given(id))
}

// showReceipt is GET /v1/reports/{id}.
func (s *reportCalls) showReceipt(w *edge.Response, r *edge.Request) error {
	known, number, err := s.store.Receipt(r.Context(), r.Caller.Organization, r.PathValue("id"))
	if err != nil {
		return err
	}
	seen, err := s.devices.sees(r, known.DeviceID)
	if err == nil && !seen {
		err = fmt.Errorf("reading receipt %q: %w", r.PathValue("id"),
			database.ErrNotFound) // the same error as for one that does not exist
	}
	if err != nil {
		return err
	}
	reply := control.Receipt{ID: known.ID, DeviceID: known.DeviceID, Source: known.Source,
		ReceivedTime: known.Received, Changed: known.Changed}
	if number != 0 {
		reply.Snapshot = &number
	}
	return w.JSON(http.StatusOK, reply)
}
