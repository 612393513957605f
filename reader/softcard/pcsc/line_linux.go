package pcsc

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// Messages of vpcd go both ways as a length in two bytes, big-endian, and so many
// bytes. One of a single byte is no command but a control:
const (
	controlOff   = 0
	controlOn    = 1
	controlReset = 2
	controlATR   = 4 // wants the ATR; also how the driver looks whether the card is there
)

// line is an inserted card: the connection that carries it.
type line struct {
	file *os.File
	card Card

	seen  chan struct{} // closed when the driver first asked for the ATR
	ended chan struct{} // closed when either side has closed
	once  sync.Once
}

func newLine(file *os.File, card Card) *line {
	l := &line{file: file, card: card, seen: make(chan struct{}), ended: make(chan struct{})}
	go l.play()
	return l
}

// play answers until the driver or pull ends it, or the card does not answer.
func (l *line) play() {
	defer close(l.ended)
	defer l.file.Close()
	if l.option(unix.IPPROTO_TCP, unix.TCP_NODELAY) != nil {
		return
	}
	for {
		message, err := l.receive()
		if err != nil {
			return
		}
		if len(message) != 1 {
			if answer := l.card.Transmit(message); answer == nil || l.send(answer) != nil {
				return
			}
			continue
		}
		switch message[0] {
		case controlOn, controlReset:
			l.card.Reset()
		case controlATR:
			if l.send(l.card.ATR()) != nil {
				return
			}
			l.once.Do(func() { close(l.seen) })
		case controlOff:
		}
	}
}

// receive reads a message. The driver writes length and bytes apart, and the kernel
// holds the bytes back until the length is acknowledged: so that is done at once.
func (l *line) receive() ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(l.file, head[:]); err != nil {
		return nil, err
	}
	if err := l.option(unix.IPPROTO_TCP, unix.TCP_QUICKACK); err != nil {
		return nil, err
	}
	message := make([]byte, binary.BigEndian.Uint16(head[:]))
	_, err := io.ReadFull(l.file, message)
	return message, err
}

var errTooLong = errors.New("answer does not fit the driver's length of two bytes")

func (l *line) send(answer []byte) error {
	if len(answer) > 0xffff {
		return errTooLong
	}
	_, err := l.file.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...))
	return err
}

// option switches a socket option on.
func (l *line) option(level, name int) error {
	raw, err := l.file.SyscallConn()
	if err != nil {
		return err
	}
	var sys error
	if err := raw.Control(func(fd uintptr) { sys = unix.SetsockoptInt(int(fd), level, name, 1) }); err != nil {
		return err
	}
	return sys
}

// pull takes the card out: no byte goes to the driver any more, and the line ends when
// the driver has noticed and closed its end, at its next look.
func (l *line) pull() error {
	raw, err := l.file.SyscallConn()
	if err != nil {
		return err
	}
	var sys error
	if err := raw.Control(func(fd uintptr) { sys = unix.Shutdown(int(fd), unix.SHUT_WR) }); err != nil {
		return nil // closed already
	}
	if errors.Is(sys, unix.ENOTCONN) {
		return nil
	}
	return sys
}
