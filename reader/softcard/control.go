package softcard

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// Speak makes the module speak that dialect from its next call on. Without the proxy it
// is ErrCardStays.
func (d *Desk) Speak(dialect Dialect) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tell(dialect, d.faults)
}

// Fail makes things go wrong, at most eight; what was said before is forgotten, so that
// Fail() alone heals the module and ends what hangs. Calls are counted from now, in each
// process for itself.
func (d *Desk) Fail(faults ...Fault) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.tell(d.dialect, faults)
}

// Fault is one thing that goes wrong.
type Fault struct {
	// Function of PKCS#11, "C_Sign"; "*" is any. C_Sign without buffer, which asks for
	// a length alone, is "C_SignLength".
	Function string
	Nth      int    // the first of its calls that is struck; 0 is 1
	Once     bool   // that call alone, in whichever process it comes first; else all from then on
	Do       Action // see Return and the others
}

// Action is what a struck call does, before it does its own work if it still does.
type Action string

// What a call may do.
const (
	Crash          Action = "crash"           // SIGSEGV
	Hang           Action = "hang"            // until the next Fail or Speak; then it goes on
	WrongSignature Action = "wrong-signature" // C_Sign: one bit is another
	ShortSignature Action = "short-signature" // C_Sign: the last byte is missing
	OtherKey       Action = "other-key"       // C_SignInit: the card's other key signs
	LongValue      Action = "long-value"      // C_GetAttributeValue: a mebibyte
	Endless        Action = "endless"         // C_FindObjects: the same objects again and again
	TakeOut        Action = "remove"          // the card leaves the reader
	OutAndIn       Action = "out-and-in"      // it leaves and is back
	LoseRight      Action = "lose-right"      // another program takes what the PIN bought
)

// Return makes a call fail with that code (CKR_…), which may also be one of no standard.
func Return(code uint) Action { return Action(fmt.Sprintf("return 0x%x", code)) }

// Delay makes a call late.
func Delay(by time.Duration) Action { return Action(fmt.Sprintf("delay %d", by.Milliseconds())) }

// Swap puts another card into the reader.
func Swap(name string) Action { return Action("swap " + name) }

// PlugIn and PlugOut make a reader come and go.
func PlugIn(reader string) Action { return Action("plug " + reader) }

// PlugOut takes a reader away, with the card in it.
func PlugOut(reader string) Action { return Action("unplug " + reader) }

func (f Fault) String() string {
	times := "ever"
	if f.Once {
		times = "once"
	}
	return fmt.Sprintf("%s %d %s %s", f.Function, max(f.Nth, 1), times, f.Do)
}

// Fired reports whether anything has gone wrong since the last Fail or Speak of this Desk.
func (d *Desk) Fired() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	for i := range d.faults {
		if _, err := os.Stat(d.mark(i)); err == nil {
			return true
		}
	}
	return false
}

// mark is the file that says that fault i has struck.
func (d *Desk) mark(i int) string { return d.path(fmt.Sprintf("fired/%s.%d", d.generation, i)) }

// tell replaces the control file as a whole (proxy/control.c reads it).
func (d *Desk) tell(dialect Dialect, faults []Fault) error {
	if !d.proxy {
		return ErrCardStays
	}
	for i := range d.faults {
		if err := os.Remove(d.mark(i)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("telling the module: %w", err)
		}
	}
	d.dialect, d.faults, d.generation = dialect, faults, rand.Text()
	lines := append([]string{"generation " + d.generation}, dialect.settings()...)
	for _, f := range faults {
		lines = append(lines, "fault "+f.String())
	}
	return d.replace("control", strings.Join(lines, "\n")+"\n")
}

// replace writes a file that a module may be reading: under another name first, so that
// no call sees half of it, and with a time of its own, by which the module knows that it
// is another.
func (d *Desk) replace(name, text string) error {
	temp := d.path("cards/" + rand.Text())
	now := time.Now()
	err := os.WriteFile(temp, []byte(text), 0o600)
	if err == nil {
		err = os.Chtimes(temp, now, now)
	}
	if err == nil {
		err = os.Rename(temp, d.path(name))
	}
	if err != nil {
		return fmt.Errorf("telling the module: %w", err)
	}
	return nil
}

// settings are the lines of the control file.
func (d Dialect) settings() []string {
	var lines []string
	text := func(name, value string) {
		if value != "" {
			lines = append(lines, name+" "+value)
		}
	}
	yes := func(name string, is bool) {
		if is {
			lines = append(lines, name+" yes")
		}
	}
	text("description", d.Description)
	text("manufacturer", d.Manufacturer)
	text("version", d.Version)
	text("token-label", d.Label)
	text("token-model", d.Model)
	text("token-manufacturer", d.TokenManufacturer)
	yes("upper-serial", d.UpperSerial)
	yes("applet", d.Applet)
	text("slots", strconv.Itoa(max(d.Slots, 1)))
	yes("short-ids", d.ShortIDs)
	yes("keys-shown", d.ShowsKeys)
	text("data", string(d.Data))
	yes("always-unknown", d.NoAlways)
	yes("no-context", d.NoContext)
	yes("no-ecdsa", d.NoECDSA)
	text("signature", string(d.Signature))
	yes("keypad", d.Keypad)
	yes("window", d.Window)
	text("tries", string(d.Tries))
	yes("login-again", d.LoginAgain)
	text("words", string(d.ReturnCodes))
	return lines
}

// Answers of a holder who types no PIN.
const (
	Cancelled = "cancel"  // presses the cancel key
	TimedOut  = "timeout" // types nothing until the reader gives up
)

// Type gives what the holder types in the next windows or on the keypad, one answer for
// each: digits, Cancelled or TimedOut. A window without answer waits for one.
func (d *Desk) Type(answers ...string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, answer := range answers {
		if len(answer) > 30 {
			return errors.New("nobody types that much")
		}
		d.typed++
		if err := d.replace(fmt.Sprintf("typed/%019d-%06d", time.Now().UnixNano(), d.typed), answer); err != nil {
			return err
		}
	}
	return nil
}

// Untyped takes back the answers that no window has asked for, and says how many.
func (d *Desk) Untyped() (int, error) {
	names, err := fs.Glob(os.DirFS(d.path("typed")), "*")
	for _, name := range names {
		err = errors.Join(err, os.Remove(d.path("typed/"+name)))
	}
	return len(names), err
}
