package objects

import (
	"testing"
	"time"
)

// SetSilence is how long a list may say nothing, for a test that does not run beside others.
func SetSilence(t *testing.T, d time.Duration) {
	before := silence
	silence = d
	t.Cleanup(func() { silence = before })
}
