package store_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"guichet.example/portal/requests"
	"guichet.example/portal/signin"
)

// clients runs call b.N times from n goroutines.
func clients(b *testing.B, n int, call func(i int) error) {
	b.Helper()
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range n {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= b.N {
					return
				}
				if err := call(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "per_second")
}

// BenchmarkCommit is the durable commit of one audit row.
func BenchmarkCommit(b *testing.B) {
	for _, n := range []int{1, 16} {
		b.Run(fmt.Sprintf("clients=%d", n), func(b *testing.B) {
			bed := newBed(b, openSQLite)
			refusal := signin.Refusal{Mutuality: "141", Method: "card", Cause: "certificate is revoked", RequestID: "K7-042"}
			clients(b, n, func(int) error { return bed.RecordRefusal(context.Background(), refusal) })
		})
	}
}

const documentSize = 60 << 10

// BenchmarkRaw is the limit of BenchmarkComplete: 60 KB appended to a file and synced.
func BenchmarkRaw(b *testing.B) {
	for _, n := range []int{1, 8} {
		b.Run(fmt.Sprintf("clients=%d", n), func(b *testing.B) {
			f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
			if err != nil {
				b.Fatal(err)
			}
			defer f.Close()
			data := make([]byte, documentSize)
			rand.Read(data)
			var mu sync.Mutex
			clients(b, n, func(int) error {
				mu.Lock()
				defer mu.Unlock()
				if _, err := f.Write(data); err != nil {
					return err
				}
				return syscall.Fdatasync(int(f.Fd()))
			})
		})
	}
}

// BenchmarkComplete seals a signed PDF of 60 KB and commits it with request,
// preparation and audit row.
func BenchmarkComplete(b *testing.B) {
	for _, n := range []int{1, 8} {
		b.Run(fmt.Sprintf("clients=%d", n), func(b *testing.B) {
			bed := newBed(b, openSQLite)
			pdf := make([]byte, documentSize)
			rand.Read(pdf)
			ready := make([]requests.Completion, b.N)
			together(8, func(c int) error {
				bed := *bed
				bed.count = c * 10_000_000
				for i := c; i < b.N; i += 8 {
					ready[i] = bed.completion(bed.prepared(bed.claire, bed.frozen(bed.claire)), "value")
					ready[i].PDF = pdf
				}
				return nil
			})
			clients(b, n, func(i int) error {
				_, err := bed.Complete(context.Background(), bed.claire, ready[i])
				return err
			})
		})
	}
}

// BenchmarkPage reads a page of 20 requests of one member among others, with and
// without the audit row of the look.
func BenchmarkPage(b *testing.B) {
	bed := newBed(b, openSQLite)
	for range 100 {
		bed.frozen(bed.claire)
		bed.frozen(bed.bram)
	}
	b.Run("list", func(b *testing.B) {
		clients(b, 1, func(int) error {
			_, err := bed.Requests(context.Background(), bed.claire, "", 20)
			return err
		})
	})
	b.Run("overview", func(b *testing.B) {
		clients(b, 1, func(int) error {
			_, err := bed.Overview(context.Background(), bed.claire)
			return err
		})
	})
	hash := bed.session("bench", bed.claire)
	b.Run("session", func(b *testing.B) {
		clients(b, 1, func(int) error {
			_, err := bed.Session(context.Background(), hash, bed.clock.Now())
			return err
		})
	})
}
