package kiosk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"guichet.example/reader/api"
)

// Chromium is the browser of a kiosk.
type Chromium struct {
	Program string // path; "": "chromium"
	Portal  string // origin
	Agent   string // origin of this machine's agent
	Lang    string // of the first screen
	Profile string // folder of the browser's data, which is emptied at each start: see Wipe
	Extra   []string
	Log     *slog.Logger
	// Tell is told of BrowserGone: when the browser dies again and again, and when it lives.
	// nil: nobody is.
	Tell func(trouble api.KioskTrouble, wrong bool)

	// Soon is the pause before a browser that ended starts again, which doubles up to Late
	// while it goes on ending within Lives. 0: 1, 30 and 20 seconds.
	Soon, Late, Lives time.Duration
}

// PolicyFile is the name of the file of policies in Chromium's folder of managed
// policies, /etc/chromium/policies/managed on Debian.
const PolicyFile = "guichet-kiosk.json"

// Policies are what the browser is not to do, whatever a page asks: Chromium's managed
// policies. The two of local networks let the portal's pages, and no others, speak to the
// agent without a question that nobody at a kiosk could answer.
func (c Chromium) Policies() []byte {
	portal := []string{c.Portal}
	policies := map[string]any{
		"URLBlocklist": []string{"*"},
		"URLAllowlist": []string{c.Portal, c.Agent},

		"LoopbackNetworkAllowedForUrls":    portal,
		"LocalNetworkAccessAllowedForUrls": portal,
		"PopupsAllowedForUrls":             portal, // the PIN page of the agent
		"DefaultPopupsSetting":             2,

		"IncognitoModeAvailability":    2, // forced: nothing outlives a person
		"BrowserGuestModeEnabled":      false,
		"SavingBrowserHistoryDisabled": true,
		"DownloadRestrictions":         3, // all
		"AllowFileSelectionDialogs":    false,
		"DeveloperToolsAvailability":   2, // never
		"ExtensionInstallBlocklist":    []string{"*"},

		"PasswordManagerEnabled":       false,
		"AutofillAddressEnabled":       false,
		"AutofillCreditCardEnabled":    false,
		"SearchSuggestEnabled":         false,
		"TranslateEnabled":             false,
		"SpellcheckEnabled":            false,
		"BrowserSignin":                0,
		"SyncDisabled":                 true,
		"MetricsReportingEnabled":      false,
		"EditBookmarksEnabled":         false,
		"DefaultBrowserSettingEnabled": false,

		"DefaultGeolocationSetting":   2,
		"DefaultNotificationsSetting": 2,
		"AudioCaptureAllowed":         false,
		"VideoCaptureAllowed":         false,
		"ScreenCaptureAllowed":        false,
		"DefaultWebUsbGuardSetting":   2,
		"DefaultSerialGuardSetting":   2,
	}
	text, err := json.MarshalIndent(policies, "", "  ")
	if err != nil {
		panic("kiosk: policies of our own do not marshal: " + err.Error())
	}
	return append(text, '\n')
}

// WritePolicies writes them into the folder, readable for all, as the browser needs it.
func (c Chromium) WritePolicies(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	path := filepath.Join(folder, PolicyFile)
	if err := os.WriteFile(path+".new", c.Policies(), 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// Command is the command line: full screen without bars, printing without a dialogue, no
// questions, no gestures that leave the page.
func (c Chromium) Command() []string {
	program := c.Program
	if program == "" {
		program = "chromium"
	}
	args := []string{program, "--kiosk", "--incognito", "--kiosk-printing", "--no-first-run", "--no-default-browser-check",
		"--noerrdialogs", "--disable-session-crashed-bubble", "--disable-pinch", "--overscroll-history-navigation=0",
		"--disable-features=Translate,BackForwardCache", "--password-store=basic", "--user-data-dir=" + c.Profile}
	args = append(args, c.Extra...)
	return append(args, c.Portal+"/"+c.Lang+"/kiosk")
}

// browserDeaths in a row, and staff are called.
const browserDeaths = 3

// Run starts the browser, and again whenever it ends, until ctx does; the browser is then
// killed. It dies too when this process is killed. Error: what keeps it from being started
// at all.
func (c Chromium) Run(ctx context.Context) error {
	c.defaults()
	deaths, pausing := 0, c.Soon
	for ctx.Err() == nil {
		if err := c.Wipe(); err != nil {
			return err
		}
		began := time.Now()
		err := c.once(ctx)
		if ctx.Err() != nil {
			break
		}
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) {
			return fmt.Errorf("starting the browser: %w", err)
		}
		if time.Since(began) > c.Lives {
			deaths, pausing = 0, c.Soon
		}
		deaths++
		c.Log.Warn("the browser ended and is started again", "after", time.Since(began).Round(time.Second), "cause", err)
		if deaths == browserDeaths {
			c.Tell(api.BrowserGone, true)
		}
		if !pause(ctx, pausing) {
			break
		}
		pausing = min(2*pausing, c.Late)
	}
	return c.Wipe()
}

func (c *Chromium) defaults() {
	for _, d := range []struct {
		span  *time.Duration
		value time.Duration
	}{{&c.Soon, time.Second}, {&c.Late, 30 * time.Second}, {&c.Lives, 20 * time.Second}} {
		if *d.span == 0 {
			*d.span = d.value
		}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Tell == nil {
		c.Tell = func(api.KioskTrouble, bool) {}
	}
}

// once runs the browser to its end.
func (c Chromium) once(ctx context.Context) error {
	line := c.Command()
	cmd := exec.Command(line[0], line[1:]...)
	cmd.SysProcAttr = ownGroup()
	started, ended := make(chan error, 1), make(chan error, 1)
	go func() { // from a thread that lives as long as the browser: see ownGroup
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		return err
	}
	well := time.AfterFunc(c.Lives, func() { c.Tell(api.BrowserGone, false) })
	defer well.Stop()
	select {
	case err := <-ended:
		killGroup(cmd.Process.Pid) // what the browser left behind
		return err
	case <-ctx.Done():
		killGroup(cmd.Process.Pid)
		return <-ended
	}
}
