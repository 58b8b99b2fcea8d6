package main

import (
	"io"
	"testing"

	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/edge"
)

func TestLimitFlags(t *testing.T) {
	t.Run("Our limits are settings; the preset `microsoft` is those numbers, and what holds without a setting is "+
		"generous", func(t *testing.T) {
		microsoft := api.Limits{Pages: edge.Rate{Minute: 30, Hour: 1000}, Files: edge.Rate{Minute: 5, Hour: 20},
			Machines: edge.Rate{Minute: 100, Hour: 1500}, Others: edge.Rate{Minute: 50, Hour: 1500}}
		set := edge.Rate{Minute: 60, Hour: 2000}
		noFiles := microsoft
		noFiles.Files = edge.Rate{}
		for _, c := range []struct {
			flags []string
			want  api.Limits
		}{
			{nil, api.GenerousLimits()},
			{[]string{"--limits", "microsoft"}, microsoft},
			{[]string{"--limits", "off"}, api.Limits{}},
			{[]string{"--limits", "microsoft", "--limit-pages", "60/m,2000/h"},
				api.Limits{Pages: set, Files: microsoft.Files, Machines: set, Others: set}},
			{[]string{"--limits", "microsoft", "--limit-files", "off"}, noFiles},
			{[]string{"--limits", "off", "--limit-files", "40/h"}, api.Limits{Files: edge.Rate{Hour: 40}}},
		} {
			var line cli
			program := newProgram()
			program.Line = &line
			parser, err := program.Parser(io.Discard, io.Discard)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parser.Parse(append([]string{"serve", "--data", "x"}, c.flags...)); err != nil {
				t.Fatal(err)
			}
			if got := line.Serve.limits(); got != c.want {
				t.Errorf("%q: %+v, want %+v", c.flags, got, c.want)
			}
		}
	})
	t.Run("what is no rate", func(t *testing.T) {
		s := newSite(t)
		s.refuses(console.StatusUsage, "serve", "--data", s.data, "--limit-pages", "30/day")
		s.refuses(console.StatusUsage, "serve", "--data", s.data, "--limits", "strict")
		s.refuses(console.StatusUsage, "serve", "--data", s.data, "--audit-size", "0")
	})
}
