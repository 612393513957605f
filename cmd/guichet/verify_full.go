package main

import (
	"fmt"
	"strings"
	"time"

	"guichet.example/signing"
)

// printDetails lists what a verdict on one signature rests on, in the words of EN 319 102-1.
func printDetails(b *strings.Builder, s *signing.SignatureReport) {
	for _, block := range s.Blocks {
		fmt.Fprintf(b, "    %s (EN 319 102-1, %s): %s\n", block.Name, block.Clause, block.Indication)
	}
	if !s.Best.IsZero() {
		fmt.Fprintf(b, "    best signature time %s\n", s.Best.UTC().Format(time.RFC3339))
	}
	printPath(b, "    ", s.Path)
	for _, t := range s.Timestamps {
		fmt.Fprintf(b, "    timestamp over the %s, %s, by %s, %s, policy %s\n", t.Over, t.Time.UTC().Format(time.RFC3339), plain(t.TSA), t.Hash, t.Policy)
		if s.Kind != signing.Timestamp {
			printPath(b, "      ", t.Path)
		}
	}
}

func printPath(b *strings.Builder, indent string, path []signing.CertificateReport) {
	for _, c := range path {
		fmt.Fprintf(b, "%scertificate %q, %s, %s to %s, sha256 %s\n", indent, c.Subject, c.Key,
			c.NotBefore.UTC().Format(time.DateOnly), c.NotAfter.UTC().Format(time.DateOnly), c.SHA256)
		switch {
		case c.Anchor:
			fmt.Fprintf(b, "%s  trust anchor\n", indent)
		case c.Status == nil:
			fmt.Fprintf(b, "%s  status unknown\n", indent)
		default:
			fmt.Fprintf(b, "%s  %s\n", indent, statusLine(c.Status))
		}
	}
}

func statusLine(s *signing.StatusReport) string {
	where := "asked for now"
	if s.Embedded {
		where = "in the file"
	}
	line := fmt.Sprintf("%s, says the %s answer %s, as of %s", s.Status, s.Source, where, s.ThisUpdate.UTC().Format(time.RFC3339))
	if s.Responder != "" {
		line += ", by " + plain(s.Responder)
	}
	if !s.RevokedAt.IsZero() {
		line += ", withdrawn on " + s.RevokedAt.UTC().Format(time.RFC3339)
	}
	return line
}

func printHistory(b *strings.Builder, r *signing.Report) {
	for _, h := range r.History {
		fmt.Fprintf(b, "  revision %d, bytes %d to %d: %s\n", h.Number, h.From, h.To, strings.TrimSpace(h.What+" "+plain(h.Field)))
		for _, c := range h.Changes {
			fmt.Fprintf(b, "    %s\n", changeLine(c))
		}
	}
}

// changeLine is one change with the object that it is of and the clause that permits it.
func changeLine(c signing.Change) string {
	line := c.What
	if c.Detail != "" {
		line += " " + c.Detail
	}
	if c.Object != 0 {
		line += fmt.Sprintf(", object %d", c.Object)
	}
	if c.Rule != "" {
		line += " (" + c.Rule + ")"
	}
	return plain(line)
}
