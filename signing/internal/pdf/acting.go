package pdf

import (
	"bytes"
	"maps"
	"slices"
	"strings"
)

// What [Acting] names.
const (
	Script   = "script"
	Launch   = "launch action"
	Sending  = "submit or import action"
	Fetching = "link to a file"
	Carried  = "embedded file"
	Forms    = "XFA form"
	Media    = "multimedia"
	External = "external content"
)

// actingNames are names that stand in a file for nothing else than what runs, sends, fetches
// or carries something along (ISO 32000-1, 7.11.4, 12.5.6 and 12.6.4).
var actingNames = map[string]string{
	"JavaScript": Script, "OnInstantiate": Script, "Rendition": Media, "RichMedia": Media, "RichMediaContent": Media,
	"RichMediaExecute": Script, "Launch": Launch, "SubmitForm": Sending, "ImportData": Sending, "GoToR": Fetching, "GoToE": Fetching,
	"XFA": Forms, "EmbeddedFile": Carried, "EmbeddedFiles": Carried, "EF": Carried, "FileAttachment": Carried,
}

// actingKinds are names that act only as a type: a blend mode is called Screen as well.
var actingKinds = map[string]string{
	"Movie": Media, "Sound": Media, "Screen": Media, "3D": Media, "U3D": Media, "PRC": Media,
}

// Acting names, in alphabetical order, what in a file of any make can run, send, fetch or
// carry something along when somebody opens it. Unlike [Open] it takes files that are
// damaged, since people have such and readers repair them: it looks at every place where
// one of them may find an object, whatever the cross-reference says, and into every object
// stream. What it cannot look into it refuses. Files that are sound and carry nothing but
// JSON, as our own do, carry nothing that counts.
//
// Errors: ErrNotPDF, ErrTooLarge, ErrEncrypted, ErrStructure, ErrLimit.
func Acting(data []byte) ([]string, error) {
	if len(data) > maxSize {
		return nil, ErrTooLarge
	}
	if !bytes.HasPrefix(data, []byte("%PDF-")) {
		return nil, ErrNotPDF
	}
	s := &sweep{src: data, room: sweeps*len(data) + maxInflated/64, found: map[string]bool{}}
	s.file.work.maxBytes = len(data)
	err := s.all()
	switch {
	case s.locked:
		return nil, ErrEncrypted
	case err != nil:
		return nil, err
	case s.found[Carried] && onlyJSON(data):
		delete(s.found, Carried)
	}
	return slices.Sorted(maps.Keys(s.found)), nil
}

// sweeps is how often the bytes of a file are looked at, all in all: once, if its objects
// follow one another and end.
const sweeps = 8

// sweep looks for what acts.
type sweep struct {
	src    []byte
	file   File // for the filters alone
	room   int  // bytes that may still be looked at
	found  map[string]bool
	locked bool
}

// all looks at each place where an object or a trailer may begin, inside streams as well:
// a cross-reference may point there.
func (s *sweep) all() error {
	for _, word := range []string{"obj", "trailer"} {
		for at := 0; ; {
			i := bytes.Index(s.src[at:], []byte(word))
			if i < 0 {
				break
			}
			at += i
			from := at + len(word)
			if s.room < 0 {
				return over("words that may begin an object")
			}
			if word == "trailer" || s.numbered(s.src[:at]) {
				if err := s.object(from); err != nil {
					return err
				}
			}
			at = from
		}
	}
	return nil
}

// numbered reports bytes that end in a number, or in something that may hide one: a
// comment, or more blanks than anybody writes.
func (s *sweep) numbered(before []byte) bool {
	whole := len(before) <= longLine
	before = before[max(0, len(before)-longLine):]
	text := bytes.TrimRight(before, "\x00\t\n\f\r ")
	if len(text) == 0 {
		return !whole
	}
	if last := text[len(text)-1]; last >= '0' && last <= '9' {
		return true
	}
	if len(text) == len(before) {
		return false
	}
	s.room -= len(before)
	line := bytes.LastIndexAny(text, "\r\n")
	return bytes.IndexByte(text[line+1:], '%') >= 0 || line < 0 && !whole
}

// longLine is how far back a number is looked for, in bytes.
const longLine = 1 << 10

