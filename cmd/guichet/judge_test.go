package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// judge FOLDER COUNT has every PDF of a folder, so many there are, judged by programs of
// others: pdfsig holds the first signature for valid (it does not judge document
// timestamps), qpdf finds no fault, mutool draws it without repairing it.
func judge(ts *testscript.TestScript, neg bool, args []string) {
	files, err := filepath.Glob(filepath.Join(ts.MkAbs(args[0]), "*.pdf"))
	ts.Check(err)
	if want := args[1]; want != strconv.Itoa(len(files)) {
		ts.Fatalf("%d files, want %s", len(files), want)
	}
	for _, file := range files {
		name := filepath.Base(file)
		if out := outside(ts, "pdfsig", "-nocert", file); !strings.Contains(out, "Signature is Valid.") {
			ts.Fatalf("pdfsig of %s:\n%s", name, out)
		}
		if out := outside(ts, "qpdf", "--check", file); !strings.Contains(out, "No syntax or stream encoding errors found") {
			ts.Fatalf("qpdf of %s:\n%s", name, out)
		}
		out := outside(ts, "mutool", "draw", "-F", "txt", "-o", os.DevNull, file)
		if strings.Contains(out, "error") || strings.Contains(out, "repair") {
			ts.Fatalf("mutool of %s:\n%s", name, out)
		}
	}
}

// outside runs a program that we did not write. One that fails says so in what it prints.
func outside(ts *testscript.TestScript, name string, args ...string) string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	if err != nil {
		return string(out) + "\nerror: " + err.Error()
	}
	return string(out)
}
