package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
	"unicode"

	"guichet.example/certs"
	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/locale"
	"guichet.example/portal/verdict"
	"guichet.example/signing"
)

// errNotAllValid is the whole verdict of `guichet verify`; the report said why.
var errNotAllValid = errors.New("not every file is validly signed and unchanged")

// runVerify judges signed files against the trust anchors of a folder and nothing
// else: no store, no network.
func runVerify(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "verify", "guichet verify FILE... -trust DIR [-at TIME] [-lang fr|nl|de|en] [-full] [-json]")
	trustDir := flags.String("trust", "", "folder with the trust anchors, PEM or DER (required)")
	asJSON := flags.Bool("json", false, "print one JSON report a line")
	full := flags.Bool("full", false, "print all that was examined: certificates, revocation answers, timestamps, revisions")
	at := flags.String("at", "", "validate as of this time, a date or RFC 3339 (now)")
	lang := flags.String("lang", "en", "language of the verdict and its reasons, fr, nl, de or en; what they rest on is told in English")
	files, err := cli.Parse(flags, args)
	if err != nil {
		return err
	}
	if len(files) == 0 || *trustDir == "" {
		return fmt.Errorf("%w: a file and -trust are required", cli.ErrUsage)
	}
	clock, err := clockAt(*at)
	if err != nil {
		return err
	}
	language, ok := locale.Parse(*lang)
	if !ok {
		return fmt.Errorf("%w: -lang is fr, nl, de or en", cli.ErrUsage)
	}
	anchors, err := certs.LoadTrustAnchors(*trustDir)
	if err != nil {
		return fmt.Errorf("reading trust anchors: %w", err)
	}
	valid := true
	for _, file := range files {
		report, err := verifyFile(ctx, file, signing.Trust{Anchors: anchors, Now: clock})
		if err != nil && (len(files) == 1 || ctx.Err() != nil) {
			return err
		}
		if err != nil { // says nothing of the files after it
			fmt.Fprintf(env.Stderr, "guichet verify: %v\n", err)
			valid = false
			continue
		}
		valid = valid && verdict.Good(report)
		write := printReport
		if *asJSON {
			write = printJSON
		}
		if err := write(env.Stdout, file, report, language, *full); err != nil {
			return err
		}
	}
	if !valid {
		return errNotAllValid
	}
	return nil
}

// fileReport is a line of `guichet verify -json`.
type fileReport struct {
	File string `json:"file"`
	verdict.Answer
}

func printJSON(w io.Writer, file string, r *signing.Report, lang locale.Language, _ bool) error {
	return json.NewEncoder(w).Encode(fileReport{file, verdict.AnswerOf(lang, r)})
}

// clockAt reads the time of a validation; nil for now.
func clockAt(text string) (func() time.Time, error) {
	if text == "" {
		return nil, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if at, err := time.Parse(layout, text); err == nil {
			return func() time.Time { return at }, nil
		}
	}
	return nil, fmt.Errorf("%w: -at is a date as 2026-11-22 or a time as 2026-11-22T14:00:00Z", cli.ErrUsage)
}

func verifyFile(ctx context.Context, file string, trust signing.Trust) (*signing.Report, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	pdf, err := io.ReadAll(io.LimitReader(f, signing.MaxPDF+1))
	if err != nil {
		return nil, err
	}
	report, err := signing.Verify(ctx, pdf, trust)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return report, nil
}

func printReport(w io.Writer, file string, r *signing.Report, lang locale.Language, full bool) error {
	word := "NOT VALID"
	if verdict.Good(r) {
		word = "valid"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n  %s\n", file, word, verdict.Sentence(lang, r))
	for _, reason := range verdict.Reasons(lang, r) {
		fmt.Fprintf(&b, "  %s\n", reason)
	}
	if r.Structure != "" {
		fmt.Fprintf(&b, "  structure refused: %s\n", plain(r.Structure))
	}
	if r.Trailing > 0 {
		fmt.Fprintf(&b, "  %d bytes after the end of the last revision\n", r.Trailing)
	}
	if len(r.Signatures) == 0 {
		fmt.Fprintf(&b, "  no signature\n")
	}
	for i := range r.Signatures {
		printSignature(&b, &r.Signatures[i])
		if full {
			printDetails(&b, &r.Signatures[i])
		}
	}
	if full {
		printHistory(&b, r)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func printSignature(b *strings.Builder, s *signing.SignatureReport) {
	word := string(s.Indication)
	if s.SubIndication != "" {
		word += " " + string(s.SubIndication)
	}
	if s.Kind != signing.Timestamp { // levels are of signatures
		word = s.Level.String() + ", " + word
	}
	by := plain(s.Signer)
	if by == "" {
		by = "nobody known"
	}
	fmt.Fprintf(b, "  %s %q by %s: %s\n", s.Kind, s.Field, by, word)
	if s.Kind == signing.Seal {
		fmt.Fprintf(b, "    seal of an organisation, not the signature of a person\n")
	}
	switch {
	case !s.Timestamp.IsZero() && s.Kind == signing.Timestamp && s.Indication != signing.TotalPassed:
		fmt.Fprintf(b, "    claims %s\n", s.Timestamp.UTC().Format(time.RFC3339))
	case !s.Timestamp.IsZero():
		fmt.Fprintf(b, "    existed at %s, says %s\n", s.Timestamp.UTC().Format(time.RFC3339), plain(s.TSA))
	case !s.Claimed.IsZero():
		fmt.Fprintf(b, "    claims %s, no timestamp proves it\n", s.Claimed.UTC().Format(time.RFC3339))
	}
	for _, change := range s.ChangedAfter {
		fmt.Fprintf(b, "    changed after signing, revision %d: %s\n", change.Revision, plain(change.What+" "+change.Detail))
	}
	for _, reason := range s.Reasons {
		fmt.Fprintf(b, "    %s\n", plain(reason))
	}
}

// plain makes what a file brought along fit for one line of a terminal: no line break, no
// control character and none that turns the line around, so that nobody's name can pass
// for our verdict.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) {
			return '?'
		}
		return r
	}, s)
}
