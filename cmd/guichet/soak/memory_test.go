package soak

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
)

// search looks through all memory that a process can write for the first and for the
// last eight of any digits, and says where they are. read is how much it saw.
func search(pid int, digits []string) (places []string, read int64, err error) {
	maps, err := os.ReadFile(fmt.Sprintf("/proc/%d/maps", pid))
	if err != nil {
		return nil, 0, err
	}
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", pid))
	if err != nil {
		return nil, 0, err
	}
	defer memory.Close()
	const step, overlap = 4 << 20, 16
	room := make([]byte, step+overlap)
	for line := range strings.Lines(string(maps)) {
		var first, last uint64
		var access string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &first, &last, &access); err != nil {
			return nil, read, fmt.Errorf("%q: %w", line, err)
		}
		if !strings.HasPrefix(access, "rw") || last > 1<<62 { // nothing is written into the rest
			continue
		}
		from, to := int64(first), int64(last)
		for at := from; at < to; at += step {
			n, err := memory.ReadAt(room[:min(step+overlap, to-at)], at)
			if err != nil && n == 0 {
				break // the kernel's own pages, and what was given back meanwhile
			}
			read += int64(n)
			for _, i := range halves(room[:n], digits) {
				places = append(places, fmt.Sprintf("%x", at+int64(i)))
			}
		}
	}
	if read < 1<<20 {
		err = errors.New("hardly any memory could be read")
	}
	return places, read, err
}

// halves finds the first and the last eight of any digits.
func halves(content []byte, digits []string) (places []int) {
	wanted := map[string]bool{}
	for _, d := range digits {
		wanted[d[:8]], wanted[d[len(d)-8:]] = true, true
	}
	digit := func(i int) bool { return i >= 0 && i < len(content) && content[i] >= '0' && content[i] <= '9' }
	for i := 7; i < len(content); i += 8 { // any eight in a row hold one of these
		if !digit(i) {
			continue
		}
		from, to := i, i+1
		for from > i-7 && digit(from-1) {
			from--
		}
		for to < i+8 && digit(to) {
			to++
		}
		for ; from+8 <= to; from++ {
			if wanted[string(content[from:from+8])] {
				places = append(places, from)
			}
		}
	}
	return places
}

// memory searches a process for all that was typed.
func (w *reading) memory(t *testing.T, pid int) []string {
	t.Helper()
	places, read, err := search(pid, w.digits())
	if err != nil {
		t.Fatalf("searching the memory of process %d: %v", pid, err)
	}
	w.searched++
	w.megabytes += read >> 20
	return places
}

// written searches all that counter and reader wrote: database, keys, log, temporary
// files.
func (w *reading) written(t *testing.T) (holders []string) {
	t.Helper()
	for _, dir := range []string{w.data, w.temp, w.home} {
		for name, content := range files(t, dir) {
			if len(halves(content, w.digits())) > 0 {
				holders = append(holders, name)
			}
		}
	}
	for _, name := range []string{w.log, w.said, w.heads} {
		content, err := os.ReadFile(name)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		if len(halves(content, w.digits())) > 0 {
			holders = append(holders, name)
		}
	}
	return holders
}
