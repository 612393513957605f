package peer

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"time"

	"guichet.example/reader/internal/peer/peertest"
)

// dial connects as that user until the test ends.
func dial(t *testing.T, uid int, address string) net.Conn {
	t.Helper()
	conn, err := peertest.Dial(uid, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func listen(t *testing.T, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func accept(t *testing.T, l net.Listener) net.Conn {
	t.Helper()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// Whoever is not us, and not root, is a stranger to both sources, also through a socket of
// the other kind. Only root can play somebody else: for others this test is about us alone.
func TestOursTellsUsersApart(t *testing.T) {
	l := listen(t, "tcp4", "127.0.0.1:0")
	port := l.Addr().(*net.TCPAddr).Port
	users := map[int]owner{-1: friend}
	if peertest.CanBeStranger() {
		users[peertest.Stranger] = stranger
	}
	for uid, want := range users {
		for _, to := range []string{fmt.Sprintf("127.0.0.1:%d", port), fmt.Sprintf("[::ffff:127.0.0.1]:%d", port)} {
			dial(t, uid, to)
			conn := accept(t, l)
			near, _ := address(conn.LocalAddr())
			far, _ := address(conn.RemoteAddr())
			if got := search(far, near); got != want {
				t.Errorf("%s as %d: the table says %d, want %d", to, uid, got, want)
			}
			if got := lookUp(far, near); got != want && got != unknown {
				t.Errorf("%s as %d: the kernel says %d, want %d", to, uid, got, want)
			}
			if got := Ours(conn); got != (want == friend) {
				t.Errorf("%s as %d: Ours is %v", to, uid, got)
			}
		}
	}
}

// A user who is named is ours, and nobody else is by that.
func TestOursAlso(t *testing.T) {
	if !peertest.CanBeStranger() {
		return // for others this test would be about us alone
	}
	l := listen(t, "tcp4", "127.0.0.1:0")
	for uid, want := range map[int]bool{peertest.Stranger: true, peertest.Stranger - 1: false} {
		dial(t, uid, l.Addr().String())
		conn := accept(t, l)
		near, _ := address(conn.LocalAddr())
		far, _ := address(conn.RemoteAddr())
		if got := Ours(conn, peertest.Stranger); got != want {
			t.Errorf("user %d: Ours is %v", uid, got)
		}
		if got := search(far, near, peertest.Stranger) == friend; got != want {
			t.Errorf("user %d: the table says %v", uid, got)
		}
	}
}

// A request that is sent and left behind, so that its end shows no user, is nobody's.
func TestOursWhoHasGone(t *testing.T) {
	l := listen(t, "tcp4", "127.0.0.1:0")
	far := dial(t, -1, l.Addr().String())
	conn := accept(t, l)
	if !Ours(conn) {
		t.Fatal("a connection of our own is not ours")
	}
	far.Close()
	for until := time.Now().Add(time.Minute); Ours(conn); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("a connection that was closed still has a user")
		}
	}
}

func TestListenerTurnsStrangersAway(t *testing.T) {
	inner := listen(t, "tcp4", "127.0.0.1:0")
	l := Listener(inner)
	if peertest.CanBeStranger() {
		dial(t, peertest.Stranger, l.Addr().String())
	}
	ours := dial(t, -1, l.Addr().String())
	if got := accept(t, l).RemoteAddr().String(); got != ours.LocalAddr().String() {
		t.Errorf("accepted %s, want %s", got, ours.LocalAddr())
	}
	inner.Close()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}

func TestOursOverIPv6(t *testing.T) {
	l, err := net.Listen("tcp6", "[::1]:0")
	if err != nil {
		return // a machine without it has nothing to test
	}
	defer l.Close()
	dial(t, -1, l.Addr().String())
	conn := accept(t, l)
	near, _ := address(conn.LocalAddr())
	far, _ := address(conn.RemoteAddr())
	if !Ours(conn) || search(far, near) != friend {
		t.Error("a connection over IPv6 is not ours")
	}
}

// A source that does not know our own connections is not asked about others'.
func TestChoose(t *testing.T) {
	says := func(o owner) source { return func(netip.AddrPort, netip.AddrPort, ...int) owner { return o } }
	for name, tt := range map[string]struct {
		sources []source
		want    owner // of the one that is chosen; unknown: none is
	}{
		"none":          {nil, unknown},
		"both silent":   {[]source{says(unknown), says(unknown)}, unknown},
		"second":        {[]source{says(unknown), says(friend)}, friend},
		"first is wild": {[]source{says(stranger), says(friend)}, friend},
	} {
		got := unknown
		if whose := choose(tt.sources...); whose != nil {
			got = whose(netip.AddrPort{}, netip.AddrPort{})
		}
		if got != tt.want {
			t.Errorf("%s: chose one that says %d, want %d", name, got, tt.want)
		}
	}
	if choose(search) == nil || working() == nil {
		t.Error("this system shows sockets, and no source works")
	}
}

// Who sends a request and cuts the connection at once shows no user any more; the request
// can still be read.
func TestOursWhoCutsAtOnce(t *testing.T) {
	l := listen(t, "tcp4", "127.0.0.1:0")
	far, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := far.Write([]byte("POST /pin/x")); err != nil {
		t.Fatal(err)
	}
	_ = far.(*net.TCPConn).SetLinger(0)
	conn := accept(t, l)
	far.Close()
	for until := time.Now().Add(time.Minute); Ours(conn); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("a connection that was cut is ours")
		}
	}
}

