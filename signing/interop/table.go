package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"text/tabwriter"
)

// row is one signature of one file and what each validator says of it.
type row struct {
	file, field string
	asked       string // B-B, B-T, B-LT, B-LTA
	said        map[string]finding
}

type table []row

// validators are the columns, in the order of the table.
var validators = []string{"dss", "pyhanko", "verapdf 3a", "verapdf ua1", "pdfsig"}

// Beginnings of the names of files of which not everything is asked.
const (
	sheet = "sheet-" // nobody signed it
	paper = "paper-" // others wrote it: it is what it was before
)

// asks reports whether a validator has to agree on a file.
func asks(file, validator string) bool {
	vera := strings.HasPrefix(validator, "verapdf")
	switch {
	case strings.HasPrefix(file, sheet):
		return vera
	case strings.HasPrefix(file, paper):
		return !vera
	}
	return true
}

// asked reads the level that a file was made for from the end of its name; a file that
// was renewed is archived.
func asked(file string) string {
	name := strings.TrimSuffix(file, ".pdf")
	for _, level := range []string{"B-B", "B-T", "B-LT", "B-LTA"} {
		if strings.HasSuffix(name, "-"+strings.ToLower(level)) {
			return level
		}
	}
	if strings.HasSuffix(name, "-renewed") {
		return "B-LTA"
	}
	if strings.HasPrefix(name, sheet) {
		return "none"
	}
	return "?"
}

// tabulate puts the findings into one row for each signature that EU DSS or pyHanko named;
// a file of which neither spoke has a row too, so that silence is seen.
func tabulate(names []string, found []finding) table {
	var t table
	for _, name := range names {
		file := filepath.Base(name)
		fields := fieldsOf(file, found)
		if len(fields) == 0 {
			fields = []string{"?"}
			if asked(file) == "none" {
				fields[0] = ""
			}
		}
		for _, field := range fields {
			r := row{file, field, asked(file), map[string]finding{}}
			for _, f := range found {
				switch {
				case f.file != file:
				case f.judge == "verapdf":
					r.said["verapdf "+f.field] = f
				case f.field == field:
					r.said[f.judge] = f
				}
			}
			t = append(t, r)
		}
	}
	return t
}

func fieldsOf(file string, found []finding) []string {
	var fields []string
	seen := map[string]bool{}
	for _, f := range found {
		if f.file == file && (f.judge == "dss" || f.judge == "pyhanko") && !seen[f.field] {
			seen[f.field] = true
			fields = append(fields, f.field)
		}
	}
	return fields
}

// pending are the sub-indications of a signature whose evidence of revocation was not put
// into the file yet (EN 319 102-1, table 6): what has to be said of B-B and B-T offline.
var pending = map[string]bool{"TRY_LATER": true, "CERTIFICATE_CHAIN_GENERAL_FAILURE": true}

// agrees reports that a validator says exactly what was asked for.
func (r row) agrees(validator string) bool {
	f, ok := r.said[validator]
	if !ok {
		return false
	}
	switch validator {
	case "pdfsig":
		return f.indication == "valid"
	case "verapdf 3a", "verapdf ua1":
		return f.indication == "true"
	}
	if f.level != "PAdES-BASELINE-"+strings.TrimPrefix(r.asked, "B-") {
		return false
	}
	if r.asked == "B-B" || r.asked == "B-T" {
		return f.indication == "INDETERMINATE" && pending[f.detail]
	}
	return f.indication == "TOTAL_PASSED"
}

// ok reports that all agree.
func (r row) ok() bool {
	for _, v := range validators {
		if asks(r.file, v) && !r.agrees(v) {
			return false
		}
	}
	return true
}

func (t table) bad() int {
	n := 0
	for _, r := range t {
		if !r.ok() {
			n++
		}
	}
	return n
}

// cell says in a few letters what a validator found.
func (r row) cell(validator string) string {
	f, ok := r.said[validator]
	if !ok {
		return "-"
	}
	var words []string
	if f.level != "" {
		words = append(words, strings.Replace(f.level, "PAdES-BASELINE-", "B-", 1))
	}
	switch f.indication {
	case "":
	case "true":
		words = append(words, "yes")
	case "false":
		words = append(words, "no")
	default:
		words = append(words, strings.TrimPrefix(f.indication, "TOTAL_"))
	}
	if f.detail != "" && !(f.indication == "INDETERMINATE" && pending[f.detail]) {
		words = append(words, f.detail)
	}
	return strings.Join(words, " ")
}

// print writes the table and a line that sums it up.
func (t table) print(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "file\tsignature\tasked\tEU DSS\tpyHanko\tPDF/A-3a\tPDF/UA-1\tpdfsig\tverdict")
	for _, r := range t {
		cells := []string{strings.TrimSuffix(r.file, ".pdf"), r.field, r.asked}
		for _, v := range validators {
			cell := r.cell(v)
			if !asks(r.file, v) { // what rules a stranger's file breaks is not our table
				cell, _, _ = strings.Cut(cell, " ")
			}
			cells = append(cells, cell)
		}
		verdict := "as asked"
		if !r.ok() {
			verdict = "NOT AS ASKED"
		}
		fmt.Fprintln(w, strings.Join(append(cells, verdict), "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return t.sum(out)
}

// sum says how many files there are and of how many signatures they, and of sheets without
// one, all is as asked.
func (t table) sum(out io.Writer) error {
	files := map[string]bool{}
	var signatures, sheets table
	for _, r := range t {
		files[r.file] = true
		if r.asked == "none" {
			sheets = append(sheets, r)
		} else {
			signatures = append(signatures, r)
		}
	}
	_, err := fmt.Fprintf(out, "%d files: %d of %d signatures and %d of %d sheets without one as asked\n", len(files),
		len(signatures)-signatures.bad(), len(signatures), len(sheets)-sheets.bad(), len(sheets))
	return err
}
