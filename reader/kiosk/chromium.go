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
	"time"

	"guichet.example/reader/api"
)

// Chromium is the browser of a kiosk.
type Chromium struct {
	Program string // path; "": "chromium"
	Portal  string // origin
	Agent   string // origin of this machine's agent
	Lang    string // of the first screen
	Profile string // folder of the browser's data, which is emptied at each start
	Extra   []string
	Log     *slog.Logger
	// Tell is told of BrowserGone: when the browser dies again and again, and when it lives.
	// nil: nobody is.
	Tell func(trouble api.KioskTrouble, wrong bool)
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
		"BackForwardCacheEnabled":      false,
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
		"--disable-features=Translate", "--password-store=basic", "--user-data-dir=" + c.Profile}
	args = append(args, c.Extra...)
	return append(args, c.Portal+"/"+c.Lang+"/kiosk")
}

// Times of a browser that dies.
const (
	browserSoon   = time.Second      // pause before it starts again
	browserLate   = 30 * time.Second // longest pause
	browserLives  = 20 * time.Second // after which it counts as well
	browserDeaths = 3                // in a row, after which staff are called
)

// Run starts the browser, and again whenever it ends, until ctx does. Error: what keeps it
// from being started at all.
func (c Chromium) Run(ctx context.Context) error {
	deaths, pausing := 0, browserSoon
	for ctx.Err() == nil {
		if err := os.RemoveAll(c.Profile); err != nil {
			return err
		}
		if err := os.MkdirAll(c.Profile, 0o700); err != nil {
			return err
		}
		began := time.Now()
		err := c.once(ctx)
		if ctx.Err() != nil {
			return nil
		}
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("starting the browser: %w", err)
		}
		if time.Since(began) > browserLives {
			deaths, pausing = 0, browserSoon
		}
		deaths++
		c.Log.Warn("the browser ended and is started again", "after", time.Since(began).Round(time.Second), "cause", err)
		if deaths == browserDeaths && c.Tell != nil {
			c.Tell(api.BrowserGone, true)
		}
		if !pause(ctx, pausing) {
			return nil
		}
		pausing = min(2*pausing, browserLate)
	}
	return nil
}

// once runs the browser to its end.
func (c Chromium) once(ctx context.Context) error {
	line := c.Command()
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.WaitDelay = 3 * time.Second
	if err := cmd.Start(); err != nil {
		return err
	}
	well := time.AfterFunc(browserLives, func() {
		if c.Tell != nil {
			c.Tell(api.BrowserGone, false)
		}
	})
	defer well.Stop()
	return cmd.Wait()
}
