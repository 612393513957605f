package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// The page's side of the Web eID protocol, against a script in the place of the
// extension's content script.

// hurry makes the page's clock run twenty times as fast.
const hurry = `{ const slow = window.setTimeout; window.setTimeout = (f, ms, ...rest) => slow(f, ms / 20, ...rest) }`

// says waits for a state and holds the panel to its sentence.
func says(t *testing.T, ctx context.Context, state string, args ...locale.Arg) {
	t.Helper()
	code, err := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("#card").dataset.code`))
	if err != nil {
		t.Fatal(err)
	}
	want := page.CardText(locale.FR, state, append(args, locale.A("code", code))...)
	if got := shown(t, ctx, state); !strings.HasSuffix(got, want) {
		t.Errorf("the panel says %q, want %q", got, want)
	}
}

func holdsTrue(t *testing.T, ctx context.Context, expression string) bool {
	t.Helper()
	holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
	if err != nil {
		t.Fatal(err)
	}
	return holds
}

// Every code of the protocol has its sentence, whether the card is asked to sign in or to
// sign; what comes before that gets those that differ. What happened is asked where the
// extension's window may have told more than we hear.
func TestEveryCode(t *testing.T) {
	p := newPortal()
	server := counter(t, "", p.mount)
	ctx, _ := browser(t)
	codes := []struct{ code, want string }{
		{"USER_CANCELLED", "cancelled"},
		{"USER_TIMEOUT", "timeout"},
		{"ACTION_TIMEOUT", "timeout"},
		{"ACTION_PENDING", "other_tab"},
		{"NATIVE_UNAVAILABLE", "agent_missing"},
		{"EXTENSION_UNAVAILABLE", "agent_missing"}, // on Chromium worded as the program
		{"VERSION_MISMATCH", "agent_old"},
		{"VERSION_INVALID", "agent_old"},
		{"CONTEXT_INSECURE", "insecure"},
		{"NATIVE_FATAL", "technical"},
		{"NATIVE_INVALID_ARGUMENT", "technical"},
		{"MISSING_PARAMETER", "technical"},
		{"UNKNOWN_ERROR", "technical"},
		{"OF_TOMORROW", "technical"},
	}
	for action, path := range map[string]string{
		"status": "/fr/sign-in/card", "authenticate": "/fr/sign-in/card", "get-signing-certificate": "/fr/sign", "sign": "/fr/sign",
	} {
		for _, tt := range codes {
			if between := action == "status" || action == "get-signing-certificate"; between &&
				!slices.Contains([]string{"ACTION_TIMEOUT", "NATIVE_UNAVAILABLE", "VERSION_MISMATCH", "USER_CANCELLED"}, tt.code) {
				continue
			}
			t.Run(action+" "+tt.code, func(t *testing.T) {
				replies := map[string]string{"status": versions, "authenticate": token, "get-signing-certificate": signer, "sign": signature}
				replies[action] = fmt.Sprintf(`{error: {code: "ERR_WEBEID_%s", message: "m", name: "X", stack: "s", extension: "1.4.0", requiresUpdate: {extension: true, nativeApp: false}}}`, tt.code)
				want := tt.want
				if action == "status" && tt.code == "ACTION_TIMEOUT" {
					want = "agent_missing"
				}
				open(t, ctx, server.URL+path, extension(replies))
				click(t, ctx, start)
				says(t, ctx, want, locale.A("v", "1.4.0"), locale.A("w", "2.0"))
				asks := want == "cancelled" || tt.code == "NATIVE_FATAL"
				if holdsTrue(t, ctx, `!document.querySelector("[data-extra=after]").hidden`) != asks {
					t.Errorf("it asks what happened: %v, want %v", !asks, asks)
				}
			})
		}
	}
	if n := len(p.bodies("sign-in/card")) + len(p.bodies("sign/1/complete")); n > 0 {
		t.Errorf("%d results were sent all the same", n)
	}
}

// What the extension says where the page is not secure ends in an underscore.
func TestFailureWithUnderscore(t *testing.T) {
	server := counter(t, "", newPortal().mount)
	ctx, _ := browser(t)
	open(t, ctx, server.URL+"/fr/sign-in/card", `addEventListener("message", ({ data }) => {
		if (data?.action === "web-eid:status") postMessage({ action: "web-eid:status_FAILURE", error: { code: "ERR_WEBEID_CONTEXT_INSECURE", message: "m" } }, location.origin);
	})`)
	click(t, ctx, start)
	says(t, ctx, "insecure")
}

// Times of the protocol: a second for the extension to say that it heard, then six for its
// own state, and for a person as long as she was promised.
func TestTimes(t *testing.T) {
	server := counter(t, "", newPortal().mount)
	ctx, _ := browser(t)
	silent := `{silent: true}`
	for _, tt := range []struct{ name, script, want string }{
		{"nobody hears", ``, "agent_missing"},
		{"heard, no state", extension(map[string]string{"status": silent}), "agent_missing"},
		{"nothing signed", extension(map[string]string{"status": versions, "authenticate": silent}), "timeout"},
		{"gone meanwhile", extension(map[string]string{"status": versions}), "agent_missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			open(t, ctx, server.URL+"/fr/sign-in/card", hurry, `window.waits = []; { const set = window.setTimeout; window.setTimeout = (f, ms, ...rest) => { waits.push(ms); return set(f, ms === 246000 ? 2000 : ms, ...rest) } }`, tt.script)
			click(t, ctx, start)
			says(t, ctx, tt.want)
			if tt.name == "nothing signed" && !holdsTrue(t, ctx, `waits.includes(1000) && waits.includes(6000) && waits.includes(246000)`) {
				t.Error("the times are not 1 s, 6 s and 4 min 6 s")
			}
		})
	}
}

// An extension that is still loading when the page asks is asked again.
func TestExtensionComesLate(t *testing.T) {
	server := counter(t, "", newPortal().mount)
	ctx, _ := browser(t)
	open(t, ctx, server.URL+"/fr/sign-in/card", `document.querySelector('`+start+`').click(); let heard = 0;
		addEventListener("message", ({ data }) => { if (data?.action === "web-eid:status" && ++heard === 1) setTimeout(() => `+extension(map[string]string{"status": versions, "authenticate": token})+`, 10) })`)
	arrived(t, ctx)
}

// What the extension says unasked is logged, each text once and in one line; messages that
// are none of the protocol's change nothing.
func TestUnaskedMessages(t *testing.T) {
	server := counter(t, "", newPortal().mount)
	ctx, _ := browser(t)
	open(t, ctx, server.URL+"/fr/sign-in/card", `window.said = []; console.warn = (text) => said.push(text);
		for (const data of [null, 7, "web-eid:status-success", {}, { action: 7 }, { action: "web-eid:status-success" }, { action: "web-eid:nothing-failure" },
			{ action: "web-eid:warning" }, { action: "web-eid:warning", warnings: "x" }, { action: "web-eid:warning", warnings: [7, "old\nprotocol", "old\nprotocol"] },
			{ action: "web-eid:warning", warnings: ["old\nprotocol", "other"] }]) postMessage(data, location.origin);`,
		extension(map[string]string{"status": versions, "authenticate": token}))
	truth(t, ctx, `window.said.length >= 2`)
	said, err := chromedp.Run(ctx, chromedp.Evaluate[string](`JSON.stringify(said)`))
	if err != nil || said != `["old protocol","other"]` {
		t.Errorf("it logs %s (%v)", said, err)
	}
	click(t, ctx, start)
	arrived(t, ctx)
}

// A frame, or a window that opened us, cannot answer in the extension's place.
func TestAnswersOfOthers(t *testing.T) {
	server := counter(t, "", newPortal().mount)
	ctx, _ := browser(t)
	open(t, ctx, server.URL+"/fr/sign-in/card", hurry, `window.asked = 0; addEventListener("message", ({ data, source }) => {
		if (data?.action !== "web-eid:status") return;
		asked++;
		for (const kind of ["ack", "success"]) {
			const event = new MessageEvent("message", { data: { action: "web-eid:status-" + kind, extension: "2.5.0", nativeApp: "2.8.0" }, origin: location.origin, source: null });
			dispatchEvent(event);
			dispatchEvent(new MessageEvent("message", { data: event.data, origin: "https://evil.example", source: window }));
		}
	})`)
	click(t, ctx, start)
	says(t, ctx, "agent_missing")
	if !holdsTrue(t, ctx, `asked > 0`) {
		t.Error("nothing was asked")
	}
}

// What is asked of the extension, field by field.
func TestRequestsOfThePage(t *testing.T) {
	server := counter(t, "", newPortal().mount)
	ctx, _ := browser(t)
	asked := func(path string, replies map[string]string) string {
		open(t, ctx, server.URL+path, `sessionStorage.clear(); addEventListener("message", ({ data }) => {
			if (/^web-eid:[a-z-]+$/.test(data?.action) && !/-(ack|success|failure)$/.test(data.action)) sessionStorage.asked = (sessionStorage.asked || "") + JSON.stringify(data) + "\n" })`, extension(replies))
		click(t, ctx, start)
		arrived(t, ctx)
		text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`sessionStorage.asked`))
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(text)
	}
	const status = `{"action":"web-eid:status","libraryVersion":"2.1.0"}`
	const options = `"options":{"lang":"fr","userInteractionTimeout":240000}`
	for path, want := range map[string]string{
		"/fr/sign-in/card": status + "\n" + `{"action":"web-eid:authenticate","libraryVersion":"2.1.0","challengeNonce":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",` + options + `}`,
		"/fr/sign": status + "\n" + `{"action":"web-eid:get-signing-certificate","libraryVersion":"2.1.0",` + options + `}` + "\n" +
			`{"action":"web-eid:sign","libraryVersion":"2.1.0","certificate":"Yw==","hash":"aGFzaA==","hashFunction":"SHA-256",` + options + `}`,
	} {
		got := asked(path, map[string]string{"status": versions, "authenticate": token, "get-signing-certificate": signer, "sign": signature})
		if got != want {
			t.Errorf("%s asks\n%s\nwant\n%s", path, got, want)
		}
	}
}

