package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"guichet.example/cmd/internal/cli"
	"guichet.example/reader/agent/agenttest"
)

// The command serves a page of its site until it is interrupted.
func TestServe(t *testing.T) {
	d, _, err := desk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Insert("ec"); err != nil {
		t.Fatal(err)
	}
	out, in := io.Pipe()
	var log bytes.Buffer
	env := cli.Env{Stdin: os.Stdin, Stdout: in, Stderr: &log}
	ctx, interrupt := context.WithCancel(t.Context())
	code := make(chan int, 1)
	go func() {
		code <- program.Run(ctx, env, []string{"serve", "-listen", "localhost:0", "-origin", "http://localhost:8080", "-module", d.Module()})
		in.Close()
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("it said nothing: %v; code %d, %s", err, <-code, log.String())
	}
	found := regexp.MustCompile(`^guichet-reader serves http://localhost:8080 at (http://localhost:\d+) with /`).FindStringSubmatch(line)
	if found == nil {
		t.Fatalf("it said %q", line)
	}
	client := &agenttest.Client{Agent: found[1], Origin: "http://localhost:8080", PIN: agenttest.FixedPIN(pin)}
	if _, err := client.Authenticate(t.Context(), strings.Repeat("A", 43)+"="); err != nil {
		t.Errorf("Authenticate = %v", err)
	}
	interrupt()
	select {
	case got := <-code:
		if got != 0 || !strings.Contains(log.String(), "operation=authenticate") || strings.Contains(log.String(), pin+" ") {
			t.Errorf("code %d, log %s", got, log.String())
		}
	case <-time.After(10 * time.Second):
		t.Error("it did not end within 10 s")
	}
}
