package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/alecthomas/kong"
)

// deviceClaims is what a device says of its identity and nobody has accepted.
type deviceClaims struct {
	Name       string   `json:"name,omitempty"`
	OSPlatform string   `json:"osPlatform,omitempty"`
	Tags       []string `json:"tags,omitzero"`
}

// any tells whether it claims something.
func (c *deviceClaims) any() bool { return c.Name != "" || c.OSPlatform != "" || c.Tags != nil }

// rows are the claims as lines of a table.
func (c *deviceClaims) rows() (rows [][]string) {
	if c.Name != "" {
		rows = append(rows, []string{"claims the name", c.Name})
	}
	if c.OSPlatform != "" {
		rows = append(rows, []string{"claims the platform", c.OSPlatform})
	}
	if c.Tags != nil {
		rows = append(rows, []string{"claims the tags", strings.Join(c.Tags, ", ")})
	}
	return rows
}

// deviceAcceptCmd is `muster device accept`.
type deviceAcceptCmd struct {
	Device string `arg:"" help:"Id or whole name of the device."`
	stateFlags
}

// Help is the long part of the command's help.
func (deviceAcceptCmd) Help() string {
	return `A device that reports for itself is known by the name and platform that it said first. What it says later, and its tags, are claims: muster device show prints them. This makes them count, and the rules of groups apply to them. What is accepted is printed.

Examples:

    muster device accept web1.example.com --server https://muster.example.com

Exit statuses: 0 accepted, 1 failed, 3 data folder in use, 5 no such device, or it claims nothing, 6 server not reached.`
}

// Run accepts what a device claims at this moment.
func (c *deviceAcceptCmd) Run(ctx context.Context, k *kong.Context, t *terminal) (err error) {
	s, err := c.open(ctx, k, t, need{})
	if err != nil {
		return err
	}
	defer s.end(&err)
	var d struct {
		Claims json.RawMessage `json:"claims"`
	}
	id, err := s.showDevice(ctx, c.Device, &d)
	if err != nil {
		return err
	}
	if d.Claims == nil {
		return fmt.Errorf("%w: device %q claims nothing", errInput, c.Device)
	}
	var claims deviceClaims
	if err := json.Unmarshal(d.Claims, &claims); err != nil {
		return fmt.Errorf("reading the device's claims: %w", err)
	}
	accept := call{method: http.MethodPut, path: "/v1/devices/" + id + "/claims", body: object(claims), contentType: jsonType}
	if err := s.do(ctx, accept, nil); err != nil {
		return fmt.Errorf("accepting what device %q claims: %w", c.Device, err)
	}
	return t.table([]string{"accepted", id}, claims.rows())
}
