package main

import (
	"context"
	"time"
)

// every calls f again and again, until it says that there is no more to do, or ctx ends.
func every(ctx context.Context, pause time.Duration, f func() (more bool)) {
	ticker := time.NewTicker(pause)
	defer ticker.Stop()
	for more := true; more; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			more = f()
		}
	}
}