// Only the fields of the protocol go on to the portal.
func TestStrayFieldsAreDropped(t *testing.T) {
	p := newPortal()
	server := counter(t, "", p.mount)
	ctx, _ := browser(t)
	open(t, ctx, server.URL+"/fr/sign-in/card", extension(map[string]string{"status": versions, "authenticate": strings.TrimSuffix(token, "}") + `, nonce: "x", origin: "https://x"}`}))
	click(t, ctx, start)
	arrived(t, ctx)
	var sent map[string]any
	if err := json.Unmarshal([]byte(p.bodies("sign-in/card")[0]), &sent); err != nil || len(sent) != 5 {
		t.Errorf("sent %v, %v", sent, err)
	}
}

// Which part is too old, and what is needed: the extension by our version, the program by
// the greater of ours and the extension's.
func TestOldVersions(t *testing.T) {
	server := counter(t, "", newPortal().mount)
	ctx, _ := browser(t)
	for status, want := range map[string][2]string{
		`{extension: "2.5.0", nativeApp: "1.9.0"}`: {"1.9.0", "2.0"},
		`{extension: "3.0.0", nativeApp: "2.8.0"}`: {"2.8.0", "3.0"},
		`{extension: "1.0.0", nativeApp: "2.8.0"}`: {"1.0.0", "2.0"},
		`{extension: "1.0.0", nativeApp: "1.0.0"}`: {"1.0.0", "2.0"},
		`{extension: "2.5.0", nativeApp: "x"}`:     {"x", "2.0"},
		`{error: {code: "ERR_WEBEID_VERSION_MISMATCH", message: "m", library: "2.1.0", extension: "2.5.0", nativeApp: "1.2.3", requiresUpdate: {extension: false, nativeApp: true}}}`: {"1.2.3", "2.0"},
	} {
		open(t, ctx, server.URL+"/fr/sign-in/card", extension(map[string]string{"status": status}))
		click(t, ctx, start)
		says(t, ctx, "agent_old", locale.A("v", want[0]), locale.A("w", want[1]))
	}
}
