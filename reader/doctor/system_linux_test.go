package doctor

import (
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// A daemon of which only the version is asked (the protocol of pcsc-lite).
func TestService(t *testing.T) {
	dir, err := os.MkdirTemp("", "pcscd-") // a socket's path is short
	check(t, err)
	t.Cleanup(func() { os.RemoveAll(dir) })
	listen := func(name string, answer func(net.Conn)) string {
		path := filepath.Join(dir, name)
		l, err := net.Listen("unix", path)
		check(t, err)
		t.Cleanup(func() { l.Close() })
		go func() {
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				answer(conn)
			}
		}()
		return path
	}
	asked := make(chan []byte, 1)
	good := listen("good", func(c net.Conn) {
		message := make([]byte, 20)
		_, _ = io.ReadFull(c, message)
		asked <- message
		_, _ = c.Write(message[8:])
		c.Close()
	})
	held := make(chan net.Conn, 1)
	mute := listen("mute", func(c net.Conn) { held <- c })
	t.Cleanup(func() { (<-held).Close() })
	closing := listen("closing", func(c net.Conn) { c.Close() })
	dead := filepath.Join(dir, "dead")
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: dead, Net: "unix"})
	check(t, err)
	l.SetUnlinkOnClose(false)
	l.Close()
	for _, tt := range []struct {
		path     string
		patience time.Duration
		want     ServiceState
	}{
		{good, time.Minute, ServiceAnswers},
		{mute, 100 * time.Millisecond, ServiceSilent},
		{closing, time.Minute, ServiceSilent},
		{dead, time.Minute, ServiceMissing},
		{filepath.Join(dir, "none"), time.Minute, ServiceMissing},
	} {
		if got := askServiceAt(tt.path, tt.patience); got != tt.want {
			t.Errorf("askServiceAt(%s) = %d, want %d", filepath.Base(tt.path), got, tt.want)
		}
	}
	if message := <-asked; message[0]+message[3] != 12 || message[4]+message[7] != 0x11 {
		t.Errorf("the daemon was sent % x, want its command 0x11 with 12 bytes", message)
	}
}

func TestPluggedIn(t *testing.T) {
	dir := t.TempDir()
	class := func(device, class string) {
		check(t, os.MkdirAll(filepath.Join(dir, device), 0o700))
		check(t, os.WriteFile(filepath.Join(dir, device, "bInterfaceClass"), []byte(class+"\n"), 0o600))
	}
	class("1-1:1.0", "03")
	if pluggedInBelow(dir) || pluggedInBelow(filepath.Join(dir, "none")) {
		t.Error("a mouse is a card reader")
	}
	class("1-2:1.0", "0b")
	if !pluggedInBelow(dir) {
		t.Error("a card reader is none")
	}
}

// Of the programs that run, those with card software are named, but for ourselves.
func TestPrograms(t *testing.T) {
	proc := t.TempDir()
	process := func(pid, name, maps string) {
		check(t, os.MkdirAll(filepath.Join(proc, pid), 0o700))
		check(t, os.WriteFile(filepath.Join(proc, pid, "comm"), []byte(name+"\n"), 0o600))
		check(t, os.WriteFile(filepath.Join(proc, pid, "maps"), []byte(maps), 0o600))
	}
	line := func(library string) string { return "7f00-7f01 r-xp 00000000 08:01 1 " + library + "\n" }
	beid, opensc, pcsc := line("/usr/lib/x86_64-linux-gnu/libbeidpkcs11.so.0"), line("/usr/lib/opensc-pkcs11.so"), line("/usr/lib/libpcsclite.so.1.0.0")
	process("10", "firefox", line("/usr/lib/libc.so.6")+opensc)
	process("11", "eid-viewer", beid)
	process("12", "eid-viewer", beid)
	process("13", "bash", line("/usr/lib/libc.so.6"))
	process("14", "pcscd", pcsc)
	process("15", "guichet-reader", beid)
	process("16", "odd\x1b[2J{name}", pcsc)
	process("17", "huge", strings.Repeat(line("/usr/lib/libc.so.6"), maxMaps/40)+beid)
	process("20", "ourselves", beid)
	process("self", "link", beid)
	check(t, os.MkdirAll(filepath.Join(proc, "21"), 0o700)) // gone in between
	later := time.Now().Add(time.Hour)
	if got := join(programsBelow(proc, 20, later)); got != "eid-viewer, firefox, odd [2J name" {
		t.Errorf("programs are %q", got)
	}
	if got := programsBelow(proc, 20, time.Now().Add(-time.Second)); len(got) != 0 {
		t.Errorf("after its time it found %v", got)
	}
	for _, name := range "abcdefgh" {
		process("3"+string('0'+name-'a'), "prog-"+string(name), pcsc)
	}
	if got := programsBelow(proc, 20, later); len(got) != maxPrograms {
		t.Errorf("%d programs are named, want %d", len(got), maxPrograms)
	}
}
