package pinentry

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/pinentry/pinentrytest"
)

func script(t *testing.T, s pinentrytest.Script) *pinentrytest.Program {
	t.Helper()
	p, err := pinentrytest.Write(filepath.Join(t.TempDir(), "p"), s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

var asked = reader.PINRequest{Purpose: certs.Signature, Reader: "r", TriesLeft: 3, MinLen: 4, MaxLen: 12}

// whole is a context that a loaded machine does not outlive.
func whole(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestPINRefusals(t *testing.T) {
	long := `printf 'D '; head -c 1200 /dev/zero | tr '\0' 1; echo; echo OK`
	for name, tt := range map[string]struct {
		script pinentrytest.Script
		want   error
	}{
		"cancel":            {pinentrytest.Script{GetPIN: []string{pinentrytest.Cancel}}, reader.ErrCancelled},
		"cancel, no source": {pinentrytest.Script{GetPIN: []string{`echo 'ERR 99 cancelled'`}}, reader.ErrCancelled},
		"window closed":     {pinentrytest.Script{GetPIN: []string{`echo 'ERR 83886278 x'`}}, reader.ErrCancelled},
		"no time left":      {pinentrytest.Script{GetPIN: []string{pinentrytest.Late}}, reader.ErrTimedOut},
		"another error":     {pinentrytest.Script{GetPIN: []string{`echo 'ERR 83918950 ioctl'`}}, ErrUnavailable},
		"dead at once":      {pinentrytest.Script{Greeting: pinentrytest.Die}, ErrUnavailable},
		"dead when asked":   {pinentrytest.Script{GetPIN: []string{pinentrytest.Die}}, ErrUnavailable},
		"error as greeting": {pinentrytest.Script{Greeting: `echo 'ERR 1 no'`}, ErrUnavailable},
		"no protocol":       {pinentrytest.Script{Greeting: `echo hello`}, ErrUnavailable},
		"text unwelcome":    {pinentrytest.Script{Other: `echo 'ERR 100 no'`}, ErrUnavailable},
		"line too long":     {pinentrytest.Script{GetPIN: []string{long}}, ErrUnavailable},
		"bad escape":        {pinentrytest.Script{GetPIN: []string{`echo 'D 12%3'; echo OK`}}, ErrUnavailable},
		"endless answer":    {pinentrytest.Script{GetPIN: []string{`while :; do echo 'S x'; done`}}, ErrUnavailable},
		"never a PIN":       {pinentrytest.Script{GetPIN: []string{pinentrytest.PIN("12a4")}}, reader.ErrCancelled},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pin, err := New(Config{Program: script(t, tt.script).Path, Lang: "en"}).PIN(whole(t), asked)
			if pin != nil || !errors.Is(err, tt.want) {
				t.Errorf("PIN() = %d bytes, %v, want %v", len(pin), err, tt.want)
			}
		})
	}
	t.Run("no program", func(t *testing.T) {
		e := New(Config{Program: filepath.Join(t.TempDir(), "none")})
		if _, err := e.PIN(whole(t), asked); !errors.Is(err, ErrUnavailable) {
			t.Errorf("PIN() = %v, want %v", err, ErrUnavailable)
		}
	})
}

// A pinentry that hangs is ended with the context, and so is one that starts and says
// nothing. The cause of the context is what the caller gets.
func TestHangingIsEnded(t *testing.T) {
	for name, s := range map[string]pinentrytest.Script{
		"asking":   {GetPIN: []string{pinentrytest.Hang}},
		"deaf":     {GetPIN: []string{`trap '' TERM; while :; do sleep 1; done`}},
		"starting": {Greeting: pinentrytest.Hang},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := script(t, s)
			ctx, cancel := context.WithCancelCause(whole(t))
			done := make(chan error, 1)
			go func() {
				_, err := New(Config{Program: p.Path}).PIN(ctx, asked)
				done <- err
			}()
			await(t, func() bool { return len(p.PIDs()) > 0 && (name == "starting" || p.Asked("GETPIN") > 0) })
			cancel(reader.ErrCardRemoved)
			if err := <-done; !errors.Is(err, reader.ErrCardRemoved) {
				t.Errorf("PIN() = %v, want %v", err, reader.ErrCardRemoved)
			}
			gone(t, p)
		})
	}
}

func TestDeadlineIsToldAndKept(t *testing.T) {
	p := script(t, pinentrytest.Script{GetPIN: []string{pinentrytest.Hang}})
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if _, err := New(Config{Program: p.Path}).PIN(ctx, asked); !errors.Is(err, reader.ErrTimedOut) {
		t.Errorf("PIN() = %v, want %v", err, reader.ErrTimedOut)
	}
	if !slices.ContainsFunc(p.Said(), func(line string) bool { return line == "SETTIMEOUT 1" || line == "SETTIMEOUT 2" }) {
		t.Errorf("it was not told how long it has: %q", p.Said())
	}
	gone(t, p)
}

