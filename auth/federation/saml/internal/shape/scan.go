package shape

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// scanner walks the raw tokens of a message along the table. It reads them with the
// parser that the libraries use, so that it cannot see another message than they.
type scanner struct {
	dec      *xml.Decoder
	stack    []frame
	prefixes []binding
	ids      map[string]bool
	elements int
	limit    int  // of elements
	comments bool // are skipped, not refused
	ended    bool
	head     Head
}

// frame is an open element.
type frame struct {
	raw      xml.Name // as written, prefix and all
	rule     *rule
	id       string
	rank     int   // of the last child
	seen     []int // how many of each child of the rule
	text     int   // bytes of text so far
	prefixes int   // bindings in scope outside
	value    *strings.Builder
}

type binding struct{ prefix, uri string }

// name is a namespace and a local name.
type name struct{ space, local string }

func newScanner(doc []byte, limit int) *scanner {
	dec := xml.NewDecoder(bytes.NewReader(doc))
	return &scanner{dec: dec, limit: limit, ids: map[string]bool{}, prefixes: []binding{{"xml", nsXML}}}
}

func (s *scanner) run(root child) error {
	for first := true; ; first = false {
		token, err := s.dec.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return errors.New("message is not well-formed XML")
		}
		if err := s.token(token, root, first); err != nil {
			return err
		}
	}
	if !s.ended || len(s.stack) != 0 {
		return errors.New("message ends early")
	}
	return nil
}

func (s *scanner) token(token xml.Token, root child, first bool) error {
	switch t := token.(type) {
	case xml.StartElement:
		return s.start(t, root)
	case xml.EndElement:
		return s.end(t)
	case xml.CharData:
		return s.text(t)
	case xml.Comment:
		if s.comments {
			return nil
		}
	case xml.ProcInst:
		if first && t.Target == "xml" {
			return nil // the declaration; the parser refuses another encoding than UTF-8
		}
	}
	return errMarkup
}

func (s *scanner) start(t xml.StartElement, root child) error {
	if s.elements++; s.elements > s.limit || len(s.stack) >= maxDepth || len(t.Attr) > maxAttributes {
		return errElements
	}
	f := frame{raw: t.Name, prefixes: len(s.prefixes)}
	if err := s.declare(t.Attr); err != nil {
		return err
	}
	n, err := s.resolve(t.Name, true)
	if err != nil {
		return err
	}
	all, err := s.attributes(t.Attr)
	if err != nil {
		return err
	}
	if f.rule, err = s.place(n, root); err != nil {
		return err
	}
	if f.id, err = s.identify(all); err != nil {
		return err
	}
	f.seen = make([]int, len(f.rule.children))
	s.stack = append(s.stack, f)
	if f.rule.start != nil {
		if err := f.rule.start(s, all); err != nil {
			return fmt.Errorf("%s: %w", n.local, err)
		}
	}
	return nil
}

// place finds the rule of an element where it stands.
func (s *scanner) place(n name, root child) (*rule, error) {
	if len(s.stack) == 0 {
		if s.ended || n != root.name {
			return nil, errors.New("message has another root, or a second one")
		}
		return root.rule, nil
	}
	parent := &s.stack[len(s.stack)-1]
	if first := parent.rule.first; first != nil && n == (name{nsDS, "Signature"}) && len(s.stack) == 1 {
		if s.head.Signed {
			return nil, errors.New("message is signed twice")
		}
		return first, nil
	}
	if parent.rule.any {
		if reserved[n.local] && !parent.rule.open {
			return nil, fmt.Errorf("%s stands where it never does", n.local)
		}
		return parent.rule, nil
	}
	for i, c := range parent.rule.children {
		if c.name != n {
			continue
		}
		if parent.seen[i]++; parent.seen[i] > c.max || c.rank < parent.rank {
			return nil, fmt.Errorf("%s stands twice or out of order", n.local)
		}
		parent.rank = c.rank
		return c.rule, nil
	}
	return nil, errors.New("an element stands where it never does")
}

func (s *scanner) end(t xml.EndElement) error {
	if len(s.stack) == 0 || s.stack[len(s.stack)-1].raw != t.Name {
		return errors.New("message is not well-formed XML")
	}
	f := &s.stack[len(s.stack)-1]
	for i, c := range f.rule.children {
		if f.seen[i] < c.min {
			return fmt.Errorf("%s is missing", c.name.local)
		}
	}
	if f.rule.end != nil {
		value := ""
		if f.value != nil {
			value = f.value.String()
		}
		if err := f.rule.end(s, value); err != nil {
			return err
		}
	}
	s.prefixes = s.prefixes[:f.prefixes]
	s.stack = s.stack[:len(s.stack)-1]
	s.ended = len(s.stack) == 0
	return nil
}

func (s *scanner) text(t xml.CharData) error {
	if len(s.stack) == 0 || s.stack[len(s.stack)-1].rule.text == 0 {
		switch {
		case len(bytes.Trim(t, " \t\r\n")) == 0:
			return nil
		case len(s.stack) == 0:
			return errors.New("text stands outside of the root element")
		}
		return errors.New("text stands between elements")
	}
	f := &s.stack[len(s.stack)-1]
	if f.text += len(t); f.text > f.rule.text {
		return errors.New("a text is too long")
	}
	if f.rule.end != nil {
		if f.value == nil {
			f.value = &strings.Builder{}
		}
		f.value.Write(t)
	}
	return nil
}
