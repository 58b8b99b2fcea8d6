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

// reportOnce sends one report of this machine as an enrolled device.
func (c *Command) reportOnce(ctx context.Context, t *console.Terminal) error {
	l, err := c.openLink()
	if err != nil {
		return err
	}
	l.ignored = func(members []string) {
		t.Warn("the server ignored %s: to accept them, run muster device accept %s on the server",
			strings.Join(members, ", "), l.device.ID)
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

// packReport encodes a report for sending.
func packReport(report *inventory.Report) (Report, error) {
	var body bytes.Buffer
	packer := gzip.NewWriter(&body)
	if err := errors.Join(json.NewEncoder(packer).Encode(report), packer.Close()); err != nil {
		return Report{}, fmt.Errorf("writing the report: %w", err)
	}
	return Report{Source: report.Source, Made: report.Time, Body: body.Bytes()}, nil
}

// reportEvery reports at an interval until ctx ends, and then returns nil.
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

// Prepare makes what an agent works with, for --every. It fails if the server refuses to
// enrol the machine: then retrying would not help.
func (c *Command) Prepare(ctx context.Context, log *slog.Logger) (Config, error) {
	l, err := c.openLink()
	if err != nil {
		return Config{}, err
	}
	l.once = true
	l.ignored = func(members []string) {
		log.WarnContext(ctx, "the server ignored part of this machine's identity", "members", members, "hint",
			"muster device accept "+l.device.ID)
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
	log.InfoContext(ctx, "reporting", "server", l.session.Base.String(), "device", l.device.ID, "every", c.Every, "state",
		l.home.path, "version", c.version)
	return Config{Every: c.Every, Collect: pack, Send: send, Spool: spool, Log: log,
		Now: wallClock, Sleep: sleep, Chance: rand.Float64}, nil
}

// pack collects a report to send, and logs what could not be read.
func (c *Command) pack(ctx context.Context, l *link, log *slog.Logger) (Report, error) {
	report, warnings, err := collect.Collect(ctx, c.machine())
	for _, w := range warnings {
		log.WarnContext(ctx, "something could not be read", "warning", w)
	}
	if err == nil {
		err = l.admit(&report.Device)
	}
	if err != nil {
		return Report{}, collectError(err)
	}
	return packReport(report)
}

// introduce enrols a new machine. If the server cannot be reached, or knows the machine and
// a manager must accept it first, the agent asks again with the first report, which is kept
// meanwhile.
func (l *link) introduce(ctx context.Context, pack func(context.Context) (Report, error), log *slog.Logger) error {
	if _, err := pack(ctx); err != nil { // collecting identifies the machine
		return err
	}
	err := l.enrol(ctx)
	var reply *control.Error
	if errors.Is(err, control.ErrNoAnswer) || errors.As(err, &reply) &&
		(reply.Busy() || reply.Status >= http.StatusInternalServerError || reply.Status == http.StatusConflict) {
		log.WarnContext(ctx, "not enrolled yet", "error", tellAll(err))
		return nil
	}
	return err
}

// tellAll puts the hint of an error into its text, for a log.
func tellAll(err error) error {
	if hint := plain.Hint(err); hint != "" {
		return fmt.Errorf("%w: %s", err, hint)
	}
	return err
}

// wallClock returns the time without its monotonic reading, which stands still while a
// machine is suspended.
func wallClock() time.Time { return time.Now().Round(0) }

// sleep waits for a duration, or returns ctx's error.
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
