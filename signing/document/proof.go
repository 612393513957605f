package document

import (
	"crypto/sha256"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Proof is what a check of a signed file found, to be put beside the file: who signed
// with which certificate, when and by whose clock, which revocation answers the verdict
// rests on, and what each revision of the file did. [DrawProof] sets it.
//
// Names come from certificates and files that anyone may have made. They are never
// refused: what our fonts cannot show appears as its code points, and digits of a
// national number as x.
type Proof struct {
	Language   Language
	Mutuality  Mutuality // who checked
	Checked    time.Time // drawn with its zone
	At         time.Time // validation time, if it is another than Checked
	File       string    // optional name
	Size       int64     // bytes
	SHA256     [32]byte
	Verdict    string           // one plain sentence, in Language
	Facts      []Row            // what else is known of the file, in Language, at most 20
	Reasons    []string         // sentences, in Language, at most 50
	Signatures []ProofSignature // at most 50, with at most 250 certificates
	Revisions  []ProofRevision  // at most 250
	Note       string           // last sentences, in Language; empty: what such a sheet is
}

// ProofSignature is one signature, seal or timestamp of the file. Fields that are
// empty are not drawn.
type ProofSignature struct {
	Kind       ProofKind
	Result     string // in the proof's language
	Indication string // of EN 319 102-1: "TOTAL_PASSED"
	Field      string // its name in the file
	Signer     string
	Time       time.Time
	TimeSource string // authority that attests Time; empty: the signer's own clock
	Level      string // "PAdES B-LTA"
	Since      string // whether the file was changed afterwards, in the proof's language
	Algorithm  string // "ECDSA P-384, SHA-384"
	Path       []ProofCertificate
}

// ProofKind tells who made a signature.
type ProofKind string

// The kinds of signatures there are; any other reads as a signature.
const (
	ProofPerson    ProofKind = "signature"
	ProofSeal      ProofKind = "seal"
	ProofTimestamp ProofKind = "timestamp"
)

// ProofCertificate is one certificate of a path, the signer's first.
type ProofCertificate struct {
	Subject, Issuer     string
	Serial              string // optional, hexadecimal
	SHA256              string // optional fingerprint, hexadecimal
	NotBefore, NotAfter time.Time
	Anchor              bool // trusted by itself
	Revocation          *ProofRevocation
}

// ProofRevocation is the answer of who issued a certificate.
type ProofRevocation struct {
	Source    string    // "OCSP" or "CRL"
	Revoked   time.Time // zero: not revoked
	Produced  time.Time
	Responder string // empty: the issuer itself
	Embedded  bool   // in the file
}

// ProofRevision is one revision of the file.
type ProofRevision struct {
	Number int
	Bytes  int64  // length of the file up to its end
	What   string // in the proof's language
	Rules  []string
}

// Bounds of a proof sheet, so that nobody's file fills a thousand pages.
const (
	maxProofText         = 300 // characters of one text; what is over is cut
	maxProofValue        = 600 // characters of one row
	maxProofReasons      = 50
	maxProofFacts        = 20
	maxProofSignatures   = 50
	maxProofCertificates = 250 // on all paths
	maxProofRevisions    = 250
	// maxProofSheet bounds all of it: characters, and rows that count as a line of them. It is
	// some forty pages.
	maxProofSheet = 40_000
	proofLine     = 80
)

// DrawProof sets the proof sheet: PDF/A-3a, tagged, the digest of the file under the
// title and at the foot of every page. Nothing is attached. created is the date in its
// metadata. Same proof and same created, same bytes. Errors are *FieldError;
// [ErrTooMany] is of a file too large for a sheet.
func DrawProof(p Proof, created time.Time) (*Drawn, error) {
	if err := p.validate(created); err != nil {
		return nil, err
	}
	sheet := p.sheet()
	if sheet.weight() > maxProofSheet {
		return nil, &FieldError{"signatures", ErrTooMany}
	}
	accent, _ := parseColour(p.Mutuality.Accent) // validated
	f := newFaces()
	pages, root, _, err := setLetter(sheet, accent, f)
	if err != nil {
		return nil, err
	}
	data := metadata{sheet.Title, p.Mutuality.Name, sheet.Language, created.UTC().Truncate(time.Second)}
	pdf := write(pages, root, f, data, nil)
	return &Drawn{PDF: pdf, Pages: len(pages), SHA256: sha256.Sum256(pdf), Sheet: sheet}, nil
}

// weight is about how much room a sheet takes, in characters.
func (s Sheet) weight() (n int) {
	for _, text := range s.Texts() {
		n += max(utf8.RuneCountInString(text), proofLine/2)
	}
	return n
}

func (p Proof) validate(created time.Time) error {
	var c checker
	c.that("created", created.Year() >= 2000 && created.Year() <= 2200)
	c.date("checked", p.Checked)
	c.head("-", p.Language, p.Mutuality, Person{Name: p.Mutuality.Name, Birth: p.Checked}, p.Checked)
	c.that("size", p.Size >= 0)
	if strings.TrimSpace(p.Verdict) == "" {
		c.fail("verdict", ErrMissing)
	}
	certificates := 0
	for _, s := range p.Signatures {
		certificates += len(s.Path)
	}
	few := len(p.Signatures) <= maxProofSignatures && len(p.Reasons) <= maxProofReasons && len(p.Facts) <= maxProofFacts &&
		len(p.Revisions) <= maxProofRevisions && certificates <= maxProofCertificates
	if !few {
		c.fail("signatures", ErrTooMany)
	}
	return c.err
}

// sheet composes the proof.
func (p Proof) sheet() Sheet {
	l := p.Language
	s := compose(l, p.Mutuality, Person{}, Digest(p.SHA256[:]), p.Checked, proofTitle)
	s.ReferenceLabel, s.Blocks, s.Signature = "SHA-256", nil, ""
	s.text(told(p.Verdict))
	var file rowList
	file.add(proofFile.in(l), plain(p.File))
	for _, r := range p.Facts {
		file.add(told(r.Label), told(r.Value))
	}
	if p.Size > 0 {
		file.add(proofSize.in(l), proofBytes.in(l, "{n}", thousands(l, p.Size)))
	}
	file.add(proofChecked.in(l), instant(l, p.Checked))
	if !p.At.IsZero() && !p.At.Equal(p.Checked) {
		file.add(proofAt.in(l), instant(l, p.At))
	}
	s.rows(file...)
	for _, r := range p.Reasons {
		s.text(told(r))
	}
	for i, x := range p.Signatures {
		s.heading(proofKinds[x.Kind.index()].in(l, "{n}", itoa(i+1)))
		s.rows(x.rows(l)...)
	}
	if len(p.Revisions) > 0 {
		s.heading(proofHistory.in(l))
		s.rows(p.history()...)
	}
	if p.Note != "" {
		s.text(told(p.Note))
	} else {
		s.text(proofNote.in(l))
	}
	return s
}

func (k ProofKind) index() int {
	switch k {
	case ProofSeal:
		return 1
	case ProofTimestamp:
		return 2
	}
	return 0
}

// rowList leaves out what is empty, and cuts what a page could not hold.
type rowList []Row

func (r *rowList) add(label, value string) {
	if value = cut(value, maxProofValue); value != "" {
		*r = append(*r, Row{label, value})
	}
}

// cut shortens a text to so many characters.
func cut(s string, most int) string {
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most-1]) + "…"
	}
	return s
}

