package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// spent is the processor time of this process so far, in the program and in the kernel. It
// is counted also while others are busy on the machine, unlike the time of the clock.
func spent() (time.Duration, error) {
	var u syscall.Rusage
	err := syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), err
}

// tick is the unit in which the kernel tells the processor time of another process.
const tick = 10 * time.Millisecond

// spentOf is the processor time of another process so far, in whole ticks.
func spentOf(pid int) (time.Duration, error) {
	times, _, err := statOf(pid)
	return times[0] + times[1], err
}

// spentBelow is that of a process and its children, those that ended included. One that
// ends while it is looked for is missed, and found by a second look.
func spentBelow(pid int) (time.Duration, error) {
	first, err := lookBelow(pid)
	if err != nil {
		return 0, err
	}
	time.Sleep(5 * tick)
	second, err := lookBelow(pid)
	return max(first, second), err
}

func lookBelow(pid int) (time.Duration, error) {
	times, _, err := statOf(pid)
	if err != nil {
		return 0, err
	}
	all := times[0] + times[1] + times[2] + times[3]
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, err
	}
	for _, path := range processes {
		child, err := strconv.Atoi(filepath.Base(path))
		if err != nil {
			continue
		}
		if times, parent, err := statOf(child); err == nil && parent == pid { // else it ended meanwhile
			all += times[0] + times[1]
		}
	}
	return all, nil
}

// statOf reads what the kernel says of a process: its time in the program and in the
// kernel, those of its ended children, and its parent (proc_pid_stat(5)).
func statOf(pid int) (times [4]time.Duration, parent int, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return times, 0, err
	}
	// The name before the last bracket may hold anything. Then: state, parent, ... utime,
	// stime, cutime and cstime, which are fields 14 to 17 of the whole.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 15 {
		return times, 0, fmt.Errorf("/proc/%d/stat has %d fields", pid, len(fields))
	}
	for i := range times {
		ticks, err := strconv.ParseInt(fields[11+i], 10, 64)
		if err != nil {
			return times, 0, err
		}
		times[i] = time.Duration(ticks) * tick
	}
	parent, err = strconv.Atoi(fields[1])
	return times, parent, err
}