func TestSearchTable(t *testing.T) {
	near, far := netip.MustParseAddrPort("127.0.0.1:8081"), netip.MustParseAddrPort("127.0.0.1:40000")
	const title = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
	line := func(ends string, uid, inode int) string {
		return fmt.Sprintf("   1: %s 01 00000000:00000000 00:00000000 00000000  %d        0 %d 1 0 20 4 30 10 -1\n", ends, uid, inode)
	}
	peer := ends(far, near, false)
	mapped := ends(far, near, true)
	other := os.Geteuid() + 1
	for name, tt := range map[string]struct {
		table string
		want  owner
	}{
		"empty": {"", unknown}, "title": {title, unknown},
		"ours":               {title + line(ends(near, far, false), other, 5) + line(peer, os.Geteuid(), 7), friend},
		"root":               {title + line(peer, 0, 7), friend},
		"another":            {title + line(peer, other, 7), stranger},
		"another, mapped":    {title + line(mapped, other, 7), stranger},
		"closed":             {title + line(peer, 0, 0), stranger},
		"cut off":            {title + "   1: " + peer + " 01", unknown},
		"no number":          {title + strings.Replace(line(peer, 4711, 7), "4711", "abc", 1), unknown},
		"ends elsewhere":     {title + "   1: " + peer + "0 01 0 0 0 0 0 0 0\n", unknown},
		"one end is another": {title + line(ends(far, netip.MustParseAddrPort("127.0.0.1:8082"), false), 0, 7), unknown},
	} {
		if got := searchTable(strings.NewReader(tt.table), far, near); got != tt.want {
			t.Errorf("%s: %d, want %d", name, got, tt.want)
		}
	}
}

// Nothing that the kernel could send makes a friend of what is not whole.
func FuzzParseAnswer(f *testing.F) {
	f.Add([]byte{}, []byte("x"))
	f.Add(make([]byte, answerSize), []byte("127.0.0.1:1 127.0.0.1:2"))
	f.Fuzz(func(t *testing.T, message, table []byte) {
		if parseAnswer(message) != unknown && len(message) < answerSize {
			t.Error("less than an answer is one")
		}
		near, far := netip.MustParseAddrPort("127.0.0.1:8081"), netip.MustParseAddrPort("[::1]:40000")
		searchTable(strings.NewReader(string(table)), near, far)
	})
}

func BenchmarkOurs(b *testing.B) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	far, err := net.Dial("tcp4", l.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer far.Close()
	conn, err := l.Accept()
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	for b.Loop() {
		if !Ours(conn) {
			b.Fatal("not ours")
		}
	}
}
