package auth_test

import (
	"fmt"
	"testing"
)

// BenchmarkCheck measures the check of a token, for every request.
func BenchmarkCheck(b *testing.B) {
	l := newLab(b)
	for range 1000 {
		l.client()
	}
	header := "Bearer " + l.token(l.client().request())
	for b.Loop() {
		if _, err := l.Check(b.Context(), header); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkCheckForged measures the check of a token without a valid signature.
func BenchmarkCheckForged(b *testing.B) {
	l := newLab(b)
	header, payload := l.parts(l.token(l.client().request()))
	forged := "Bearer " + l.sign(header, payload, rsaKey())
	for b.Loop() {
		if _, err := l.Check(b.Context(), forged); err == nil {
			b.Fatal("accepted")
		}
	}
}

// BenchmarkToken measures one token call.
func BenchmarkToken(b *testing.B) {
	l := newLab(b)
	c, certified := l.client(), l.certified(rsaKey())
	b.Run("secret", func(b *testing.B) {
		for b.Loop() {
			if _, err := l.Token(b.Context(), c.request()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("assertion", func(b *testing.B) {
		n := 0
		for b.Loop() {
			n++
			b.StopTimer()
			assertion := l.sign(certified.header("PS256"), with(certified.claims(), "jti", fmt.Sprint(n)), certified.key)
			b.StartTimer()
			if _, err := l.Token(b.Context(), certified.asserted(assertion)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
