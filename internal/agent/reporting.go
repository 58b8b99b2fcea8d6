package agent

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect"
	"github.com/muster-project/muster/internal/plain"
)

// reportOnce sends one report, as the enrolled device that the machine is.
func (c *Command) reportOnce(ctx context.Context, t *console.Terminal) error {
	l, err := c.openLink()
	if err != nil {
		return err
	}
	l.ignored = func(members []string) {
		t.Warn("did not count: %s: muster device accept %s, on the server, makes them count", strings.Join(members, ", "), l.device.ID)
	}
	report, err := c.collect(ctx, t)
	if err == nil {
		err = l.admit(&report.Device)
	}
	if err != nil {
		return err
	}
	packed, err := packReport(report)
	if err != nil {
		return err
	}
	shown := t.Begin("sending the report")
	err = l.send(ctx, packed)
	shown.End()
	if err == nil {
		fmt.Fprintf(t.Out, "sent the report of device %s\n", l.credential.DeviceID)
	}
	return err
}

// packReport is a report as it is sent.
func packReport(report *inventory.Report) (Report, error) {
	var body bytes.Buffer
	packer := gzip.NewWriter(&body)
	if err := errors.Join(json.NewEncoder(packer).Encode(report), packer.Close()); err != nil {
		return Report{}, fmt.Errorf("writing the report: %w", err)
	}
	return Report{Source: report.Source, Made: report.Time, Body: body.Bytes()}, nil
}

// reportEvery goes on until ctx ends, and is then done.
func (c *Command) reportEvery(ctx context.Context, t *console.Terminal) error {
	log, err := c.Logger(t)
	if err != nil {
		return err
	}
	config, err := c.Prepare(ctx, log)
	if err != nil {
		return err
	}
	New(config).Run(ctx)
	log.InfoContext(context.WithoutCancel(ctx), "stopping")
	return nil
}

// Prepare makes what an agent works with, for --every. It fails where the server refuses to
// enrol the machine: then nothing would come of going on.
func (c *Command) Prepare(ctx context.Context, log *slog.Logger) (Config, error) {
	l, err := c.openLink()
	if err != nil {
		return Config{}, err
	}
	l.once = true
	l.ignored = func(members []string) {
		log.WarnContext(ctx, "not all of this machine's identity counts", "members", members, "hint", "muster device accept "+l.device.ID)
	}
	spool, err := l.home.spool()
	if err != nil {
		return Config{}, err
	}
	pack := func(ctx context.Context) (Report, error) {
		packed, err := c.pack(ctx, l, log)
		return packed, tellAll(err)
	}
	send := func(ctx context.Context, r Report) error { return tellAll(l.send(ctx, r)) }
	if l.credential == nil {
		if err := l.introduce(ctx, pack, log); err != nil {
			return Config{}, err
		}
	}
	log.InfoContext(ctx, "reporting", "server", l.session.Base.String(), "device", l.device.ID, "every", c.Every, "state", l.home.path, "version", c.version)
	return Config{Every: c.Every, Collect: pack, Send: send, Spool: spool, Log: log,
		Now: wallClock, Sleep: sleep, Chance: rand.Float64}, nil
}

// pack collects a report to send. What could not be read is logged.
func (c *Command) pack(ctx context.Context, l *link, log *slog.Logger) (Report, error) {
	report, warnings, err := collect.Collect(ctx, c.machine())
	for _, w := range warnings {
		log.WarnContext(ctx, "not all was read", "warning", w)
	}
	if err == nil {
		err = l.admit(&report.Device)
	}
	if err != nil {
		return Report{}, collectError(err)
	}
	return packReport(report)
}

// introduce enrols a machine that is new. A server that is not there is asked
// again with the first report, and so is one that knows the machine already and
// waits for a manager's word: the report is kept meanwhile.
func (l *link) introduce(ctx context.Context, pack func(context.Context) (Report, error), log *slog.Logger) error {
	if _, err := pack(ctx); err != nil { // it says who the machine is
		return err
	}
	err := l.enrol(ctx)
	var reply *control.Error
	if errors.Is(err, control.ErrNoAnswer) || errors.As(err, &reply) && (reply.Busy() || reply.Status >= http.StatusInternalServerError || reply.Status == http.StatusConflict) {
		log.WarnContext(ctx, "not enrolled yet", "error", tellAll(err))
		return nil
	}
	return err
}

// tellAll puts the advice of an error into its text, for a log.
func tellAll(err error) error {
	if hint := plain.Hint(err); hint != "" {
		return fmt.Errorf("%w: %s", err, hint)
	}
	return err
}

// wallClock is the time without the reading of a clock that stands still while
// a machine is suspended.
func wallClock() time.Time { return time.Now().Round(0) }

// sleep waits for a time, or returns ctx's error.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
