package signing

import (
	"slices"
	"testing"
)

// rows are the attacks known against signed PDFs, each with some of those here that make
// it. What is made in another test, since it takes more than a file, is named there.
var rows = map[string][]string{
	"bit flip": {"bit flipped in the header", "bit flipped in the page content", "claimed time changed"},
	"incremental saving": {
		"page content replaced", "other catalog", "objects appended without cross-reference", "second end", "last byte cut off",
		"two steps, the second changes it back", "entry pointing at nothing", "end in other white space",
	},
	"signature wrapping":     {"object hidden in the hole", "dictionary closed inside the hole", "Contents twice", "ByteRange does not start at 0", "ByteRange ends in a later revision"},
	"universal forgery":      {"Contents missing", "Contents null", "Contents all zeros", "ByteRange missing", "ByteRange negative", "ByteRange of zeros", "no signer"},
	"other shapes of CMS":    {"no signer", "two signers", "content inside", "other content type", "only the issuer's certificate"},
	"certificate swap":       {"certificate swapped for another with the same key", "signing certificate of another", "signing certificate with a foreign serial number"},
	"false second signature": {"signature dictionary copied", "signature dictionary shared by two fields", "signature of a stranger added", "signature dictionary replaced"},
	"signature removed": { // see TestWhatIsTakenAwayIsMissed too
		"signature taken out of its field", "field taken out of the form", "form taken out of the catalog", "cut back to the unsigned file",
	},
	"shadow: hide, replace, both": {
		"planted: overlay taken away", "planted: overlay that was blank", "planted: second content waits in an object", "planted: second document waits",
		"planted: font whose glyphs are exchanged", "object that nothing points to", "object freed",
	},
	"evil annotation, sneaky signature": {
		"annotation of text", "annotation that redacts", "visible document timestamp added", "timestamp: dot between two digits",
		"certification: note added where notes are permitted", "empty signature field added", "signature of a stranger added over the text",
	},
	"forms": {"planted: form field filled in", "appearances to be made again", "XFA form", "text field added", "lock: all, then a field filled in"},
	"what is drawn or done": {
		"font replaced", "page turned", "page cropped", "page resources replaced", "optional content", "action on opening", "script by name",
		"attached request replaced", "planted: picture exchanged", "planted: layer switched off",
	},
	"evidence as a vehicle": {"evidence that is the page", "evidence that is the page content", "evidence with an unknown entry", "number that a signed page was waiting for", "object inside evidence"},
	"unsigned attributes":   {"timestamp over other data", "timestamp of an unknown authority", "certificates added beside", "unsigned attribute twice", "archive: newest token replaced by one over nothing"},
	"malleability":          {"Contents with blanks", "Contents of odd length", "value in DER that is not minimal"}, // see TestTwinsPassAndDiffer too
	"weak algorithms":       {"SHA-1", "MD5", "RSA of 1024 bits", "PSS: mask on SHA-1"},
	"load": { // see TestVerifyHeavyFiles too
		"page tree that contains itself", "stream whose length is itself", "nesting of 100000", "evidence that inflates to 128 MiB", "cross-reference of four billion entries", "hundred revisions",
	},
	"two kinds of readers": {"hybrid, signed: content of another place for some", "hybrid, later: content exchanged for some", "hybrid, later: page shows what some do not see"},
}

// Every row has its attacks, and each of them is made on the letter and among those that
// meet other files.
func TestRowsHaveAttacks(t *testing.T) {
	here := map[string]bool{}
	for _, a := range everyAttack() {
		here[a.name] = true
	}
	for row, names := range rows {
		for _, name := range names {
			if !here[name] {
				t.Errorf("%s: no attack is called %q", row, name)
			}
		}
	}
	t.Logf("%d attacks, %d rows", len(here), len(rows))
}

func everyAttack() []attack {
	return slices.Concat(byteAttacks, rangeAttacks, updateAttacks, formAttacks, evidenceAttacks, cmsAttacks, stampAttacks, loadAttacks,
		markAttacks, plantAttacks, archiveAttacks, certifyAttacks, hybridAttacks, lockAttacks, roleAttacks, numberAttacks)
}
