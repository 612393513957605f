package remote

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"reflect"
	"strings"
	"testing"

	"guichet.example/reader"
)

// tape is a wire that plays bytes, and descriptors beside the first of them.
type tape struct {
	bytes.Buffer
	files []*os.File
	step  int // most bytes of a read
}

func (w *tape) Read(p []byte) (int, []*os.File, error) {
	if w.step > 0 && len(p) > w.step {
		p = p[:w.step]
	}
	n, err := w.Buffer.Read(p)
	files := w.files
	w.files = nil
	return n, files, err
}

func (w *tape) Write(p []byte, _ []uintptr) error {
	_, err := w.Buffer.Write(p)
	return err
}

func (w *tape) Close() error { return nil }

func frame(length uint32, data string) string {
	return string(binary.BigEndian.AppendUint32(nil, length)) + data
}

func whole(data string) string { return frame(uint32(len(data)), data) }

func TestReceiveRefuses(t *testing.T) {
	good := `{"id":1,"kind":"readers"}`
	for name, row := range map[string]struct {
		sent string
		want error
	}{
		"nothing":              {"", io.EOF},
		"half a length":        {"\x00\x00", io.ErrUnexpectedEOF},
		"length 0":             {frame(0, good), errFrameLength},
		"length over the most": {frame(maxRequest+1, good), errFrameLength},
		"length of 4 GB":       {frame(math.MaxUint32, good), errFrameLength},
		"half a message":       {frame(uint32(len(good)), good[:5]), io.ErrUnexpectedEOF},
		"no message":           {frame(5, ""), io.ErrUnexpectedEOF},
		"no JSON":              {whole("readers"), errMessage},
		"two objects":          {whole(good + good), errMessage},
		"no kind":              {whole(`{"id":1}`), errMessage},
		"unknown kind":         {whole(`{"id":1,"kind":"format"}`), errMessage},
		"unknown key":          {whole(`{"id":1,"kind":"readers","pin":"1234"}`), errMessage},
		"doubled key":          {whole(`{"id":1,"id":2,"kind":"readers"}`), errMessage},
		"negative id":          {whole(`{"id":-1,"kind":"readers"}`), errMessage},
		"a failed question":    {whole(`{"id":1,"kind":"readers","failure":{"text":""}}`), errMessage},
		"absent descriptor":    {whole(`{"id":1,"kind":"browser","descriptors":1}`), errDescriptors},
		"too many descriptors": {whole(`{"id":1,"kind":"browser","descriptors":2}`), errMessage},
	} {
		w := &tape{}
		w.WriteString(row.sent)
		if _, _, err := newLink(w, maxRequest, maxAnswer).receive(); !errors.Is(err, row.want) {
			t.Errorf("%s: receive = %v, want %v", name, err, row.want)
		}
	}
	w := &tape{files: make([]*os.File, 3)}
	w.WriteString(whole(good))
	if _, _, err := newLink(w, maxRequest, maxAnswer).receive(); !errors.Is(err, errDescriptors) {
		t.Errorf("three descriptors: receive = %v", err)
	}
}

func TestSendRefuses(t *testing.T) {
	l := newLink(&tape{}, maxAnswer, maxRequest)
	long, err := body(cardBody{Reader: strings.Repeat("x", maxRequest)})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.send(message{ID: 1, Kind: kindCard, Body: long}); !errors.Is(err, errFrameLength) {
		t.Errorf("send of a long message = %v, want %v", err, errFrameLength)
	}
}

