package console

import (
	"bytes"
	"io"
	"testing"
)

// FuzzReadSettings: any file of settings is read or refused.
func FuzzReadSettings(f *testing.F) {
	for _, seed := range []string{`{}`, `{"data":"x","max-link-hours":3}`, `{"data":null}`, `[1]`,
		`{"a":{"b":[1,2]}} x`, "\x00"} {
		f.Add([]byte(seed))
	}
	var line struct {
		Data         string `env:"MUSTER_DATA"`
		MaxLinkHours int    `env:"MUSTER_MAX_LINK_HOURS"`
		GlobalFlags
	}
	parser, err := (&Program{Name: "muster", Line: &line}).Parser(io.Discard, io.Discard)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		read, err := readSettings(bytes.NewReader(text))
		if err == nil {
			_ = read.Validate(parser.Model)
		}
	})
}
