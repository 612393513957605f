package inbox_test

import (
	"errors"
	"io"
	"net"
	"testing"

	"guichet.example/reader/internal/inbox"
)

// closed reports whether the far end of a pipe sees it closed.
func closed(far net.Conn) bool {
	_, err := far.Read(make([]byte, 1))
	return errors.Is(err, io.EOF)
}

func TestTooMany(t *testing.T) {
	b := inbox.New(1)
	first, _ := net.Pipe()
	second, far := net.Pipe()
	b.Put(first)
	b.Put(second)
	if !closed(far) {
		t.Error("a second connection was kept where there is room for one")
	}
	got, err := b.Accept()
	if err != nil {
		t.Fatal(err)
	}
	got.Close()
	got.Close() // gives its room back once only
	for range 2 {
		third, far := net.Pipe()
		b.Put(third)
		if got, err = b.Accept(); err != nil {
			t.Fatal(err)
		}
		got.Close()
		if !closed(far) {
			t.Error("closing did not reach the connection")
		}
	}
}

// What came before Close is still served.
func TestClose(t *testing.T) {
	b := inbox.New(4)
	waiting, _ := net.Pipe()
	b.Put(waiting)
	b.Close()
	b.Close()
	late, far := net.Pipe()
	b.Put(late)
	if !closed(far) {
		t.Error("what came late was not closed")
	}
	if _, err := b.Accept(); err != nil {
		t.Errorf("Accept of what came before = %v", err)
	}
	if _, err := b.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept = %v, want %v", err, net.ErrClosed)
	}
}
