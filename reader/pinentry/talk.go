package pinentry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// Numbers of libgpg-error, in the low 16 bits of an ERR code (its err-codes.h).
const (
	codeTimeout        = 62
	codeCancelled      = 99
	codeNotConfirmed   = 114
	codeFullyCancelled = 198
)

// refused is an ERR of the program.
type refused struct {
	command string // without its argument
	code    uint32
}

func (r refused) Error() string { return fmt.Sprintf("%s: error %d", r.command, r.code&0xffff) }

func (r refused) cancelled() bool {
	code := r.code & 0xffff
	return code == codeCancelled || code == codeFullyCancelled || code == codeNotConfirmed
}

func (r refused) timedOut() bool { return r.code&0xffff == codeTimeout }

// Times that no person needs.
const (
	greetingTime = 10 * time.Second // for a program to start and say hello
	partingTime  = time.Second      // to leave when told to
)

// talk is a running pinentry.
type talk struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	lines  lines
	tty    string
	cancel context.CancelFunc
	free   func() // lets go of the thread that started the program
	mend   func() // gives the terminal back as it was
}

// start starts the program and reads its greeting. It dies with ctx, and with this process.
func start(ctx context.Context, program, tty string) (*talk, error) {
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithCancel(ctx)
	t := &talk{tty: terminal(tty), cancel: cancel}
	t.mend = remember(t.tty)
	t.cmd = exec.CommandContext(ctx, program)
	t.cmd.Cancel = func() error { return t.cmd.Process.Signal(syscall.SIGTERM) }
	t.cmd.WaitDelay = partingTime // then it is killed
	t.cmd.SysProcAttr = dieWithParent()
	var err error
	if t.in, err = t.cmd.StdinPipe(); err != nil {
		cancel()
		return nil, err
	}
	out, err := t.cmd.StdoutPipe()
	if err != nil {
		cancel()
		return nil, err
	}
	// The signal at the parent's death comes when the thread ends that started the program.
	runtime.LockOSThread()
	t.free = runtime.UnlockOSThread
	if err := t.cmd.Start(); err != nil {
		cancel()
		t.free()
		return nil, err
	}
	t.lines.from = out
	// A program that does not go, or its own child, may hold the pipe open.
	context.AfterFunc(ctx, func() { _ = out.Close() })
	hello := time.AfterFunc(greetingTime, cancel)
	defer hello.Stop()
	if _, err := t.answer("greeting", nil); err != nil {
		t.end()
		return nil, err
	}
	return t, nil
}

// end says goodbye and waits until the program has gone.
func (t *talk) end() {
	defer t.free()
	defer t.cancel()
	_, _ = io.WriteString(t.in, "BYE\n")
	_ = t.in.Close()
	late := time.AfterFunc(partingTime, t.cancel)
	defer late.Stop()
	if err := t.cmd.Wait(); err != nil {
		t.mend() // killed, it left the echo off
	}
	t.lines.wipe()
}

// prepare sets up where and what to show. Only a description that is not taken is a
// reason to stop: it names the site.
func (t *talk) prepare(ctx context.Context, q question) error {
	options := []string{"lc-ctype=" + ctype(), "ttyname=" + t.tty, "ttytype=" + os.Getenv("TERM")}
	for _, option := range options {
		if strings.HasSuffix(option, "=") {
			continue
		}
		if err := t.set("OPTION", option); err != nil && !errors.As(err, new(refused)) {
			return err
		}
	}
	if until, ok := ctx.Deadline(); ok {
		left := max(1, math.Ceil(time.Until(until).Seconds()))
		if err := t.set("SETTIMEOUT", fmt.Sprint(int(left))); err != nil && !errors.As(err, new(refused)) {
			return err
		}
	}
	if err := t.set("SETDESC", q.desc); err != nil {
		return err
	}
	for command, text := range map[string]string{
		"SETTITLE": q.title, "SETPROMPT": q.prompt, "SETOK": q.ok, "SETCANCEL": q.cancel, "SETERROR": q.error,
	} {
		if text == "" {
			continue
		}
		if err := t.set(command, text); err != nil && !errors.As(err, new(refused)) {
			return err
		}
	}
	return nil
}

// set sends a command with an argument.
func (t *talk) set(command, argument string) error {
	line := command + " " + escape(argument)
	if len(line) > maxLine {
		return fmt.Errorf("%s of %d bytes: %w", command, len(argument), errLine)
	}
	_, err := t.do(line, nil)
	return err
}

// do sends a line and appends what the D lines of the answer hold to typed, up to its
// capacity. typed is the caller's to wipe, also after an error.
func (t *talk) do(line string, typed []byte) ([]byte, error) {
	command, _, _ := strings.Cut(line, " ")
	if _, err := io.WriteString(t.in, line+"\n"); err != nil {
		return typed, fmt.Errorf("%s: %w", command, err)
	}
	return t.answer(command, typed)
}

// maxLines bounds the lines of one answer.
const maxLines = 256

func (t *talk) answer(command string, typed []byte) ([]byte, error) {
	tooLong := false
	for range maxLines {
		line, err := t.lines.next()
		if err != nil {
			return typed, fmt.Errorf("%s: %w", command, err)
		}
		r, err := parse(line)
		if err != nil {
			return typed, fmt.Errorf("%s: %w", command, err)
		}
		switch r.kind {
		case done:
			if tooLong {
				return typed, errTooLong
			}
			return typed, nil
		case failed:
			return typed, refused{command, r.code}
		case data:
			if len(typed)+len(r.data) > cap(typed) {
				tooLong = true
				continue
			}
			typed = append(typed, r.data...)
		case inquiry: // we know nothing that it could want
			if _, err := io.WriteString(t.in, "CAN\n"); err != nil {
				return typed, fmt.Errorf("%s: %w", command, err)
			}
		}
	}
	return typed, fmt.Errorf("%s: %w", command, errLine)
}

// ctype is the character set for the terminal: ours is UTF-8, whatever the language.
func ctype() string {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := os.Getenv(name); value != "" {
			if u := strings.ToUpper(value); strings.HasSuffix(u, "UTF-8") || strings.HasSuffix(u, "UTF8") {
				return value
			}
			break
		}
	}
	return "C.UTF-8"
}
