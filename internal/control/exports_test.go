package control_test

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/control"
)

// breaking serves a file and breaks connections after the given numbers of bytes, one a request.
type breaking struct {
	file     []byte
	after    []int
	requests int
}

func (b *breaking) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Authorization") != "" {
		http.Error(w, "a link needs no token", http.StatusBadRequest)
		return
	}
	end := len(b.file) + 1
	if b.requests < len(b.after) {
		end = b.after[b.requests]
	}
	b.requests++
	w.Header().Set("ETag", `"`+strconv.Itoa(len(b.file))+`"`)
	http.ServeContent(&cut{w, end}, r, "", time.Time{}, bytes.NewReader(b.file))
}

// cut breaks the connection after some bytes of a body.
type cut struct {
	http.ResponseWriter
	left int
}

func (c *cut) Write(p []byte) (int, error) {
	if len(p) <= c.left {
		c.left -= len(p)
		return c.ResponseWriter.Write(p)
	}
	_, _ = c.ResponseWriter.Write(p[:c.left])
	_ = http.NewResponseController(c.ResponseWriter).Flush()
	panic(http.ErrAbortHandler)
}

// However often the connection breaks, as long as bytes come: the file is whole. If none come, the error says
// how far it was.
func TestDownloadGoesOn(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		file := make([]byte, rapid.IntRange(1, 1<<16).Draw(r, "size"))
		for i := range file {
			file[i] = byte(rand.N(256))
		}
		b := &breaking{file: file, after: rapid.SliceOfN(rapid.IntRange(1, len(file)), 0, 8).Draw(r, "breaks")}
		server := httptest.NewServer(b)
		defer server.Close()
		base, _ := url.Parse(server.URL)
		s := control.NewSession(control.Config{Base: base, HTTP: server.Client(), Login: control.LoginByToken("secret")})
		body, err := s.Open(t.Context(), server.URL+"/link?sig=secret")
		if err != nil {
			r.Fatal(err)
		}
		defer body.Close()
		got, err := io.ReadAll(body)
		if err != nil || !bytes.Equal(got, file) {
			r.Fatalf("%d of %d bytes, %v", len(got), len(file), err)
		}
	})
}

func TestDownloadThatDoesNotGoOn(t *testing.T) {
	b := &breaking{file: make([]byte, 100), after: []int{50, 0, 0, 0, 0, 0}}
	server := httptest.NewServer(b)
	defer server.Close()
	base, _ := url.Parse(server.URL)
	s := control.NewSession(control.Config{Base: base, HTTP: server.Client()})
	body, err := s.Open(t.Context(), server.URL+"/link?sig=secret")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	got, err := io.ReadAll(body)
	if len(got) != 50 || !errors.Is(err, control.ErrNoAnswer) || !strings.Contains(err.Error(), "after 50 of 100 bytes") ||
		strings.Contains(err.Error(), "secret") {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	server.Close()
	if _, err := s.Open(t.Context(), server.URL+"/link?sig=secret"); !errors.Is(err, control.ErrNoAnswer) ||
		strings.Contains(err.Error(), "secret") {
		t.Errorf("%v", err)
	}
}
