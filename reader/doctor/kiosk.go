package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"guichet.example/reader/api"
	"guichet.example/reader/kiosk"
)

// Kiosk says what to look at in a machine of a contact point; Config.Origin is its portal.
// Its key is opened and no message is signed with it: that is for the agent alone, which is
// asked how its lease stands.
type Kiosk struct {
	Key     func() error  // opens the machine's key, and lets it go
	Browser string        // path or name of Chromium
	Folder  string        // of Chromium's managed policies
	Policy  []byte        // what kiosk.PolicyFile is to hold there
	Printer kiosk.Printer // nil: it has none
}

// IDs of the links that a kiosk alone has.
const (
	KioskKey      = "key"      // of the machine
	KioskPairing  = "pairing"  // of the key with the portal
	KioskLease    = "lease"    // that the agent holds
	KioskBrowser  = "chromium" // the program
	KioskPolicies = "policies" // of the browser
	KioskPrinter  = "printer"
)

// kioskOnly are the links of a kiosk that no other machine has.
var kioskOnly = []link{
	{KioskKey, []finding{{skipped, unknown}, {"opens", passed}, {"missing", failed}, {"open", failed}, {"wrong", failed}, {"failed", failed}}},
	{KioskPairing, []finding{{skipped, unknown}, {"paired", passed}, {"unknown", failed}, {"suspended", failed}, {"revoked", failed}, {"untold", unknown}}},
	{KioskLease, []finding{{skipped, unknown}, {"held", passed}, {"offline", failed}, {"refused", failed}, {"stopped", failed}, {"other", failed}}},
	{KioskBrowser, []finding{{skipped, unknown}, {"found", passed}, {"missing", failed}}},
	{KioskPolicies, []finding{{skipped, unknown}, {"right", passed}, {"other", failed}, {"missing", failed}}},
	{KioskPrinter, []finding{{skipped, unknown}, {"ready", passed}, {"unused", passed}, {"gone", warning}, {"empty", failed}, {"stopped", failed}}},
}

// kioskChain is every link of a kiosk; as of chain, a support code holds places in it.
var kioskChain = append([]link{linkIn(chain, Service), linkIn(chain, Module), linkIn(chain, Reader)},
	append(kioskOnly[:3:3], append([]link{linkIn(chain, Clock)}, kioskOnly[3:]...)...)...)

// Ready reports whether nothing of a kiosk is broken.
func Ready(c api.Checkup) bool {
	for _, check := range c.Checks {
		if check.Outcome == failed {
			return false
		}
	}
	return true
}

// lookAtKiosk looks at what a kiosk alone has.
func (e *examination) lookAtKiosk(ctx context.Context) {
	e.note(KioskKey, e.openKey())
	pairing, lease := e.askLease(ctx)
	e.note(KioskPairing, pairing)
	e.note(KioskLease, lease)
	e.note(KioskBrowser, e.findChromium())
	e.note(KioskPolicies, e.comparePolicies())
	e.note(KioskPrinter, e.askPrinter(ctx))
}

func (e *examination) openKey() result {
	switch err := e.Kiosk.Key(); {
	case err == nil:
		return result{finding: "opens"}
	case errors.Is(err, os.ErrNotExist):
		return result{finding: "missing"}
	case errors.Is(err, kiosk.ErrReadable):
		return result{finding: "open"}
	case errors.Is(err, kiosk.ErrKey):
		return result{finding: "wrong"}
	}
	return result{finding: "failed"}
}

// askLease asks the agent of this machine, as its page does.
func (e *examination) askLease(ctx context.Context) (pairing, lease result) {
	pairing = result{finding: "untold"}
	response, body, err := e.get(ctx, "http://"+e.Agent+api.KioskStatusPath, e.Origin, portTime)
	var status api.KioskStatus
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return pairing, result{finding: "stopped"}
	case err != nil || response.StatusCode != http.StatusOK || json.Unmarshal(body, &status) != nil:
		return pairing, result{finding: "other", args: []string{"port", port(e.Agent)}}
	}
	args := []string{"name", plainly(status.Name)}
	switch {
	case status.State == api.KioskUnknown, status.State == api.KioskSuspended, status.State == api.KioskRevoked:
		return result{finding: string(status.State)}, result{finding: "refused"}
	case status.Name != "":
		pairing = result{finding: "paired", args: args}
	}
	if !status.Online || status.Name == "" {
		return pairing, result{finding: "offline"}
	}
	return pairing, result{finding: "held", args: args}
}

func (e *examination) findChromium() result {
	path, err := exec.LookPath(e.Kiosk.Browser)
	if err != nil {
		return result{finding: "missing", args: []string{"name", plainly(e.Kiosk.Browser)}}
	}
	return result{finding: "found", args: []string{"name", plainly(path)}}
}

// maxPolicies bounds what is read of a file of policies, in bytes.
const maxPolicies = 64 << 10

func (e *examination) comparePolicies() result {
	args := []string{"name", plainly(e.Kiosk.Folder)}
	text, err := kiosk.ReadBounded(filepath.Join(e.Kiosk.Folder, kiosk.PolicyFile), maxPolicies)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return result{finding: "missing", args: args}
	case err != nil || string(text) != string(e.Kiosk.Policy):
		return result{finding: "other", args: args}
	}
	return result{finding: "right"}
}

// printerTime is how long a printing system may take to answer.
const printerTime = 3 * time.Second

func (e *examination) askPrinter(ctx context.Context) result {
	if e.Kiosk.Printer == nil {
		return result{finding: "unused"}
	}
	ctx, cancel := context.WithTimeout(ctx, printerTime)
	defer cancel()
	seen, err := e.Kiosk.Printer.Look(ctx)
	switch {
	case err != nil:
		return result{finding: "gone"}
	case seen.State == api.PrinterEmpty:
		return result{finding: "empty"}
	case seen.State == api.PrinterReady:
		return result{finding: "ready"}
	}
	return result{finding: "stopped"}
}
