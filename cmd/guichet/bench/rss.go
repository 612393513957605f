package bench

import (
	"errors"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// resident is what this process holds, in MiB, as the kernel counts it; 0 where it does
// not say.
func resident() float64 {
	held, err := residentOf(os.Getpid())
	if err != nil {
		return 0
	}
	return held
}

// residentOf is resident of another process.
func residentOf(pid int) (float64, error) {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if kb, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			n, err := strconv.ParseFloat(strings.Fields(kb)[0], 64)
			return n / 1024, err
		}
	}
	return 0, errors.New("the kernel does not say what a process holds")
}

// watchMemory looks every few milliseconds and returns what was added at the most, once
// asked.
func watchMemory() func() float64 {
	debug.FreeOSMemory()
	before, most := resident(), 0.0
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-stop:
				return
			case <-time.After(2 * time.Millisecond):
				most = max(most, resident())
			}
		}
	}()
	return func() float64 {
		close(stop)
		<-ended
		return max(0, most-before)
	}
}

// percentile of durations, by nearest rank; 0 of none.
func percentile(d []time.Duration, p int) time.Duration {
	if len(d) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(d))
	return sorted[min(len(sorted)-1, len(sorted)*p/100)]
}
