package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"guichet.example/portal/core"
)

// maxTold is how much that is wrong goes to standard error.
const maxTold = 1000

// rejects tells wrong lines: what is wrong with which field, never what stands in it.
type rejects struct {
	stderr io.Writer
	file   *os.File // nil: standard error
	buf    *bufio.Writer
	csv    *csv.Writer
	lines  int64
	told   int
}

// openRejects makes the file, which must not be there; without one, standard error is told.
func openRejects(stderr io.Writer, file string) (*rejects, error) {
	r := &rejects{stderr: stderr}
	if file == "" {
		return r, nil
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	r.file, r.buf = f, bufio.NewWriter(f)
	r.csv = csv.NewWriter(r.buf)
	return r, r.csv.Write([]string{"file", "line", "field", "reason"})
}

// tell returns how many lines are wrong.
func (r *rejects) tell(file string, list []core.LineReject) (int64, error) {
	wrong := map[int64]bool{}
	for _, one := range list {
		if !wrong[one.Line] {
			wrong[one.Line] = true
			r.lines++
		}
		if r.csv != nil {
			if err := r.csv.Write([]string{file, strconv.FormatInt(one.Line, 10), one.Field, one.Reason}); err != nil {
				return 0, err
			}
			continue
		}
		switch r.told++; {
		case r.told <= maxTold:
			fmt.Fprintf(r.stderr, "%s: line %d: %s\n", file, one.Line, sentence(one))
		case r.told == maxTold+1:
			fmt.Fprintln(r.stderr, "more lines are wrong: -rejects FILE has them all")
		}
	}
	return int64(len(wrong)), nil
}

func sentence(r core.LineReject) string {
	if r.Field == "" {
		return r.Reason
	}
	return r.Field + ": " + r.Reason
}

func (r *rejects) close() error {
	if r.file == nil {
		return nil
	}
	r.csv.Flush()
	return errors.Join(r.csv.Error(), r.buf.Flush(), r.file.Close())
}
