package remote

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"guichet.example/reader/internal/exact"
)

// A frame is
//
//	length of the message   4 bytes, big endian
//	message                 JSON, one object
//
// and beside its bytes, on a Unix socket, the descriptors that the message announces.
const (
	frameHead = 4
	// What a child is sent is small: a digest, names, a connection beside it.
	maxRequest = 64 << 10 // bytes
	// What it answers may be all certificates (16 of 16 KiB) or all files (6 of 64 KiB),
	// in base64.
	maxAnswer = 1 << 20 // bytes
	// A message has at most one descriptor.
	maxDescriptors = 1
)

var (
	errFrameLength = errors.New("frame of a length that no message has")
	errMessage     = errors.New("message does not parse")
	errDescriptors = errors.New("descriptors that no message announced")
)

// message is one frame in either direction.
type message struct {
	ID          uint64          `json:"id"`   // of the call; 0: of none
	Kind        kind            `json:"kind"` // what is asked, or answer, or progress
	Body        json.RawMessage `json:"body,omitempty"`
	Failure     *failure        `json:"failure,omitempty"` // of an answer; nil: all went well
	Descriptors int             `json:"descriptors,omitempty"`
}

// parseMessage reads one message. Whatever it is, it was written by this program; but a
// module shares its process with whoever writes, and may write too.
func parseMessage(data []byte) (message, error) {
	var m message
	if err := exact.Decode(data, &m); err != nil {
		return message{}, fmt.Errorf("%w: %w", errMessage, err)
	}
	if !m.Kind.known() || m.Descriptors < 0 || m.Descriptors > maxDescriptors || m.Failure != nil && m.Kind != kindAnswer {
		return message{}, errMessage
	}
	return m, nil
}

// wire carries bytes and, where the system can, descriptors beside them.
type wire interface {
	// Read reads some bytes, at least one, and takes the descriptors that came with them.
	Read(p []byte) (n int, files []*os.File, err error)
	// Write writes all of p, and the descriptors beside its first byte; they stay open.
	Write(p []byte, descriptors []uintptr) error
	Close() error
}

// link is one end of the connection between parent and child. Any number may send, one
// receives.
type link struct {
	wire   wire
	in     uint32 // most bytes of a message that is received
	out    int    // and of one that is sent
	reader *bufio.Reader
	files  []*os.File // that came and are in no message yet

	sending sync.Mutex
}

func newLink(w wire, in uint32, out int) *link {
	l := &link{wire: w, in: in, out: out}
	l.reader = bufio.NewReader((*gathering)(l))
	return l
}

// gathering is the reading end of a link's wire, which puts descriptors aside.
type gathering link

func (g *gathering) Read(p []byte) (int, error) {
	n, files, err := g.wire.Read(p)
	g.files = append(g.files, files...)
	if len(g.files) > maxDescriptors+1 { // one may belong to the frame after this one
		return 0, errDescriptors
	}
	return n, err
}

// send writes one message. The descriptors stay the caller's.
func (l *link) send(m message, descriptors ...uintptr) error {
	m.Descriptors = len(descriptors)
	data, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("writing a message: %w", err)
	}
	if len(data) > l.out {
		return errFrameLength
	}
	frame := make([]byte, frameHead, frameHead+len(data))
	binary.BigEndian.PutUint32(frame, uint32(len(data)))
	frame = append(frame, data...)
	l.sending.Lock()
	defer l.sending.Unlock()
	return l.wire.Write(frame, descriptors)
}

// receive reads one message and the descriptors it announces, which are the caller's. The
// end between two frames is io.EOF.
func (l *link) receive() (message, []*os.File, error) {
	var head [frameHead]byte
	if _, err := io.ReadFull(l.reader, head[:]); err != nil {
		return message{}, nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size == 0 || size > l.in {
		return message{}, nil, errFrameLength
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(l.reader, data); errors.Is(err, io.EOF) {
		return message{}, nil, io.ErrUnexpectedEOF
	} else if err != nil {
		return message{}, nil, err
	}
	m, err := parseMessage(data)
	if err != nil {
		return message{}, nil, err
	}
	if m.Descriptors > len(l.files) {
		return message{}, nil, errDescriptors
	}
	files := l.files[:m.Descriptors:m.Descriptors]
	l.files = l.files[m.Descriptors:]
	return m, files, nil
}

// close ends the connection.
func (l *link) close() error { return l.wire.Close() }
