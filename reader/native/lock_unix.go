//go:build unix

package native

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// DefaultLock is the file that all hosts of one person share.
func DefaultLock() string {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); dir != "" {
		return filepath.Join(dir, "guichet-reader.lock")
	}
	if dir, err := os.UserCacheDir(); err == nil {
		return filepath.Join(dir, "guichet-reader.lock")
	}
	return filepath.Join(os.TempDir(), "guichet-reader-"+strconv.Itoa(os.Getuid())+".lock")
}

// retryLock is how often the lock is tried while another host has it.
const retryLock = 100 * time.Millisecond

// lock waits until no other host asks the person anything. The kernel lets go of it when
// this process ends, however that ends.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, fmt.Errorf("opening the lock: %w", err)
	}
	ticker := time.NewTicker(retryLock)
	defer ticker.Stop()
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { file.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			file.Close()
			return nil, fmt.Errorf("taking the lock: %w", err)
		}
		select {
		case <-ctx.Done():
			file.Close()
			return nil, context.Cause(ctx)
		case <-ticker.C:
		}
	}
}
