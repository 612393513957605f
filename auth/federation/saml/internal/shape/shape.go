// Package shape looks at the XML of a SAML message before any library reads it.
//
// A signature says which element was signed, not where it stands; every signature
// wrapping attack (XSW) is a message whose elements stand where no provider puts
// them. So each message here has one shape, a closed table of elements in their order:
// one root, one assertion at its place, signatures only as children of what they sign,
// each with one reference to just that parent, algorithms from a list. What is not in
// the table is refused: DOCTYPE, comments, CDATA, processing instructions, extensions,
// advice, embedded objects, keys outside certificates.
//
// The look is one pass over the bytes with bounds on size, depth, elements, attributes
// and text, before anything is built in memory, decrypted or digested.
//
// SAML 2.0 core (saml-core-2.0-os), 5.4 for the profile of XML signatures.
package shape

import (
	"bytes"
	"errors"
	"fmt"
	"unicode/utf8"
)

// Bounds of a message. An answer of FAS has about 60 elements and 12 kB.
const (
	MaxBytes      = 256 << 10
	maxDepth      = 32
	maxElements   = 900 // goxmldsig stops at 1,000 nodes
	maxAttributes = 24  // of one element, declarations of namespaces included
	maxPrefixes   = 64  // in scope
	maxEquals     = 6000
	maxText       = 4 << 10 // of one text, where the table names no other bound
	maxName       = 256     // of an ID or the name of an attribute
)

// Kind is the kind of a message.
type Kind int

// The kinds that are read here.
const (
	Response Kind = iota + 1
	Assertion
	LogoutRequest
	LogoutResponse
)

// Head is what the pass saw of the outermost element. It is unverified: good for
// refusing early, and for nothing else.
type Head struct {
	ID, InResponseTo, Destination, Issuer, IssueInstant, NotOnOrAfter string

	Status    []string // status code and, if there, the one below it
	Signed    bool     // the outermost element has a signature
	Assertion bool     // it holds an assertion
	Encrypted bool     // it holds an encrypted assertion
}

// errBytes and others are said without a word of the message.
var (
	errSize     = errors.New("message is empty or too long")
	errUTF8     = errors.New("message is not UTF-8")
	errMarkup   = errors.New("message has a DOCTYPE, comment, CDATA section or processing instruction")
	errElements = errors.New("message has too many elements or attributes")
)

// Check says whether doc is a message of the kind in the one shape that is read. The
// error names what is wrong and never repeats a value.
func Check(doc []byte, k Kind) (Head, error) {
	if err := cheap(doc); err != nil {
		return Head{}, err
	}
	if bytes.Contains(doc, []byte("<!")) {
		return Head{}, errMarkup
	}
	root, ok := roots[k]
	if !ok {
		return Head{}, fmt.Errorf("no kind %d", int(k))
	}
	s := newScanner(doc, maxElements)
	if err := s.run(root); err != nil {
		return Head{}, err
	}
	if s.head.Assertion && s.head.Encrypted {
		return Head{}, errors.New("message holds two assertions")
	}
	return s.head, nil
}

// Bounds of a provider's metadata: its own, not those of a federation of hundreds.
const (
	MaxMetadata      = 512 << 10
	metadataElements = 4000
)

// Metadata says whether doc is XML that may be read as a provider's metadata: bounded,
// UTF-8, without DOCTYPE or processing instruction, nothing twice that must be once.
// It may have comments and elements of any kind. If signed, its outermost element has a
// signature in the same shape as a message's.
func Metadata(doc []byte, signed bool) error {
	if len(doc) == 0 || len(doc) > MaxMetadata {
		return errSize
	}
	if !utf8.Valid(doc) || bytes.HasPrefix(doc, []byte("\ufeff")) {
		return errUTF8
	}
	s := newScanner(doc, metadataElements)
	s.comments = true
	root := &rule{any: true, open: true, text: certificateText}
	if signed {
		root.first = signature
	}
	if err := s.run(child{name: name{nsMD, "EntityDescriptor"}, rule: root}); err != nil {
		return err
	}
	if signed && !s.head.Signed {
		return errors.New("metadata has no signature, or not at its place")
	}
	return nil
}

// cheap refuses by looking at bytes alone.
func cheap(doc []byte) error {
	switch {
	case len(doc) == 0 || len(doc) > MaxBytes:
		return errSize
	case !utf8.Valid(doc) || bytes.HasPrefix(doc, []byte("\ufeff")):
		return errUTF8
	case bytes.LastIndex(doc, []byte("<?")) > 0:
		return errMarkup
	case bytes.Count(doc, []byte("<")) > 2*maxElements+1, bytes.Count(doc, []byte("=")) > maxEquals:
		return errElements
	}
	return nil
}
