package main

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

	"github.com/muster-project/muster/internal/agent"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/plain"
)

// reportOnce sends one report, as the enrolled device that the machine is.
func (c *collectCmd) reportOnce(ctx context.Context, t *console.Terminal) error {
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
func packReport(report *inventory.Report) (agent.Report, error) {
	var body bytes.Buffer
	packer := gzip.NewWriter(&body)
	if err := errors.Join(json.NewEncoder(packer).Encode(report), packer.Close()); err != nil {
		return agent.Report{}, fmt.Errorf("writing the report: %w", err)
	}
	return agent.Report{Source: report.Source, Made: report.Time, Body: body.Bytes()}, nil
}

// reportEvery goes on until ctx ends, and is then done.
func (c *collectCmd) reportEvery(ctx context.Context, t *console.Terminal) error {
	log, err := c.Logger(t)
	if err != nil {
		return err
	}
	config, err := c.prepare(ctx, log)
	if err != nil {
		return err
	}
	agent.New(config).Run(ctx)
	log.InfoContext(context.WithoutCancel(ctx), "stopping")
	return nil
}

// prepare makes what an agent works with. It fails where the server refuses to
// enrol the machine: then nothing would come of going on.
func (c *collectCmd) prepare(ctx context.Context, log *slog.Logger) (agent.Config, error) {
	l, err := c.openLink()
	if err != nil {
		return agent.Config{}, err
	}
	l.once = true
	l.ignored = func(members []string) {
		log.WarnContext(ctx, "not all of this machine's identity counts", "members", members, "hint", "muster device accept "+l.device.ID)
	}
	spool, err := l.home.spool()
	if err != nil {
		return agent.Config{}, err
	}
	collect := func(ctx context.Context) (agent.Report, error) {
		packed, err := c.pack(ctx, l, log)
		return packed, tellAll(err)
	}
	send := func(ctx context.Context, r agent.Report) error { return tellAll(l.send(ctx, r)) }
	if l.credential == nil {
		if err := l.introduce(ctx, collect, log); err != nil {
			return agent.Config{}, err
		}
	}
	log.InfoContext(ctx, "reporting", "server", l.session.Base.String(), "device", l.device.ID, "every", c.Every, "state", l.home.path, "version", version)
	return agent.Config{Every: c.Every, Collect: collect, Send: send, Spool: spool, Log: log,
		Now: wallClock, Sleep: sleep, Chance: rand.Float64}, nil
}

// pack collects a report to send. What could not be read is logged.
func (c *collectCmd) pack(ctx context.Context, l *link, log *slog.Logger) (agent.Report, error) {
	report, warnings, err := collectMachine(ctx, c.machine())
	for _, w := range warnings {
		log.WarnContext(ctx, "not all was read", "warning", w)
	}
	if err == nil {
		err = l.admit(&report.Device)
	}
	if err != nil {
		return agent.Report{}, collectError(err)
	}
	return packReport(report)
}

// introduce enrols a machine that is new. A server that is not there is asked
// again with the first report, and so is one that knows the machine already and
// waits for a manager's word: the report is kept meanwhile.
func (l *link) introduce(ctx context.Context, collect func(context.Context) (agent.Report, error), log *slog.Logger) error {
	if _, err := collect(ctx); err != nil { // it says who the machine is
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