// await waits for what happens soon.
func await(t *testing.T, happened func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !happened(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it never happened")
		}
	}
}

// gone holds to no run of the program being alive.
func gone(t *testing.T, p *pinentrytest.Program) {
	t.Helper()
	for _, pid := range p.PIDs() {
		if _, err := os.Stat(filepath.Join("/proc", pid)); err == nil {
			t.Errorf("process %s is still there", pid)
		}
	}
}

func TestPINIsTyped(t *testing.T) {
	for name, tt := range map[string]struct {
		reply string
		want  string
	}{
		"plain":      {pinentrytest.PIN("1234"), "1234"},
		"escaped":    {pinentrytest.PIN("%31234"), "1234"},
		"in pieces":  {`echo 'D 12'; echo 'S PASSWORD_FROM_CACHE'; echo '# x'; echo 'D 345'; echo 'OK closing'`, "12345"},
		"CR LF":      {`printf 'D 1234\r\nOK\r\n'`, "1234"},
		"it asks us": {`echo 'INQUIRE QUALITY 12'; read -r answer; [ "$answer" = CAN ] && echo 'D 5678'; echo OK`, "5678"},
		"twelve":     {pinentrytest.PIN("123456789012"), "123456789012"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := script(t, pinentrytest.Script{GetPIN: []string{tt.reply}, Other: OKish})
			pin, err := New(Config{Program: p.Path}).PIN(whole(t), asked)
			if err != nil || string(pin) != tt.want {
				t.Errorf("PIN() = %q, %v, want %q", pin, err, tt.want)
			}
			await(t, func() bool { return slices.Contains(p.Said(), "BYE") })
		})
	}
}

// OKish refuses what older programs do not know; what names the site they all do.
const OKish = `case "$line" in SETDESC*) echo OK ;; *) echo 'ERR 83886355 Unknown command' ;; esac`

// What cannot be a PIN is asked again, in the same breath, and costs no try.
func TestNotAPIN(t *testing.T) {
	sixtyFive := strings.Repeat("1", maxData+1)
	p := script(t, pinentrytest.Script{GetPIN: []string{
		pinentrytest.OK, pinentrytest.PIN("123"), pinentrytest.PIN("1234567890123"), pinentrytest.PIN("12 4"),
		pinentrytest.PIN(sixtyFive), pinentrytest.PIN("%31%00%32%33"), pinentrytest.PIN("4321")}})
	pin, err := New(Config{Program: p.Path, Lang: "en"}).PIN(whole(t), asked)
	if err != nil || string(pin) != "4321" || p.Asked("GETPIN") != 7 {
		t.Errorf("PIN() = %q, %v after %d questions", pin, err, p.Asked("GETPIN"))
	}
	if n := count(p, "SETERROR The PIN has 4 to 12 digits. No try was counted."); n != 6 {
		t.Errorf("told %d times what a PIN is, want 6", n)
	}
}

func count(p *pinentrytest.Program, line string) int {
	n := 0
	for _, said := range p.Said() {
		if said == line {
			n++
		}
	}
	return n
}

