package main

import (
	"context"
	"io"
	"strings"
	"testing"
)

// said is what the validators print of a sound B-LTA file.
const said = "dss\ta-b-lta.pdf\tSeal1\tPAdES-BASELINE-LTA\tTOTAL_PASSED\t\n" +
	"verapdf\ta-b-lta.pdf\t3a\ttrue\t\n" +
	"verapdf\ta-b-lta.pdf\tua1\ttrue\t\n" +
	"pyhanko\ta-b-lta.pdf\tSeal1\tPAdES-BASELINE-LTA\tTOTAL_PASSED\t\n"

const poppler = "Digital Signature Info of: a-b-lta.pdf\nSignature #1:\n  - Signature Field Name: Seal1\n" +
	"  - Signature Validation: Signature is Valid.\nSignature #2:\n  - Signature Field Name: Timestamp1\n" +
	"  - Signature Validation: Signature has not yet been verified.\n"

func TestTableAsksForExactlyTheLevel(t *testing.T) {
	for name, c := range map[string]struct {
		file, old, new string
		bad            int
	}{
		"as asked":              {"a-b-lta.pdf", "", "", 0},
		"renewed":               {"a-renewed.pdf", "a-b-lta.pdf", "a-renewed.pdf", 0},
		"not a level at all":    {"a.pdf", "a-b-lta.pdf", "a.pdf", 1},
		"more than asked":       {"a-b-lt.pdf", "a-b-lta.pdf", "a-b-lt.pdf", 1},
		"less than asked":       {"a-b-lta.pdf", "dss\ta-b-lta.pdf\tSeal1\tPAdES-BASELINE-LTA", "dss\ta-b-lta.pdf\tSeal1\tPAdES-BASELINE-LT", 1},
		"DSS fails":             {"a-b-lta.pdf", "TOTAL_PASSED", "TOTAL_FAILED", 1},
		"no PDF/A":              {"a-b-lta.pdf", "3a\ttrue", "3a\tfalse\t6.1.2-1", 1},
		"no PDF/UA":             {"a-b-lta.pdf", "ua1\ttrue", "ua1\tfalse\t5-1", 1},
		"pdfsig objects":        {"a-b-lta.pdf", "Signature is Valid.", "Digest Mismatch.", 1},
		"a validator is silent": {"a-b-lta.pdf", "pyhanko\t", "Traceback\t", 1},
		"all are silent":        {"b-b-lta.pdf", "", "", 1},
	} {
		change := func(s string) []byte { return []byte(strings.ReplaceAll(s, c.old, c.new)) }
		if c.old == "" {
			change = func(s string) []byte { return []byte(s) }
		}
		file := strings.Replace("a-b-lta.pdf", c.old, c.new, 1)
		found := append(findings(change(said)), signatures(file, change(poppler))...)
		table := tabulate([]string{"out/" + c.file}, found)
		if len(table) != 1 || table.bad() != c.bad {
			t.Errorf("%s: %d of %d rows bad, want %d: %+v", name, table.bad(), len(table), c.bad, table)
		}
	}
}

// Of a sheet only what veraPDF says counts, of a stranger's paper everything else.
func TestTableAsksWhatAFileIsFor(t *testing.T) {
	for name, c := range map[string]struct {
		file, said string
		bad        int
	}{
		"a sheet":                 {"sheet-a.pdf", "verapdf\tsheet-a.pdf\t3a\ttrue\t\nverapdf\tsheet-a.pdf\tua1\ttrue\t\n", 0},
		"a sheet that is no A":    {"sheet-a.pdf", "verapdf\tsheet-a.pdf\t3a\tfalse\t6.1-1\nverapdf\tsheet-a.pdf\tua1\ttrue\t\n", 1},
		"a sheet not judged":      {"sheet-a.pdf", "", 1},
		"a paper":                 {"paper-b-lta.pdf", strings.ReplaceAll(strings.ReplaceAll(said, "a-b-lta", "paper-b-lta"), "\ttrue\t", "\tfalse\t6.1-1"), 0},
		"a paper of no signature": {"paper-b-lta.pdf", strings.ReplaceAll(strings.ReplaceAll(said, "a-b-lta", "paper-b-lta"), "TOTAL_PASSED", "TOTAL_FAILED"), 1},
	} {
		found := append(findings([]byte(c.said)), signatures(c.file, []byte(poppler))...)
		if got := tabulate([]string{c.file}, found); len(got) != 1 || got.bad() != c.bad {
			t.Errorf("%s: %d of %d rows bad, want %d: %+v", name, got.bad(), len(got), c.bad, got)
		}
	}
}

