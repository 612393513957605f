package document

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"guichet.example/signing/document/documenttest"
)

// proof has a signature, a timestamp and a history.
func proof(l Language) Proof {
	at := time.Date(2026, 11, 20, 15, 30, 0, 0, time.FixedZone("CET", 3600))
	return Proof{
		Language: l, Mutuality: mutuality(), Checked: at, File: "demande.pdf", Size: 148213,
		SHA256: sha256.Sum256([]byte("demande")), Verdict: "Valide, et inchangé depuis la signature.",
		Reasons: []string{"Le certificat était valable et non révoqué au moment de la signature."},
		Signatures: []ProofSignature{{
			Kind: ProofPerson, Result: "Valide", Indication: "TOTAL_PASSED", Field: "Signature1", Signer: "Γιώργος Παπαδόπουλος",
			Time: at.Add(-time.Hour), TimeSource: "Belgian TSA", Level: "PAdES B-LTA", Algorithm: "ECDSA P-384, SHA-384",
			Path: []ProofCertificate{
				{Subject: "Олена Ґудзь", Issuer: "Citizen CA", Serial: "10000000000052B8C3A1", NotBefore: on(2024, 1, 1), NotAfter: on(2034, 1, 1),
					Revocation: &ProofRevocation{Source: "OCSP", Produced: at.Add(-time.Hour), Responder: "Belgium OCSP Responder", Embedded: true}},
				{Subject: "Belgium Root CA4", NotBefore: on(2013, 6, 26), NotAfter: on(2032, 10, 22), Anchor: true},
			},
		}, {Kind: ProofTimestamp, Result: "Valide", Time: at}, {Kind: ProofSeal}},
		Revisions: []ProofRevision{
			{Number: 1, Bytes: 41200, What: "Original"},
			{Number: 2, Bytes: 148213, What: "Signature", Rules: []string{"ISO 32000-2, 12.8.2.2"}},
		},
	}
}

func TestDrawProofRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Proof)
		field  string
	}{
		"no language":      {func(p *Proof) { p.Language = "" }, "language"},
		"no mutuality":     {func(p *Proof) { p.Mutuality.Name = "" }, "mutuality.name"},
		"no time":          {func(p *Proof) { p.Checked = time.Time{} }, "checked"},
		"no verdict":       {func(p *Proof) { p.Verdict = " " }, "verdict"},
		"negative size":    {func(p *Proof) { p.Size = -1 }, "size"},
		"51 signatures":    {func(p *Proof) { p.Signatures = make([]ProofSignature, 51) }, "signatures"},
		"251 on all paths": {func(p *Proof) { p.Signatures[1].Path = make([]ProofCertificate, 249) }, "signatures"},
		"251 revisions":    {func(p *Proof) { p.Revisions = make([]ProofRevision, 251) }, "signatures"},
		"51 reasons":       {func(p *Proof) { p.Reasons = make([]string, 51) }, "signatures"},
	} {
		p := proof(FR)
		test.change(&p)
		var field *FieldError
		if d, err := DrawProof(p, created); d != nil || !errors.As(err, &field) || field.Field != test.field {
			t.Errorf("%s: DrawProof = %v, want a refusal of %s", name, err, test.field)
		}
	}
	if _, err := DrawProof(proof(FR), time.Time{}); !errors.Is(err, ErrFormat) {
		t.Errorf("DrawProof without created = %v", err)
	}
}

// Words of a page come with their soft hyphens, names of a file with whatever they hide.
func TestSoftHyphens(t *testing.T) {
	p := proof(DE)
	p.Facts, p.Note = []Row{{"Doku\u00adment", "Kranken\u00adversicherungs\u00adkarte"}}, "Bewahren Sie es auf."
	p.Signatures[0].Signer = "Ma\u00adthieu"
	all := strings.Join(p.sheet().Texts(), "\n")
	for _, want := range []string{"Dokument\nKrankenversicherungskarte", "Ma[U+00AD]thieu", "Bewahren Sie es auf."} {
		if !strings.Contains(all, want) {
			t.Errorf("the sheet does not say %q", want)
		}
	}
}

func TestNationalNumbersAreMasked(t *testing.T) {
	for in, want := range map[string]string{
		"85.07.30-033.28":            "xx.xx.xx-xxx.xx",
		"Jan 85073003328 x":          "Jan xxxxxxxxxxx x",
		"2026 85.07.30-033.28/1":     "2026 xx.xx.xx-xxx.xx/1",
		"\u0668\u0665073003328":      "xxxxxxxxxxx",
		"85 07 30\u2011033\u00a028":  "xx xx xx\u2011xxx\u00a0xx",
		"85.07.30-033.29":            "85.07.30-033.29",
		"GC-2026-4K7P-118, 0305 118": "GC-2026-4K7P-118, 0305 118",
		"":                           "",
		"a\xffb":                     "a\xffb",
	} {
		if got := MaskNumbers(in); got != want {
			t.Errorf("MaskNumbers(%q) = %q, want %q", in, got, want)
		}
	}
}

