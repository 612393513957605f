package upload

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	_ "image/jpeg" // for image.DecodeConfig
	_ "image/png"  // for image.DecodeConfig
)

// Media is what a file is, as its bytes say.
type Media string

// The files that members add to what they write.
const (
	PDF  Media = "pdf"
	JPEG Media = "jpeg"
	PNG  Media = "png"
)

// ErrMedia means that a file is no PDF, JPEG or PNG, or not whole.
var ErrMedia = errors.New("file is of no kind that we take")

// maxSide bounds a picture, in pixels: what asks for more to be shown is no photograph.
const maxSide = 20_000

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
	case bytes.HasPrefix(file, []byte("\xff\xd8\xff")) && bytes.HasSuffix(file, []byte("\xff\xd9")):
		m = JPEG
	case wholePNG(file):
		m = PNG
	default:
		return "", ErrMedia
	}
	config, format, err := image.DecodeConfig(bytes.NewReader(file))
	if err != nil || Media(format) != m || config.Width < 1 || config.Height < 1 || config.Width > maxSide || config.Height > maxSide {
		return "", ErrMedia
	}
	return m, nil
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
