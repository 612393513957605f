package agent

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"
)

// maxHeader bounds the header of a request, in bytes.
const maxHeader = 16 << 10

var (
	errHeader = errors.New("agent: not the header of one request")
	errMore   = errors.New("agent: more than one request on a connection")
)

// headerEnd ends a header (RFC 9112, 2.1). What follows is the body and then, on a
// connection that is used again, another request.
const headerEnd = "\r\n\r\n"

// single is a connection from which one request can be read and not a byte more: what
// comes behind it stays in the kernel, since it could be the form with the PIN.
type single struct {
	*net.TCPConn
	header  []byte // so far; nil once it is complete
	matched int    // how much of headerEnd the header ends with
	body    int64  // bytes still to come
}

// Read reads the header in steps so short that none can go beyond its end, then the
// body, and then waits for the connection to end: io.EOF. errMore if something else
// comes.
func (c *single) Read(p []byte) (int, error) {
	switch {
	case len(p) == 0:
		return 0, nil
	case c.matched < len(headerEnd):
		n, err := c.TCPConn.Read(p[:min(len(p), len(headerEnd)-c.matched)])
		if noted := c.note(p[:n]); noted != nil {
			return 0, noted
		}
		return n, err
	case c.body > 0:
		n, err := c.TCPConn.Read(p[:min(int64(len(p)), c.body)])
		c.body -= int64(n)
		return n, err
	}
	return 0, c.awaitEnd()
}

// note takes in a piece of the header.
func (c *single) note(piece []byte) error {
	for _, b := range piece {
		switch {
		case b == headerEnd[c.matched]:
			c.matched++
		case b == '\n': // net/http would take it for the end of a line, and the header to end elsewhere
			return errHeader
		case b == '\r':
			c.matched = 1
		default:
			c.matched = 0
		}
	}
	c.header = append(c.header, piece...)
	if len(c.header) > maxHeader {
		return errHeader
	}
	if c.matched < len(headerEnd) {
		return nil
	}
	// The server will parse the same bytes with the same code.
	request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(c.header)))
	c.header = nil
	if err != nil || request.ContentLength < 0 || len(request.TransferEncoding) > 0 {
		return errHeader
	}
	c.body = request.ContentLength
	return nil
}

// awaitEnd waits until the other side ends the connection, or its deadline passes.
func (c *single) awaitEnd() error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	var end error
	err = raw.Read(func(fd uintptr) bool {
		var one [1]byte
		n, err := peek(int(fd), one[:])
		switch {
		case err == syscall.EAGAIN:
			return false
		case err != nil:
			end = err
		case n <= 0:
			end = io.EOF
		default:
			end = errMore
		}
		return true
	})
	if err != nil {
		return err
	}
	return end
}