// hostileProof is of a file that somebody made to trip its reader.
func hostileProof() Proof {
	p := proof(DE)
	evil := "محمد \u202egnp.exe\u200b 王 🙂 a\xffb\x00 85.07.30-033.28 " + strings.Repeat("W", 700)
	p.File, p.Verdict, p.Reasons = evil, evil, []string{evil}
	for range 5 {
		c := ProofCertificate{Subject: evil, Issuer: evil, Serial: evil, SHA256: evil, Revocation: &ProofRevocation{Source: evil, Responder: evil, Revoked: created}}
		p.Signatures = append(p.Signatures, ProofSignature{
			Kind: "other", Signer: evil, Field: evil, Result: evil, Level: evil, TimeSource: evil, Time: created, Path: []ProofCertificate{c}})
		p.Revisions = append(p.Revisions, ProofRevision{What: evil, Rules: []string{evil, evil, evil, evil}})
	}
	return p
}

func TestProofsKeepTheRulesAndAreReadInOrder(t *testing.T) {
	proofs := map[string]Proof{"hostile": hostileProof()}
	for _, l := range Languages() {
		proofs[string(l)] = proof(l)
	}
	for name, p := range proofs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, err := DrawProof(p, created)
			if err != nil {
				t.Fatal(err)
			}
			again, err := DrawProof(p, created)
			if err != nil || !bytes.Equal(d.PDF, again.PDF) {
				t.Errorf("DrawProof gives other bytes the second time (%v)", err)
			}
			documenttest.CheckPDFA(t, d.PDF)
			var structured strings.Builder
			for _, m := range quoted.FindAllStringSubmatch(tool(t, d.PDF, "pdfinfo", "-struct-text", "FILE"), -1) {
				structured.WriteString(m[1])
			}
			if got, want := squeeze(structured.String()), squeeze(strings.Join(d.Sheet.Texts(), "")); got != want {
				t.Errorf("structure reads %q, want %q", got, want)
			}
			all := strings.Join(d.Sheet.Texts(), "\n")
			if strings.ContainsAny(all, "{}\u202e\u200b") || holdsNationalNumber(all) {
				t.Errorf("the sheet reads %q", all)
			}
			if name != "hostile" {
				golden(t, "proof-"+name+".txt", []byte(all+"\n"))
			}
		})
	}
}

// The largest proof there may be is refused before it is drawn, or is drawn on few pages.
func TestProofsAreNoBooks(t *testing.T) {
	p := proof(FR)
	long := strings.Repeat("W", 300)
	for len(p.Signatures) < maxProofSignatures {
		c := ProofCertificate{Subject: long, Issuer: long, Revocation: &ProofRevocation{Source: "OCSP", Responder: long}}
		p.Signatures = append(p.Signatures, ProofSignature{Signer: long, Field: long, Path: []ProofCertificate{c, c, c, c, c}})
	}
	var field *FieldError
	if _, err := DrawProof(p, created); !errors.As(err, &field) || field.Reason != ErrTooMany {
		t.Errorf("a book: %v", err)
	}
	for n := maxProofSignatures; n > 0; n-- {
		p.Signatures = p.Signatures[:n]
		if d, err := DrawProof(p, created); err == nil {
			if d.Pages > 45 || d.Pages < 10 {
				t.Errorf("%d signatures on %d pages", n, d.Pages)
			}
			return
		}
	}
	t.Error("no proof is short enough")
}

func TestStrangeNamesAreWrittenAsCodePoints(t *testing.T) {
	for in, want := range map[string]string{
		"Mathieu Delcourt":       "Mathieu Delcourt",
		"Γιώργος Παπαδόπουλος":   "Γιώργος Παπαδόπουλος",
		"Олена Ґудзь":            "Олена Ґудзь",
		"王":                      "[U+738B]",
		"a محم b":                "a [U+0645 U+062D U+0645] b",
		"x\u202ey":               "x[U+202E]y",
		"🙂!":                     "[U+1F642]!",
		"a\u00a0b\tc":            "a\u00a0b c",
		"a\x00":                  "a[U+0000]",
		"Zoe\u0308":              "Zoë",
		"x\u0316":                "x[U+0316]",
		"85.07.30-033.28, x 1":   "xx.xx.xx-xxx.xx, x 1",
		strings.Repeat("é", 301): strings.Repeat("é", 299) + "…",
	} {
		if got := plain(in); got != want {
			t.Errorf("plain(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNumbersAreGroupedAsTheLanguageDoes(t *testing.T) {
	for l, want := range map[Language]string{FR: "1\u00a0234\u00a0567", NL: "1.234.567", DE: "1.234.567", EN: "1,234,567"} {
		if got := thousands(l, 1234567); got != want || thousands(l, 999) != "999" {
			t.Errorf("thousands(%s) = %q, want %q", l, got, want)
		}
	}
}

// Any name in a file under check is drawn, and as what it is.
func FuzzPlain(f *testing.F) {
	for _, s := range []string{"Mathieu", "محمد", "\u202ex", "a\xff", "85.07.30-033.28", "🙂", "\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := plain(s)
		if hides(p) || !shown(p) || holdsNationalNumber(p) && !strings.Contains(p, "U+") {
			t.Fatalf("plain(%q) = %q", s, p)
		}
	})
}