// object looks at one object, and into it if it is an object stream.
func (s *sweep) object(from int) error {
	w := &words{src: s.src, pos: from}
	packs, err := s.read(w, true)
	if err != nil || !packs || w.last != "stream" {
		return err
	}
	d, err := (&reader{src: s.src, pos: from, work: &s.file.work}).object()
	if err != nil {
		return err
	}
	dict, ok := d.(Dict)
	if !ok {
		return broken(from, "an object stream without a dictionary")
	}
	data := s.src[w.pos:]
	data = bytes.TrimPrefix(bytes.TrimPrefix(data, []byte("\r")), []byte("\n"))
	if dict.Get("Filter") == nil {
		data = data[:unfiltered(dict, data)]
	}
	inside, err := s.file.inflate(&Stream{Dict: dict, Data: data})
	if err != nil {
		return err
	}
	_, err = s.read(&words{src: inside}, false)
	return err
}

// unfiltered is how long a stream may be that is read as it stands: readers go by its
// Length, or by the word after it.
func unfiltered(dict Dict, data []byte) int {
	length, ok := dict.Get("Length").(Integer)
	end := bytes.Index(data, []byte("endstream"))
	if !ok || end < 0 || length < 0 || length > Integer(len(data)) {
		return len(data)
	}
	return max(int(length), end)
}

// read looks at what follows, to the end of an object or, if there is more than one, to
// the last byte. packs says that it has what only object streams have (ISO 32000-1, table 16).
func (s *sweep) read(w *words, one bool) (packs bool, err error) {
	var n, first, outside bool
	depth, before := 0, ""
	for from, more := w.pos, true; ; from = w.pos {
		more = w.next()
		if s.room -= w.pos - from; s.room < 0 {
			return false, over("objects inside objects")
		}
		if !more {
			return false, nil
		}
		if before == "/F" && depth == 1 && w.last != ">>" && w.last[0] != '/' {
			outside = true // a file specification, if this is a stream (table 5)
		}
		switch w.last {
		case "<<", "[":
			depth++
		case ">>", "]":
			depth = max(0, depth-1)
		case "stream":
			if one && depth == 0 {
				if outside {
					s.found[External] = true
				}
				return packs || n && first, nil
			}
		case "endobj", "startxref":
			if one && depth == 0 {
				return false, nil
			}
		case "/ObjStm":
			packs = true
		case "/N":
			n = true
		case "/First":
			first = true
		case "/Encrypt":
			s.locked = true
		}
		s.name(w.last, before)
		before = w.last
	}
}

// name notes a name that acts.
func (s *sweep) name(word, before string) {
	name, ok := strings.CutPrefix(word, "/")
	if !ok {
		return
	}
	if what := actingNames[name]; what != "" {
		s.found[what] = true
	}
	if what := actingKinds[name]; what != "" && (before == "/S" || before == "/Subtype") {
		s.found[what] = true
	}
}

// onlyJSON reports a file that is sound and whose files are JSON by name, which no program
// runs. ISO 19005-3, 6.8 has archives carry data that way.
func onlyJSON(data []byte) bool {
	f, err := Open(data)
	if err != nil {
		return false
	}
	s, err := f.scan()
	if err != nil || len(s.hidden) > 0 {
		return false
	}
	for _, o := range f.objects {
		if !namesJSON(o.Value) {
			return false
		}
	}
	return true
}

// namesJSON reports a value with no file specification (ISO 32000-1, 7.11.3) but of JSON.
func namesJSON(o Object) bool {
	switch o := o.(type) {
	case *Stream:
		return namesJSON(o.Dict)
	case Array:
		return !slices.ContainsFunc(o, func(v Object) bool { return !namesJSON(v) })
	case Dict:
		if o.Get("EF") != nil && (o.Get("DOS") != nil || o.Get("Mac") != nil || o.Get("Unix") != nil || !jsonName(o.Get("F")) || !jsonName(o.Get("UF"))) {
			return false
		}
		return !slices.ContainsFunc(o, func(e Entry) bool { return !namesJSON(e.Value) })
	}
	return true
}

func jsonName(o Object) bool {
	name, ok := o.(String)
	return ok && bytes.HasSuffix(name, []byte(".json")) && !bytes.ContainsAny(name, "/\\:")
}