func TestWhatIsSaid(t *testing.T) {
	for name, tt := range map[string]struct {
		config Config
		ask    reader.PINRequest
		want   []string
		never  string
	}{
		"signing": {Config{Lang: "en", Site: "https://counter.example.be", Digest: "3F2A 91C0 7B44 12EE"}, asked, []string{
			"SETDESC https://counter.example.be%0Aasks for your signature.%0ACompare with the page of the site: 3F2A 91C0 7B44 12EE%0A%0AYou have 3 tries left.",
			"SETTITLE Identity card", "SETPROMPT PIN:", "SETOK Sign", "SETCANCEL Cancel"}, "SETERROR"},
		"signing in, French": {Config{Lang: "fr", Site: "https://guichet.example.be"},
			reader.PINRequest{Purpose: certs.Authentication, TriesLeft: -1, MinLen: 4, MaxLen: 12}, []string{
				"SETDESC https://guichet.example.be%0Avous demande de prouver qui vous êtes.", "SETOK Prouver qui je suis"}, "essais"},
		"no site, German": {Config{Lang: "de"},
			reader.PINRequest{Purpose: certs.Signature, TriesLeft: 1, MinLen: 4, MaxLen: 12}, []string{
				"SETDESC Unterschreiben Sie mit Ihrer Karte.%0A%0ANoch 1 Versuch: Ein weiterer Fehler sperrt die Karte. Sie können hier aufhören."}, "https"},
		"wrong before, Dutch": {Config{Lang: "nl"},
			reader.PINRequest{Purpose: certs.Signature, TriesLeft: 2, Retry: true, MinLen: 4, MaxLen: 12}, []string{
				"SETERROR Onjuiste pincode. U hebt nog 2 pogingen."}, ""},
		"last try after a wrong one": {Config{Lang: "en"},
			reader.PINRequest{Purpose: certs.Signature, TriesLeft: 1, Retry: true, MinLen: 4, MaxLen: 12}, []string{
				"SETERROR Wrong PIN. You have 1 try left: one more mistake blocks the card. You can stop here."}, ""},
		"wrong, not known": {Config{Lang: "it"},
			reader.PINRequest{Purpose: certs.Signature, TriesLeft: -1, Retry: true, MinLen: 4, MaxLen: 12}, []string{
				"SETERROR Code PIN incorrect. Tapez-le avec attention : trois erreurs bloquent la carte."}, ""},
		"a sign of percent": {Config{Lang: "en", Site: "https://a%0AGETPIN"}, asked, []string{
			"SETDESC https://a%250AGETPIN%0Aasks for your signature.%0A%0AYou have 3 tries left."}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := script(t, pinentrytest.Script{GetPIN: []string{pinentrytest.PIN("1234")}})
			tt.config.Program, tt.config.TTY = p.Path, "/dev/pts/none"
			if _, err := New(tt.config).PIN(whole(t), tt.ask); err != nil {
				t.Fatal(err)
			}
			for _, want := range append(tt.want, "OPTION ttyname=/dev/pts/none") {
				if count(p, want) != 1 {
					t.Errorf("it was not told %q but %q", want, p.Said())
				}
			}
			for _, line := range p.Said() {
				if tt.never != "" && strings.Contains(line, tt.never) {
					t.Errorf("it was told %q", line)
				}
				if strings.Contains(line, "cache") || strings.Contains(line, "SETKEYINFO") {
					t.Errorf("it was asked to remember: %q", line)
				}
			}
		})
	}
}

func TestConfirm(t *testing.T) {
	for name, tt := range map[string]struct {
		reply string
		want  error
	}{
		"yes":    {pinentrytest.OK, nil},
		"no":     {pinentrytest.No, reader.ErrCancelled},
		"cancel": {pinentrytest.Cancel, reader.ErrCancelled},
		"late":   {pinentrytest.Late, reader.ErrTimedOut},
		"other":  {`echo 'ERR 1 x'`, ErrUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := script(t, pinentrytest.Script{Confirm: []string{tt.reply}})
			err := New(Config{Program: p.Path}).Confirm(whole(t), "Voulez-vous ?\nOui ou non.", "Oui", "Non")
			if !errors.Is(err, tt.want) || count(p, "SETDESC Voulez-vous ?%0AOui ou non.") != 1 || count(p, "SETOK Oui") != 1 || count(p, "SETCANCEL Non") != 1 {
				t.Errorf("Confirm() = %v, want %v; said %q", err, tt.want, p.Said())
			}
		})
	}
}

func TestTextThatDoesNotFit(t *testing.T) {
	p := script(t, pinentrytest.Script{})
	if err := New(Config{Program: p.Path}).Message(whole(t), strings.Repeat("%", 330)); err != nil {
		t.Errorf("Message of 990 bytes when escaped: %v", err)
	}
	if err := New(Config{Program: p.Path}).Message(whole(t), strings.Repeat("%", 340)); !errors.Is(err, ErrUnavailable) {
		t.Errorf("Message of 1020 bytes when escaped: %v, want %v", err, ErrUnavailable)
	}
}

// The keypad gets a message that goes when the typing is over; the middleware's own
// window gets none that would cover it.
func TestPINElsewhere(t *testing.T) {
	p := script(t, pinentrytest.Script{Message: []string{pinentrytest.Hang}})
	e := New(Config{Program: p.Path, Lang: "en", Site: "https://counter.example.be"})
	ctx, cancel := context.WithCancel(whole(t))
	e.PINElsewhere(ctx, asked, reader.Window)
	if e.told.Load() != nil {
		t.Error("something covers the window of the middleware")
	}
	e.PINElsewhere(ctx, asked, reader.Keypad)
	await(t, func() bool { return p.Asked("MESSAGE") == 1 })
	cancel()
	<-*e.told.Load()
	gone(t, p)
	if !slices.ContainsFunc(p.Said(), func(line string) bool {
		return strings.HasPrefix(line, "SETDESC https://counter.example.be%0A") && strings.HasSuffix(line, "%0A%0AType your PIN on the reader, then press OK.")
	}) {
		t.Errorf("it said %q", p.Said())
	}
}