func (x ProofSignature) rows(l Language) []Row {
	var r rowList
	r.add(proofResult.in(l), told(x.Result))
	switch x.Kind {
	case ProofTimestamp: // its authority is the source of the time
	case ProofSeal:
		r.add(proofSealer.in(l), plain(x.Signer))
	default:
		r.add(proofSigner.in(l), plain(x.Signer))
	}
	if !x.Time.IsZero() {
		source := plain(x.TimeSource)
		if source == "" {
			source = proofOwnClock.in(l)
		}
		r.add(proofTime.in(l), instant(l, x.Time))
		r.add(proofSource.in(l), source)
	}
	r.add(proofLevel.in(l), plain(x.Level))
	r.add(proofSince.in(l), told(x.Since))
	r.add(proofAlgorithm.in(l), plain(x.Algorithm))
	r.add(proofIndication.in(l), plain(x.Indication))
	r.add(proofField.in(l), plain(x.Field))
	for i, c := range x.Path {
		r.add(proofCertificate.in(l, "{n}", itoa(i+1)), c.line(l))
		r.add(proofRevocation.in(l, "{n}", itoa(i+1)), c.revocation(l))
	}
	if len(r) == 0 {
		r.add(proofResult.in(l), "–")
	}
	return r
}

// line is a certificate in one value.
func (c ProofCertificate) line(l Language) string {
	parts := []string{plain(c.Subject)}
	if c.Issuer != "" {
		parts = append(parts, proofIssuer.in(l, "{name}", plain(c.Issuer)))
	}
	if c.Serial != "" {
		parts = append(parts, proofSerial.in(l, "{serial}", plain(c.Serial)))
	}
	if c.SHA256 != "" {
		parts = append(parts, "SHA-256 "+plain(c.SHA256))
	}
	parts = append(parts, proofValidity.in(l, "{from}", date(l, c.NotBefore), "{to}", date(l, c.NotAfter)))
	return strings.TrimPrefix(strings.Join(parts, "; "), "; ")
}

