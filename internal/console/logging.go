package console

import "log/slog"

// LogFlags configure a program's log.
type LogFlags struct {
	LogFormat string `enum:"text,json" default:"text" env:"MUSTER_LOG_FORMAT" help:"Format of log lines: text or json."`
	LogLevel  string `enum:"debug,info,warn,error" default:"info" env:"MUSTER_LOG_LEVEL" help:"Lowest level of log lines to write: debug, info, warn or error."`
}

// Logger returns the logger, which writes to standard error.
func (l LogFlags) Logger(t *Terminal) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.LogLevel)); err != nil {
		return nil, Usage("--log-level: %v", err)
	}
	options := &slog.HandlerOptions{Level: level}
	if l.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(t.Err, options)), nil
	}
	return slog.New(slog.NewTextHandler(t.Err, options)), nil
}
