package download

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
)

// answered is what a reader got of a long answer that she takes in steps.
func answered(t *testing.T, g *Gate, size, step int, pause time.Duration) (got int, err error) {
	t.Helper()
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.Use(g.Pace(func(*gin.Context) string { return "n" }))
	engine.GET("/", func(c *gin.Context) { c.Data(http.StatusOK, "application/pdf", bytes.Repeat([]byte{'x'}, size)) })
	server := httptest.NewUnstartedServer(engine)
	server.Config.WriteTimeout = 300 * time.Millisecond
	server.Listener = narrow{server.Listener}
	server.Start()
	defer server.Close()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.(*net.TCPConn).SetReadBuffer(16 << 10)
	fmt.Fprint(conn, "GET / HTTP/1.1\r\nHost: h\r\n\r\n")
	resp, err := http.ReadResponse(bufio.NewReaderSize(conn, 4<<10), nil)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	for {
		n, err := io.CopyN(io.Discard, resp.Body, int64(step))
		got += int(n)
		if err == io.EOF {
			return got, nil
		}
		if err != nil {
			return got, err
		}
		time.Sleep(pause)
	}
}

// narrow has the system take little of an answer off the server.
type narrow struct{ net.Listener }

func (n narrow) Accept() (net.Conn, error) {
	conn, err := n.Listener.Accept()
	if err == nil {
		conn.(*net.TCPConn).SetWriteBuffer(16 << 10)
	}
	return conn, err
}

const long = 4 << 20

// A reader who keeps the pace gets all of a long answer, though it takes longer than an
// answer may; one who does not is cut.
func TestPace(t *testing.T) {
	for name, test := range map[string]struct {
		limits Limits
		whole  bool
	}{
		"at its pace":         {Limits{Grace: 300 * time.Millisecond, Speed: long / 20}, true},
		"slower":              {Limits{Grace: 300 * time.Millisecond, Speed: 1 << 40}, false},
		"no room":             {Limits{Grace: time.Minute, Speed: 1, Most: long - 1}, false},
		"no room of its own":  {Limits{Grace: time.Minute, Speed: 1, Each: long - 1}, false},
		"room, all the grace": {Limits{Grace: time.Minute, Speed: 1 << 40, Most: long, Each: long}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := NewGate(test.limits)
			got, err := answered(t, g, long, 256<<10, 100*time.Millisecond)
			if whole := err == nil && got == long; whole != test.whole {
				t.Errorf("%d of %d bytes, %v", got, long, err)
			}
			if g.held != 0 || len(g.of) != 0 {
				t.Errorf("still held: %d, %v", g.held, g.of)
			}
		})
	}
}