func (c ProofCertificate) revocation(l Language) string {
	r := c.Revocation
	switch {
	case c.Anchor:
		return proofAnchor.in(l)
	case r == nil:
		return proofNoAnswer.in(l)
	}
	parts := []string{plain(r.Source), proofGood.in(l)}
	if !r.Revoked.IsZero() {
		parts[1] = proofRevoked.in(l, "{time}", instant(l, r.Revoked))
	}
	if !r.Produced.IsZero() {
		parts = append(parts, proofProduced.in(l, "{time}", instant(l, r.Produced)))
	}
	if r.Responder != "" {
		parts = append(parts, plain(r.Responder))
	}
	if r.Embedded {
		parts = append(parts, proofEmbedded.in(l))
	}
	return strings.Join(parts, "; ")
}

func (p Proof) history() []Row {
	var rows rowList
	for _, r := range p.Revisions {
		what := []string{told(r.What)}
		if r.Bytes > 0 {
			what = append(what, proofUpTo.in(p.Language, "{n}", thousands(p.Language, r.Bytes)))
		}
		for _, rule := range r.Rules[:min(len(r.Rules), maxProofText)] {
			what = append(what, plain(rule))
		}
		rows.add(proofRevision.in(p.Language, "{n}", itoa(r.Number)), strings.Join(what, "; "))
	}
	return rows
}

// instant writes a time with its zone: "20 novembre 2026, 14:08:00 (UTC+01:00)".
func instant(l Language, t time.Time) string {
	return date(l, t) + ", " + t.Format("15:04:05 (UTC-07:00)")
}

// thousands groups a number as the language does, with no-break spaces or a comma.
func thousands(l Language, n int64) string {
	digits := itoa(int(n))
	mark := "\u00a0"
	switch l {
	case EN:
		mark = ","
	case NL, DE:
		mark = "."
	}
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + mark + digits[at:]
	}
	return digits
}

// told is plain for the words of who checked: where they may be cut on a page is no part
// of them.
func told(s string) string { return plain(strings.ReplaceAll(s, "\u00ad", "")) }

// plain makes of any text one that can stand in a document: what hides, turns around or
// cannot be shown is written as its code points, "[U+0645 U+062D]".
func plain(s string) string {
	s = norm.NFC.String(strings.ToValidUTF8(s, string(replacement)))
	s = cut(s, maxProofText)
	s = MaskNumbers(s)
	var b strings.Builder
	open := false
	for _, r := range s {
		switch strange := !unicode.IsSpace(r) && (hides(string(r)) || !shown(string(r))); {
		case strange && !open:
			b.WriteString("[" + codePoint(r))
		case strange:
			b.WriteString(" " + codePoint(r))
		case open:
			b.WriteByte(']')
			fallthrough
		default:
			if unicode.IsSpace(r) && r != '\u00a0' {
				r = ' '
			}
			b.WriteRune(r)
		}
		open = !unicode.IsSpace(r) && (hides(string(r)) || !shown(string(r)))
	}
	if open {
		b.WriteByte(']')
	}
	return strings.TrimSpace(b.String())
}

func codePoint(r rune) string {
	const digits = "0123456789ABCDEF"
	text := ""
	for ; r > 0 || len(text) < 4; r >>= 4 {
		text = digits[r&15:r&15+1] + text
	}
	return "U+" + text
}
