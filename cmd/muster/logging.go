package main

import (
	"log/slog"
)

// logFlags say how a server tells what it does.
type logFlags struct {
	LogFormat string `enum:"text,json" default:"text" env:"MUSTER_LOG_FORMAT" help:"Form of log lines: text or json."`
	LogLevel  string `enum:"debug,info,warn,error" default:"info" env:"MUSTER_LOG_LEVEL" help:"Least important log lines to write: debug, info, warn or error."`
}

// logger makes the log, which goes to standard error.
func (l logFlags) logger(t *terminal) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.LogLevel)); err != nil {
		return nil, usage("--log-level: %v", err)
	}
	options := &slog.HandlerOptions{Level: level}
	if l.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(t.err, options)), nil
	}
	return slog.New(slog.NewTextHandler(t.err, options)), nil
}
