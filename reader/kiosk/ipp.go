package kiosk

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// What of IPP a kiosk speaks: two or three questions, and their answers (RFC 8010, 3;
// numbers in RFC 8011, 5.4.15 and appendix B; GetDefault is CUPS's own).
const (
	ippGetPrinter = 0x000B
	ippGetJobs    = 0x000A
	ippGetDefault = 0x4001

	ippFailed   = 0x0400 // and above
	ippNotFound = 0x0406

	ippPrinterStopped = 5
	ippJobCompleted   = 9
)

// Tags of groups and values (RFC 8010, 3.5).
const (
	tagOperation = 0x01
	tagEnd       = 0x03
	tagGroups    = 0x10 // below it: a group begins
	tagInteger   = 0x21
	tagBoolean   = 0x22
	tagEnum      = 0x23
	tagKeyword   = 0x44
	tagURI       = 0x45
	tagCharset   = 0x47
	tagLanguage  = 0x48
)

// maxIPP bounds an answer, in bytes; maxIPPValues the values in it.
const (
	maxIPP       = 256 << 10
	maxIPPValues = 4096
)

var errIPP = errors.New("not an answer of a printing system")

// ipp is a question.
type ipp struct {
	operation uint16
	printer   string // URI; empty: none is named
	limit     uint32 // of ended jobs, the newest; 0: it is not about jobs
	want      []string
}

func (q ipp) bytes() []byte {
	b := binary.BigEndian.AppendUint16([]byte{1, 1}, q.operation) // IPP/1.1
	b = binary.BigEndian.AppendUint32(b, 1)                       // number of the request
	b = append(b, tagOperation)
	b = appendIPP(b, tagCharset, "attributes-charset", "utf-8")
	b = appendIPP(b, tagLanguage, "attributes-natural-language", "en")
	if q.printer != "" {
		b = appendIPP(b, tagURI, "printer-uri", q.printer)
	}
	if q.limit > 0 {
		b = appendIPP(b, tagInteger, "limit", string(binary.BigEndian.AppendUint32(nil, q.limit)))
		b = appendIPP(b, tagKeyword, "which-jobs", "completed")
	}
	name := "requested-attributes"
	for _, want := range q.want {
		b = appendIPP(b, tagKeyword, name, want)
		name = "" // one more value of the same
	}
	return append(b, tagEnd)
}

func appendIPP(b []byte, tag byte, name, value string) []byte {
	b = append(b, tag)
	b = append(binary.BigEndian.AppendUint16(b, uint16(len(name))), name...)
	return append(binary.BigEndian.AppendUint16(b, uint16(len(value))), value...)
}

// ippGroup is the values of each attribute of a printer or a job.
type ippGroup map[string][][]byte

// text is the first value; empty if there is none.
func (g ippGroup) text(name string) string {
	if list := g[name]; len(list) > 0 {
		return string(list[0])
	}
	return ""
}

// number is the first value of an integer, an enum or a boolean; 0 if it is none.
func (g ippGroup) number(name string) int32 {
	switch value := []byte(g.text(name)); len(value) {
	case 1:
		return int32(value[0])
	case 4:
		return int32(binary.BigEndian.Uint32(value))
	}
	return 0
}

// ippAnswer is what came back: the groups behind that of the operation.
type ippAnswer struct {
	status uint16
	groups []ippGroup
}

// parseIPP reads an answer of at most maxIPP bytes. errIPP.
func parseIPP(data []byte) (ippAnswer, error) {
	if len(data) > maxIPP {
		return ippAnswer{}, fmt.Errorf("%w: too long", errIPP)
	}
	r := ippReader{rest: data}
	r.take(2) // version
	answer := ippAnswer{status: uint16(r.size())}
	r.take(4) // number of the request
	var group ippGroup
	var name string
	for values := 0; r.err == nil; values++ {
		tag := r.tag()
		switch {
		case r.err != nil:
		case values > maxIPPValues:
			r.err = fmt.Errorf("%w: too many values", errIPP)
		case tag == tagEnd && len(r.rest) == 0:
			return answer, nil
		case tag == tagOperation:
			group, name = ippGroup{}, "" // read, and of no use
		case tag == tagEnd:
			r.err = fmt.Errorf("%w: something behind its end", errIPP)
		case tag < tagGroups:
			group, name = ippGroup{}, ""
			answer.groups = append(answer.groups, group)
		default:
			if key := string(r.take(r.size())); key != "" {
				name = key
			}
			value := r.take(r.size())
			if group == nil || name == "" {
				r.err = fmt.Errorf("%w: a value of nothing", errIPP)
			} else if r.err == nil {
				group[name] = append(group[name], value)
			}
		}
	}
	return ippAnswer{}, r.err
}

// ippReader takes one piece after the other, until one is cut off.
type ippReader struct {
	rest []byte
	err  error
}

func (r *ippReader) take(n int) []byte {
	if r.err == nil && n > len(r.rest) {
		r.err = fmt.Errorf("%w: it is cut off", errIPP)
	}
	if r.err != nil {
		return nil
	}
	piece := r.rest[:n]
	r.rest = r.rest[n:]
	return piece
}

func (r *ippReader) size() int {
	if b := r.take(2); b != nil {
		return int(binary.BigEndian.Uint16(b))
	}
	return 0
}

func (r *ippReader) tag() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}