// Frames that come in pieces are the frames that were sent.
func TestFramesInPieces(t *testing.T) {
	for _, step := range []int{1, 3, 4096} {
		w := &tape{step: step, files: []*os.File{os.Stdin}}
		l := newLink(w, maxAnswer, maxAnswer)
		content, err := body(cardBody{Reader: strings.Repeat("é", 5000)})
		if err != nil {
			t.Fatal(err)
		}
		sent := []message{{ID: 1, Kind: kindBrowser}, {ID: 2, Kind: kindCard, Body: content}, {ID: 3, Kind: kindLeave}}
		for i, m := range sent {
			if err := l.send(m, make([]uintptr, 1-min(i, 1))...); err != nil {
				t.Fatal(err)
			}
		}
		sent[0].Descriptors = 1
		for i, want := range sent {
			got, files, err := l.receive()
			if err != nil || !reflect.DeepEqual(got, want) || len(files) != want.Descriptors {
				t.Errorf("step %d: message %d = %+v with %d files, %v", step, i, got, len(files), err)
			}
		}
		if _, _, err := l.receive(); err != io.EOF {
			t.Errorf("step %d: after the last %v", step, err)
		}
	}
}

// What parses is written again as what it was, and nothing longer than allowed is read.
func FuzzReceive(f *testing.F) {
	f.Add([]byte(whole(`{"id":1,"kind":"readers"}`)))
	f.Add([]byte(whole(`{"id":18446744073709551615,"kind":"answer","failure":{"kinds":["no-card","?"],"text":"x","tries":2}}`)))
	f.Add([]byte(whole(`{"id":3,"kind":"card","body":{"reader":"Soft Reader"}}`) + frame(0, "")))
	f.Add([]byte(frame(math.MaxUint32, "{}")))
	f.Fuzz(func(t *testing.T, sent []byte) {
		w := &tape{}
		w.Write(sent, nil)
		l := newLink(w, 4096, 64<<10)
		for {
			m, files, err := l.receive()
			if err != nil {
				return
			}
			data, err := json.Marshal(m)
			if err != nil || len(files) != m.Descriptors {
				t.Fatalf("receive gave %+v with %d files: %v", m, len(files), err)
			}
			again, err := parseMessage(data)
			if err != nil || again.ID != m.ID || again.Kind != m.Kind || (again.Failure == nil) != (m.Failure == nil) {
				t.Fatalf("%+v, written and read, is %+v, %v", m, again, err)
			}
			for _, err := range []error{parsed[cardBody](m), parsed[signBody](m), parsed[progressBody](m), parsed[signAnswer](m)} {
				if err != nil && !errors.Is(err, errMessage) {
					t.Fatalf("body of %+v: %v", m, err)
				}
			}
			if a, err := parseBody[cardAnswer](m); err == nil {
				if list, err := a.parse(); err == nil && len(list) != len(a.Certificates) {
					t.Fatalf("%d certificates of %d", len(list), len(a.Certificates))
				}
			}
			if err := m.Failure.error(); m.Failure != nil && (err == nil || len(err.Error()) > maxText) {
				t.Fatalf("failure %+v is %v", m.Failure, err)
			}
		}
	})
}

func parsed[T any](m message) error {
	_, err := parseBody[T](m)
	return err
}

// Every condition is itself on the other side, and none is another.
func TestConditionsCross(t *testing.T) {
	for name, want := range conditions {
		got := failureOf(want).error()
		for other, condition := range conditions {
			if errors.Is(got, condition) != errors.Is(want, condition) {
				t.Errorf("%s on the other side: errors.Is(%v, %s) = %v", name, got, other, errors.Is(got, condition))
			}
		}
	}
	var wrong reader.PINError
	if err := failureOf(reader.PINError{Tries: 0}).error(); !errors.As(err, &wrong) || wrong.Tries != 0 || errors.Is(err, reader.ErrModuleFailed) {
		t.Errorf("a PINError is %v on the other side", err)
	}
	if failureOf(nil) != nil || (*failure)(nil).error() != nil {
		t.Error("no error is one on the other side")
	}
	if err := failureOf(io.ErrNoProgress).error(); !errors.Is(err, reader.ErrModuleFailed) || err.Error() != io.ErrNoProgress.Error() {
		t.Errorf("an error that is nothing we know is %v", err)
	}
	if got := clip("a\x1b[31m\nü\xff", 6); got != "a [31m" {
		t.Errorf("clip = %q", got)
	}
	if got := clip("a\u009b31m\u202eb\u2028c\x7f", 60); got != "a 31m b c " {
		t.Errorf("clip = %q", got)
	}
}
