package upload

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image"
	_ "image/jpeg" // for image.DecodeConfig
	_ "image/png"  // for image.DecodeConfig

	"guichet.example/signing"
)

// Media is what a file is, as its bytes say.
type Media string

// The files that members add to what they write.
const (
	PDF  Media = "pdf"
	JPEG Media = "jpeg"
	PNG  Media = "png"
)

// Why a file is not kept for others to open.
var (
	// ErrMedia means that it is no PDF, JPEG or PNG, or not whole.
	ErrMedia = errors.New("file is of no kind that we take")
	// ErrActing means a PDF that can do something where it is opened, or carries files along.
	ErrActing = errors.New("file can act, or carries files along")
	// ErrLocked means a PDF that is encrypted: nobody can look into it.
	ErrLocked = errors.New("file is encrypted")
)

// Bounds of a picture, in pixels: what asks for more to be shown is no photograph, and who
// opens it has no room for it.
const (
	maxSide   = 20_000
	maxPixels = 200_000_000
)

// Judge tells what a file is and that who opens it comes to no harm, on a core of the gate:
// ErrMedia, ErrActing, ErrLocked, ErrBusy.
func (p *Place) Judge(ctx context.Context, file []byte) (Media, error) {
	done, err := p.Work(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	m, err := MediaOf(file)
	if m != PDF || err != nil {
		return m, err
	}
	var no *signing.UnsuitableError
	switch err := signing.Harmless(file); {
	case err == nil:
		return m, nil
	case !errors.As(err, &no):
		return "", err
	case no.Obstacle == signing.Active:
		return "", ErrActing
	case no.Obstacle == signing.Encrypted:
		return "", ErrLocked
	}
	return "", ErrMedia
}

// MediaOf tells what a file is, and that it is that from its first byte to its last: what
// hides something else behind a picture is refused. Name and content type are not looked
// at. ErrMedia.
func MediaOf(file []byte) (Media, error) {
	m := Media("")
	switch {
	case bytes.HasPrefix(file, []byte("%PDF-")):
		if end := bytes.TrimRight(file, "\r\n\t \x00"); bytes.HasSuffix(end, []byte("%%EOF")) {
			return PDF, nil
		}
		return "", ErrMedia
	case wholeJPEG(file):
		m = JPEG
	case wholePNG(file):
		m = PNG
	default:
		return "", ErrMedia
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || Media(format) != m || config.Width < 1 || config.Height < 1 || config.Width > maxSide || config.Height > maxSide || config.Width*config.Height > maxPixels {
		return "", ErrMedia
	}
	return m, nil
}

// wholeJPEG walks the segments to the end of the image, which must end the file (ITU-T T.81,
// B.1 and B.2). After it may come further images that are whole: cameras put a larger
// preview or a map of depths there (CIPA DC-007).
func wholeJPEG(file []byte) bool {
	for n := 0; len(file) > 0; n++ {
		var ok bool
		if file, ok = afterJPEG(file); !ok || n == maxImages {
			return false
		}
	}
	return true
}

// maxImages is how many images may stand in one file of JPEG.
const maxImages = 16

// Markers of JPEG, after their 0xff (ITU-T T.81, table B.1).
const (
	jpegStart    = 0xd8
	jpegEnd      = 0xd9
	jpegScan     = 0xda
	jpegRestart0 = 0xd0
	jpegRestart7 = 0xd7
)

// afterJPEG is what follows the image that the file begins with.
func afterJPEG(file []byte) (rest []byte, ok bool) {
	rest, ok = bytes.CutPrefix(file, []byte{0xff, jpegStart})
	for ok && len(rest) >= 2 && rest[0] == 0xff {
		marker := rest[1]
		switch {
		case marker == 0xff: // fill byte
			rest = rest[1:]
			continue
		case marker == jpegEnd:
			return rest[2:], true
		case marker < 0xc0 || marker >= jpegRestart0 && marker <= jpegStart || len(rest) < 4:
			return nil, false
		}
		n := 2 + int(binary.BigEndian.Uint16(rest[2:]))
		if n < 4 || n > len(rest) {
			return nil, false
		}
		if rest = rest[n:]; marker == jpegScan {
			rest = rest[scanned(rest):]
		}
	}
	return nil, false
}

// scanned is how long the coded data of a scan are: to the next marker that is neither a
// stuffed byte nor a restart.
func scanned(data []byte) int {
	for i := 0; i+1 < len(data); i++ {
		if data[i] != 0xff {
			continue
		}
		if next := data[i+1]; next != 0 && next != 0xff && (next < jpegRestart0 || next > jpegRestart7) {
			return i
		}
	}
	return len(data)
}

// wholePNG walks the chunks to the last one, which must end the file (PNG, 5.3 and 11.2.5).
func wholePNG(file []byte) bool {
	rest, ok := bytes.CutPrefix(file, []byte("\x89PNG\r\n\x1a\n"))
	for ok && len(rest) >= 12 {
		n := int(binary.BigEndian.Uint32(rest))
		if n > len(rest)-12 {
			return false
		}
		if string(rest[4:8]) == "IEND" {
			return n == 0 && len(rest) == 12
		}
		rest = rest[12+n:]
	}
	return false
}

// Ending is how the name of such a file ends, without the dot.
func (m Media) Ending() string {
	if m == JPEG {
		return "jpg"
	}
	return string(m)
}

// Type is the content type under which the file is sent.
func (m Media) Type() string {
	if m == PDF {
		return "application/pdf"
	}
	return "image/" + string(m)
}
