package demo

import (
	"log/slog"
	"net"
	"testing"
)

// A port that is taken makes the demonstration take the next one.
func TestListenNear(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	near, err := listenNear(t.Context(), taken.Addr().String(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	if first, second := taken.Addr().(*net.TCPAddr).Port,
		near.Addr().(*net.TCPAddr).Port; second <= first || second > first+100 {
		t.Errorf("listens on port %d, beside %d", second, first)
	}
}
