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
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/requests"
	"guichet.example/portal/store/storetest"
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

// BenchmarkCommit is the durable commit of one act that is nothing but its audit row, on
// the disk of the folder for temporary files.
func BenchmarkCommit(b *testing.B) {
	b.Run("SQLite", func(b *testing.B) { benchCommit(b, false) })
	b.Run("PostgreSQL", func(b *testing.B) { benchCommit(b, true) })
}

func benchCommit(b *testing.B, postgres bool) {
	for _, n := range []int{1, 16} {
		b.Run(fmt.Sprintf("clients=%d", n), func(b *testing.B) {
			c := &clock{now: noon}
			cfg := newConfig(b, c)
			cfg.Path = filepath.Join(b.TempDir(), "guichet.db")
			if postgres {
				cfg.Database = storetest.Start(b, true).Database(b)
			}
			bed := bedOf(b, openStore, cfg, c)
			clients(b, n, func(int) error { return bed.Act(audit.Import) })
		})
	}
}

const documentSize = 60 << 10

// turn is how many documents are stored before it is the other's turn.
const turn = 200

// BenchmarkComplete seals a signed PDF of 60 KB and commits it with request,
// preparation and audit row; in turns with its limit, the same bytes appended to a file
// and synced. One op is a turn of each; the metrics count documents.
func BenchmarkComplete(b *testing.B) {
	for _, n := range []int{1, 8} {
		b.Run(fmt.Sprintf("clients=%d", n), func(b *testing.B) {
			bed := newBed(b, openSQLite)
			pdf := make([]byte, documentSize)
			rand.Read(pdf)
			raw := rawFile(b, pdf)
			var limit, stored time.Duration
			for range b.N {
				ready := bed.ready(turn, pdf)
				limit += timed(b, n, func(int) error { return raw() })
				stored += timed(b, n, func(i int) error {
					_, err := bed.Complete(context.Background(), bed.claire, ready[i])
					return err
				})
			}
			b.ReportMetric(float64(turn*b.N)/limit.Seconds(), "raw/s")
			b.ReportMetric(float64(turn*b.N)/stored.Seconds(), "documents/s")
			b.ReportMetric(limit.Seconds()/stored.Seconds(), "ratio")
		})
	}
}

// rawFile returns a call that appends the bytes to a file and syncs it.
func rawFile(b *testing.B, data []byte) func() error {
	f, err := os.Create(filepath.Join(b.TempDir(), "raw"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	var mu sync.Mutex
	return func() error {
		mu.Lock()
		defer mu.Unlock()
		if _, err := f.Write(data); err != nil {
			return err
		}
		return syscall.Fdatasync(int(f.Fd()))
	}
}

// ready prepares n requests and returns what completes them.
func (b *bed) ready(n int, pdf []byte) []requests.Completion {
	ready := make([]requests.Completion, n)
	for i := range ready {
		ready[i] = b.completion(b.prepared(b.claire, b.frozen(b.claire)), "value")
		ready[i].PDF = pdf
	}
	return ready
}

// timed runs a turn of calls from n goroutines.
func timed(b *testing.B, n int, call func(i int) error) time.Duration {
	var next atomic.Int64
	begun := time.Now()
	errs := together(n, func(int) error {
		for {
			i := int(next.Add(1)) - 1
			if i >= turn {
				return nil
			}
			if err := call(i); err != nil {
				return err
			}
		}
	})
	took := time.Since(begun)
	for _, err := range errs {
		if err != nil {
			b.Fatal(err)
		}
	}
	return took
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
			_, err := bed.Overview(context.Background(), bed.claire, true)
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
