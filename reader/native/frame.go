package native

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Lengths of a request in bytes, without the four of its length: those of the Web eID app.
const minRequest, maxRequest = 5, 8192

// errLength means a frame of another length. Nothing of it was read.
var errLength = errors.New("request is not of 5 to 8192 bytes")

// readFrame reads one request. Errors: io.EOF when nothing came, io.ErrUnexpectedEOF when
// it was cut, errLength.
func readFrame(r io.Reader) ([]byte, error) {
	var header [4]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return nil, err
	}
	length := binary.NativeEndian.Uint32(header[:])
	if length < minRequest || length > maxRequest {
		return nil, fmt.Errorf("%d bytes: %w", length, errLength)
	}
	message := make([]byte, length)
	if _, err := io.ReadFull(r, message); err != nil {
		return nil, io.ErrUnexpectedEOF
	}
	return message, nil
}

// writeFrame writes one reply, in one piece.
func writeFrame(w io.Writer, reply any) error {
	message, err := json.Marshal(reply)
	if err != nil {
		return err
	}
	frame := binary.NativeEndian.AppendUint32(make([]byte, 0, 4+len(message)), uint32(len(message)))
	if _, err := w.Write(append(frame, message...)); err != nil {
		return fmt.Errorf("writing to the browser: %w", err)
	}
	return nil
}

// greeting is the first frame.
type greeting struct {
	Version string `json:"version"`
}

// failure is a reply that refuses.
type failure struct {
	Error struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}
