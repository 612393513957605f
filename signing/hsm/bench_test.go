package hsm_test

import (
	"crypto"
	"fmt"
	"sync"
	"testing"

	"guichet.example/signing/hsm/hsmtest"
)

// BenchmarkSign compares signatures through the pool, verified, with the bare calls of
// SoftHSM2 in as many threads.
func BenchmarkSign(b *testing.B) {
	for _, kind := range []struct {
		name string
		kind hsmtest.Kind
	}{{"RSA2048", hsmtest.RSA2048}, {"P256", hsmtest.P256}, {"P384", hsmtest.P384}} {
		for _, n := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/%d/pool", kind.name, n), func(b *testing.B) { benchPool(b, kind.kind, n) })
			b.Run(fmt.Sprintf("%s/%d/bare", kind.name, n), func(b *testing.B) { benchBare(b, kind.kind, n) })
		}
	}
}

func benchPool(b *testing.B, kind hsmtest.Kind, sessions int) {
	_, c := token(b, hsmtest.Spec{Kind: kind})
	c.Sessions = sessions
	k := open(b, c)
	spread(b, sessions, func(int) error {
		_, err := k.Sign(nil, digest[:], crypto.SHA256)
		return err
	})
}

// spread runs b.N calls in so many goroutines.
func spread(b *testing.B, threads int, call func(thread int) error) {
	var all sync.WaitGroup
	b.ResetTimer()
	for thread := range threads {
		all.Go(func() {
			for i := thread; i < b.N; i += threads {
				if err := call(thread); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sign/s")
}

func benchBare(b *testing.B, kind hsmtest.Kind, threads int) {
	folder, c := token(b, hsmtest.Spec{Kind: kind})
	bare, err := folder.Bare(c.Token, pin, kind, threads)
	if err != nil {
		b.Fatal(err)
	}
	defer bare.Close()
	input := digest[:]
	if kind == hsmtest.RSA2048 {
		input = make([]byte, 51) // as long as a DigestInfo
	}
	spread(b, threads, func(thread int) error {
		_, err := bare.Sign(thread, input)
		return err
	})
}