// Below B-LT an offline validator lacks evidence and says so; anything worse is a fault.
func TestTableBelowLT(t *testing.T) {
	for sub, want := range map[string]bool{
		"INDETERMINATE\tTRY_LATER": true, "INDETERMINATE\tCERTIFICATE_CHAIN_GENERAL_FAILURE": true,
		"INDETERMINATE\tNO_CERTIFICATE_CHAIN_FOUND": false, "TOTAL_FAILED\tHASH_FAILURE": false, "TOTAL_PASSED\t": false,
	} {
		found := findings([]byte("dss\ta-b-t.pdf\tSeal1\tPAdES-BASELINE-T\t" + sub + "\n"))
		if got := tabulate([]string{"a-b-t.pdf"}, found)[0].agrees("dss"); got != want {
			t.Errorf("%s agrees: %t, want %t", sub, got, want)
		}
	}
}

func TestPrintNamesWhatIsNotAsAsked(t *testing.T) {
	var out strings.Builder
	table := tabulate([]string{"a-b-lta.pdf", "b-b-t.pdf"}, append(findings([]byte(said)), signatures("a-b-lta.pdf", []byte(poppler))...))
	if err := table.print(&out); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"a-b-lta  Seal1      B-LTA", "NOT AS ASKED", "2 files: 1 of 2 signatures and 0 of 0 sheets"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("table lacks %q:\n%s", want, out.String())
		}
	}
}

// A file may hold two signatures, a sheet holds none: neither is counted as the other.
func TestSumCountsFilesSignaturesAndSheets(t *testing.T) {
	second := strings.NewReplacer("Seal1", "Signature1", "Signature #1", "Signature #3")
	found := append(findings([]byte(said+second.Replace(said)+"verapdf\tsheet-a.pdf\t3a\ttrue\t\nverapdf\tsheet-a.pdf\tua1\ttrue\t\n")),
		signatures("a-b-lta.pdf", []byte(poppler+second.Replace(poppler)))...)
	var out strings.Builder
	if err := tabulate([]string{"a-b-lta.pdf", "sheet-a.pdf", "sheet-b.pdf"}, found).sum(&out); err != nil {
		t.Fatal(err)
	}
	if want := "3 files: 2 of 2 signatures and 1 of 2 sheets without one as asked\n"; out.String() != want {
		t.Errorf("sum = %q, want %q", out.String(), want)
	}
}

func TestRunNamesEveryMissingProgram(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	err := run(context.Background(), []string{"-work", t.TempDir()}, io.Discard)
	for _, program := range []string{"mvn", "java", "python3", "pdfsig", "guichet"} {
		if err == nil || !strings.Contains(err.Error(), program) {
			t.Errorf("run = %v, want %s named", err, program)
		}
	}
}

func TestComplaint(t *testing.T) {
	for said, want := range map[string]string{
		"a\nb\nc\nd\ne": "b\nc\nd\ne",
		"[INFO] x\n[ERROR] no artifact\n[ERROR] unreachable\n[ERROR] help": "[ERROR] no artifact\n[ERROR] unreachable",
	} {
		if got := complaint(said); got != want {
			t.Errorf("complaint(%q) = %q, want %q", said, got, want)
		}
	}
}
