// Package remotetest looks into the memory of processes, for tests that a secret is not
// there. Linux only; whoever looks must be root or be allowed to trace the process.
package remotetest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// maxMapping bounds one mapping that is read, in bytes: what is larger was reserved by
// the runtime and never touched.
const maxMapping = 1 << 30

// Holds reports whether the secret, of 8 bytes or more so that it is nowhere by chance,
// is in the memory of the process, and how many bytes were looked at. Files that are
// mapped unchanged count too: they hold what a program was built with.
func Holds(pid int, secret []byte) (found bool, looked int64, err error) {
	if len(secret) < 8 {
		return false, 0, fmt.Errorf("a secret of %d bytes is found by chance", len(secret))
	}
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	maps, err := os.Open(dir + "/maps")
	if err != nil {
		return false, 0, err
	}
	defer maps.Close()
	memory, err := os.Open(dir + "/mem")
	if err != nil {
		return false, 0, err
	}
	defer memory.Close()
	for lines := bufio.NewScanner(maps); lines.Scan(); {
		var from, to int64
		var may string
		if _, err := fmt.Sscanf(lines.Text(), "%x-%x %s", &from, &to, &may); err != nil {
			continue // vsyscall lies beyond an int64
		}
		if may[0] != 'r' || to-from > maxMapping {
			continue
		}
		n, in := search(io.NewSectionReader(memory, from, to-from), secret)
		if looked += n; in {
			return true, looked, nil
		}
	}
	return false, looked, nil
}

// search reads as far as it can: pages come and go while one looks.
func search(r io.Reader, secret []byte) (looked int64, found bool) {
	buffer := make([]byte, 1<<20)
	kept := 0
	for {
		n, err := r.Read(buffer[kept:])
		looked += int64(n)
		have := buffer[:kept+n]
		if bytes.Contains(have, secret) {
			return looked, true
		}
		if err != nil || n == 0 {
			return looked, false
		}
		kept = copy(buffer, have[max(0, len(have)-len(secret)+1):])
	}
}

// Descendants returns the process and all that it and its children started.
func Descendants(pid int) []int {
	list := []int{pid}
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid)) // empty when it is gone
	for _, task := range tasks {
		text, err := os.ReadFile(task)
		if err != nil {
			continue
		}
		for _, child := range strings.Fields(string(text)) {
			if n, err := strconv.Atoi(child); err == nil && !slices.Contains(list, n) {
				list = append(list, Descendants(n)...)
			}
		}
	}
	return list
}
