package api

import (
	"context"
	"net/http"

	"github.com/muster-project/muster/internal/api/evidence"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/inventory"
)

var explainsChecks = edge.Description{
	Summary: "What checks of settings say of a device: measured values and where they were set, what was expected, remedies",
	Gives:   []edge.Payload{edge.JSONOf[control.DeviceChecks](http.StatusOK, "every check for the device, the worst first")},
	Fails:   []int{http.StatusNotFound},
}

// deviceChecks handles questions what checks say of a device.
type deviceChecks struct {
	devices *devices
	library *library.Library
	// benchmark returns the checks by which devices are judged with a catalog.
	benchmark func(*catalog.Catalog) *benchmark.Benchmark
}

// show is GET /v1/devices/{id}/configurations.
func (x *deviceChecks) show(w *edge.Response, r *edge.Request) error {
	found, give, err := x.devices.open(r, r.PathValue("id"))
	if err != nil {
		return err
	}
	defer give()
	c, err := x.library.Current(r.Context())
	if err != nil {
		return err
	}
	rows := evidence.Of(x.benchmark(c), found.report, found.results)
	return w.JSON(http.StatusOK, control.DeviceChecks{DeviceID: found.ID, DeviceName: found.Name, Catalog: c.ID(),
		Counts: evidence.Count(rows), Rows: rows})
}

// count counts what checks say of a report.
func (x *deviceChecks) count(ctx context.Context, report *inventory.Report) (*control.CheckCounts, error) {
	c, err := x.library.Current(ctx)
	if err != nil {
		return nil, err
	}
	counts := evidence.CountOf(x.benchmark(c), report)
	return &counts, nil
}

func (x *deviceChecks) routes() []edge.Route {
	return []edge.Route{edge.At("deviceconfigurations", "/v1/devices/{id}/configurations", edge.Methods{
		http.MethodGet: edge.Needs(x.show, auth.ReadVulnerabilities, auth.Manage).As(explainsChecks)})}
}