// Neither a log nor an error holds what was typed, even when it was no PIN, and the
// buffers do not keep it.
func TestNothingIsKept(t *testing.T) {
	var log bytes.Buffer
	p := script(t, pinentrytest.Script{GetPIN: []string{`echo 'D 987654'; echo 'ERR 1 broken'`}})
	_, err := New(Config{Program: p.Path, Log: slog.New(slog.NewTextHandler(&log, nil))}).PIN(whole(t), asked)
	if err == nil || strings.Contains(err.Error()+log.String(), "9876") {
		t.Errorf("PIN() = %v, log %s", err, log.String())
	}
	l := lines{from: strings.NewReader("D 987654\nOK\n#\n")}
	for range 3 {
		if _, err := l.next(); err != nil {
			t.Fatal(err)
		}
	}
	if bytes.Contains(l.buffer[:], []byte("9876")) {
		t.Error("the buffer keeps a line that was read")
	}
	l.wipe()
	if bytes.Count(l.buffer[:], []byte{0}) != len(l.buffer) {
		t.Error("wipe leaves something")
	}
}

func TestCheck(t *testing.T) {
	p := script(t, pinentrytest.Script{Other: `case "$line" in "GETINFO flavor") echo 'D gnome3'; echo OK ;; *) echo OK ;; esac`})
	if flavor, err := Check(whole(t), p.Path); err != nil || flavor != "gnome3" {
		t.Errorf("Check() = %q, %v", flavor, err)
	}
	old := script(t, pinentrytest.Script{Other: `echo 'ERR 83886360 no'`})
	if flavor, err := Check(whole(t), old.Path); err != nil || flavor != "" {
		t.Errorf("Check() of an old one = %q, %v", flavor, err)
	}
	if _, err := Check(whole(t), script(t, pinentrytest.Script{Greeting: pinentrytest.Die}).Path); err == nil {
		t.Error("Check() of one that dies = nil")
	}
}

func TestFind(t *testing.T) {
	bin := t.TempDir()
	t.Setenv("PATH", bin)
	write := func(name string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	display := func(name string) string { return map[string]string{"DISPLAY": ":0"}[name] }
	wayland := func(name string) string { return map[string]string{"WAYLAND_DISPLAY": "wayland-0"}[name] }
	none := func(string) string { return "" }
	expect := func(system string, env func(string) string, want string) {
		t.Helper()
		if want != "" {
			want = filepath.Join(bin, want)
		}
		if got := findWindow(system, env); got != want {
			t.Errorf("findWindow(%s) = %q, want %q", system, got, want)
		}
	}
	write("pinentry-curses")
	if err := os.Symlink("pinentry-curses", filepath.Join(bin, "pinentry")); err != nil {
		t.Fatal(err)
	}
	expect("linux", display, "") // the system's choice is for terminals
	write("pinentry-qt")
	expect("linux", display, "pinentry-qt")
	expect("linux", wayland, "pinentry-qt")
	write("pinentry-gnome3")
	expect("linux", wayland, "pinentry-gnome3")
	expect("linux", none, "")
	expect("darwin", none, "")
	write("pinentry-mac")
	expect("darwin", none, "pinentry-mac")
	if err := os.Remove(filepath.Join(bin, "pinentry")); err != nil {
		t.Fatal(err)
	}
	write("pinentry")
	expect("linux", display, "pinentry")
}

// Every sentence is there in every language, and the longest question fits into a line.
func TestTexts(t *testing.T) {
	for lang, text := range texts {
		v := reflect.ValueOf(*text)
		for i := range v.NumField() {
			if got, want := v.Field(i).String(), reflect.ValueOf(*texts["en"]).Field(i).String(); got == "" || strings.Count(got, "{") != strings.Count(want, "{") {
				t.Errorf("%s: %s is %q", lang, v.Type().Field(i).Name, got)
			}
		}
		e := New(Config{Lang: lang, Site: "https://" + strings.Repeat("a", 247), Digest: "3F2A 91C0 7B44 12EE"})
		q := e.question(reader.PINRequest{Purpose: certs.Signature, TriesLeft: 1, MinLen: 4, MaxLen: 12})
		for _, s := range []string{q.desc + "\n\n" + text.keypad, text.wrongOne, text.digits(text.notPIN, asked)} {
			if len("SETERROR "+escape(s)) > maxLine {
				t.Errorf("%s: %q does not fit", lang, s)
			}
		}
	}
}
