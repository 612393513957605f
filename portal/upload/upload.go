// Package upload takes one file from a form, with the few small fields beside it, without
// touching the disk: part by part, within bounds that hold whatever the sender says.
//
//	Enter ──▶ Receive ──▶ Work ──▶ the area judges the bytes
//
// A [Gate] bounds how many files are in memory and how many are being judged, so that a
// form with a file costs the server no more than it has room for. Neither name nor content
// type of the file is looked at: what it is, its bytes say.
package upload

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"

	"github.com/gin-gonic/gin"
)

// Why a form with a file is not taken. None of them keeps the sender from trying again.
var (
	ErrNone     = errors.New("no file was chosen")
	ErrTwo      = errors.New("more than one file")
	ErrTooLarge = errors.New("file is too large")
	ErrForm     = errors.New("form could not be read")
	ErrSlow     = errors.New("file came in too slowly")
)

// Form says what a form may hold. All fields are required.
type Form struct {
	File     string   // name of the field with the file
	Fields   []string // names of the others, each at most once
	MaxFile  int      // bytes
	MaxField int      // bytes of each of the others
}

// Sent is what came.
type Sent struct {
	File   []byte // never empty unless the error is one
	Fields map[string]string
}

const (
	// maxBody is how much of a form is read at most, in bytes. What a file has over MaxFile is
	// thrown away as it comes, so that a browser that is still sending hears why.
	maxBody = 130 << 20
	// firstPiece is the memory that a file has at first, in bytes; it doubles as it comes in.
	firstPiece = 256 << 10
)

// Receive reads the form into memory that it takes of the place. With an error it returns
// the fields that had come by then, so that the page can keep them. The errors are those of
// this package. Who sends slowly is left alone for a while, then has to keep a pace.
func (f Form) Receive(c *gin.Context, place *Place) (Sent, error) {
	c.Request.Body = http.MaxBytesReader(c.Writer, slowest.keep(c), maxBody)
	sent := Sent{Fields: map[string]string{}}
	parts, err := c.Request.MultipartReader()
	if err != nil {
		return sent, ErrForm
	}
	var refused error // of the file; the fields after it still count
	for n := 0; ; n++ {
		part, err := parts.NextRawPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return sent, broken(err)
		}
		if n > len(f.Fields)+1 {
			return sent, ErrForm
		}
		err = f.take(&sent, part, place)
		if err != nil && !errors.Is(err, ErrTooLarge) {
			return sent, err
		}
		refused = errors.Join(refused, err)
	}
	if refused == nil && len(sent.File) == 0 {
		refused = ErrNone
	}
	if refused != nil {
		sent.File = nil
	}
	return sent, refused
}

// take reads one part of the form.
func (f Form) take(sent *Sent, part *multipart.Part, place *Place) error {
	name := part.FormName()
	if name == f.File {
		file, err := f.readFile(part, place)
		switch {
		case err != nil:
			return err
		case len(sent.File) > 0 && len(file) > 0:
			return ErrTwo
		case len(file) > 0:
			sent.File = file
		}
		return nil
	}
	for _, known := range f.Fields {
		if name != known {
			continue
		}
		if _, twice := sent.Fields[name]; twice {
			return ErrForm
		}
		text, err := io.ReadAll(io.LimitReader(part, int64(f.MaxField)+1))
		switch {
		case err != nil:
			return broken(err)
		case len(text) > f.MaxField:
			return ErrForm
		}
		sent.Fields[name] = string(text)
		return nil
	}
	return ErrForm
}

// readFile reads a file of at most MaxFile bytes; of a larger one the rest is let pass.
func (f Form) readFile(part io.Reader, place *Place) ([]byte, error) {
	var file []byte
	for {
		if len(file) > f.MaxFile {
			_ = place.Hold(-cap(file))
			if _, err := io.Copy(io.Discard, part); err != nil {
				return nil, broken(err)
			}
			return nil, ErrTooLarge
		}
		if len(file) == cap(file) {
			larger := min(max(firstPiece, 2*cap(file)), f.MaxFile+1)
			if err := place.Hold(larger); err != nil {
				return nil, err
			}
			_ = place.Hold(-cap(file))
			file = append(make([]byte, 0, larger), file...)
		}
		n, err := part.Read(file[len(file):cap(file)])
		file = file[:len(file)+n]
		switch {
		case errors.Is(err, io.EOF) && len(file) <= f.MaxFile:
			return file, nil
		case err != nil && !errors.Is(err, io.EOF):
			return nil, broken(err)
		}
	}
}

// broken says what became of a form that ended early.
func broken(err error) error {
	var tooLarge *http.MaxBytesError
	var slow interface{ Timeout() bool }
	switch {
	case errors.As(err, &tooLarge):
		return ErrTooLarge
	case errors.As(err, &slow) && slow.Timeout():
		return ErrSlow
	}
	return ErrForm
}
